"""`make release`: what it makes, that it is all of one version, and that two runs make the same bytes."""

import hashlib
import json
import os
import re
import subprocess
import tarfile

import pytest
from support.program import BINARY, REPOSITORY

from tools import containers, packages
from tools.programs import DEPLOY, TOOLS, call

MOMENT = "1767323045"
VERSION = packages.version()


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """Made in the store of the tests, whose base image is a stand-in."""
    directory = tmp_path_factory.mktemp("release")
    containers.debootstrap(containers.DEBIAN)
    call(
        "sh", DEPLOY / "release/build.sh", BINARY, directory,
        env=containers.environment() | {"SOURCE_DATE_EPOCH": MOMENT}, timeout=600,
    )  # fmt: skip
    return directory


def names(archive):
    with tarfile.open(archive) as tar:
        return {member.name.split("/", 1)[1] for member in tar if member.isfile()}


def only(directory, pattern):
    [found] = directory.glob(pattern)
    return found


def test_a_release_has_every_file_and_its_sum(release):
    architecture = call("dpkg", "--print-architecture").stdout.strip()
    files = {path.name for path in release.iterdir()}
    assert files == {
        f"mastra-gateway-{VERSION}-linux-{architecture}.tar.gz", f"mastra-gateway_{VERSION}_{architecture}.deb",
        f"mastra-gateway-{VERSION}-image.tar", f"mastra-gateway-{VERSION}-image-debug.tar",
        f"mastra-gateway-{VERSION}-chart.tgz", "sbom.cdx.json", "sbom-image.cdx.json", "CHANGELOG.md", "SHA256SUMS",
    }  # fmt: skip
    call("sha256sum", "--check", "--strict", "SHA256SUMS", cwd=release)
    assert len((release / "SHA256SUMS").read_text().splitlines()) == len(files) - 1


def test_the_archive_has_the_program_and_what_goes_with_it(release, tmp_path):
    archive = only(release, "*.tar.gz")
    assert names(archive) >= {
        "bin/mastra-gateway", "share/man/man1/mastra-gateway.1", "share/man/man5/mastra-gateway.5",
        "share/completions/mastra-gateway.bash", "share/completions/mastra-gateway.zsh", "share/completions/mastra-gateway.fish",
        "share/systemd/mastra-gateway.service", "share/prometheus/alerts.yaml", "share/grafana/mastra-gateway.json",
        "README.md", "LICENSE", "CHANGELOG.md",
    }  # fmt: skip
    call("tar", "-xzf", archive, "-C", tmp_path)
    done = subprocess.run([only(tmp_path, "*/bin/mastra-gateway"), "version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"mastra-gateway {VERSION}\n")


def test_an_image_archive_is_one_and_says_its_version(release):
    for suffix in ("", "-debug"):
        archive = release / f"mastra-gateway-{VERSION}-image{suffix}.tar"
        done = call("skopeo", "inspect", f"oci-archive:{archive}", env=containers.environment())
        labels = json.loads(done.stdout)["Labels"]
        assert labels["org.opencontainers.image.version"] == VERSION
        assert re.fullmatch(r"[0-9a-f]{40}", labels["org.opencontainers.image.revision"])
        assert labels["org.opencontainers.image.created"] == "2026-01-02T03:04:05Z"


def test_the_chart_is_of_that_version(release):
    with tarfile.open(only(release, "*.tgz")) as tar:
        text = tar.extractfile("mastra-gateway/Chart.yaml").read().decode()
    assert re.search(rf"^version: {re.escape(VERSION)}$", text, re.M)
    assert re.search(rf'^appVersion: "?{re.escape(VERSION)}"?$', text, re.M)


@pytest.mark.parametrize("name", ["sbom.cdx.json", "sbom-image.cdx.json"])
def test_a_bill_of_materials_is_valid_and_names_what_is_linked_and_loaded(release, name):
    if not (TOOLS / "python").exists():
        pytest.skip("make deploy-tools")
    check = (
        "import sys; from cyclonedx.validation.json import JsonStrictValidator; from cyclonedx.schema import SchemaVersion;"
        "sys.exit(str(JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read()) or '') or 0)"
    )
    text = (release / name).read_text()
    subprocess.run([TOOLS / "python", "-c", check], input=text, text=True, check=True)
    document = json.loads(text)
    assert document["metadata"]["component"]["version"] == VERSION
    found = {component["name"].lower(): component for component in document["components"]}
    manifest = (REPOSITORY / "Package.swift").read_text()
    for package in re.findall(r'url: "https://github.com/[^/]+/([^"]+)"', manifest):
        assert package.lower() in found, package
    assert {"libcurl4", "libnghttp2-14", "libprotobuf-c1", "libdeflate0", "libzstd1", "libsqlite3-0", "libc6", "swift-runtime"} <= found.keys()
    [boring] = found["swift-nio-ssl"]["components"]
    assert boring["name"] == "boringssl"


def test_the_section_of_the_changelog_is_that_of_the_version(tmp_path):
    (tmp_path / "deploy/release").mkdir(parents=True)
    script = tmp_path / "deploy/release/changelog.sh"
    script.write_text((DEPLOY / "release/changelog.sh").read_text())
    log = tmp_path / "CHANGELOG.md"
    log.write_text("# Changelog\n\n## Unreleased\n\nnew\n\n## 1.2.0 (2026-01-01)\n\nsecond\n\n## 1.1.0\n\nfirst\n")
    section = lambda version: call("sh", script, version).stdout.strip()  # noqa: E731
    assert (section("1.2.0"), section("1.1.0"), section("1.3.0")) == ("second", "first", "new")
    log.write_text("# Changelog\n")
    assert call("sh", script, "1.3.0", check=False).returncode == 65


def test_two_runs_make_the_same_bytes(release, tmp_path):
    """All but the package, whose own test does it again, since it takes long to pack."""
    quick = tmp_path / "again"
    script = tmp_path / "build.sh"
    text = (DEPLOY / "release/build.sh").read_text()
    skipped = '"$here/debian/build.sh" "$program" "$output" > /dev/null\n'
    assert skipped in text
    script.write_text(text.replace(skipped, "").replace('$(dirname "$0")/..', str(DEPLOY)))
    call("sh", script, BINARY, quick, env=containers.environment() | {"SOURCE_DATE_EPOCH": MOMENT}, timeout=600)
    differing = [
        path.name
        for path in quick.iterdir()
        if path.name != "SHA256SUMS" and _digest(path) != _digest(release / path.name)
    ]
    assert differing == []


def _digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


# One version


def test_the_version_stands_in_one_place_and_all_else_follows():
    """What has to repeat it, because others read it as it is, says the same."""
    repeated = {
        "deploy/helm/mastra-gateway/Chart.yaml": rf"^version: {re.escape(VERSION)}$",
        "deploy/compose/gateway.yaml": rf"mastra-gateway:{re.escape(VERSION)}\b",
        "docs/quickstart.md": rf"mastra-gateway:{re.escape(VERSION)}\b",
    }
    for path, pattern in repeated.items():
        assert re.search(pattern, (REPOSITORY / path).read_text(), re.M), path
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    others = [
        path
        for path in listed.split("\0")
        if path.startswith(("deploy/", "docs/"))
        and os.path.isfile(REPOSITORY / path)
        and re.search(r"mastra-gateway:(?!" + re.escape(VERSION) + r")\d+\.\d+\.\d+", (REPOSITORY / path).read_text(errors="ignore"))
    ]
    assert others == []
