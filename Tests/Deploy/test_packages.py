"""The unit of systemd and the Debian package, as far as they can be looked at without a machine that boots."""

import hashlib
import re
from pathlib import Path

import pytest
from support.program import run

from tools import packages
from tools.programs import DEPLOY, call

UNIT = DEPLOY / "systemd/mastra-gateway.service"


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return packages.build(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def tree(package, tmp_path_factory):
    target = tmp_path_factory.mktemp("tree")
    call("dpkg-deb", "--extract", package, target)
    return target


def field(package, name):
    return call("dpkg-deb", "--field", package, name).stdout.strip()


# The unit


def settings(text):
    return dict(line.split("=", 1) for line in text.splitlines() if re.match(r"[A-Z]\w+=", line))


def test_the_exposure_of_the_unit_is_small():
    done = call("systemd-analyze", "security", "--offline=true", "--threshold=20", UNIT, check=False)
    assert done.returncode == 0, done.stdout
    assert float(re.search(r"exposure level for mastra-gateway.service: ([\d.]+)", done.stdout).group(1)) <= 2.0


def test_the_unit_of_the_package_has_no_finding(tree):
    unit = tree / "lib/systemd/system/mastra-gateway.service"
    # The paths of the package are not those of this machine.
    here = unit.read_text().replace("/usr/bin/mastra-gateway", str(packages.BINARY))
    checked = tree / "mastra-gateway.service"
    checked.write_text(re.sub(r"^(Documentation=man|User=|Group=).*\n", "", here, flags=re.M))
    done = call("systemd-analyze", "verify", "--man=no", checked)
    assert done.stderr == ""


def test_the_manager_has_more_patience_than_the_gateway():
    unit = settings(UNIT.read_text())
    ours = dict(line.split()[:2] for line in run("check").stdout.splitlines())
    seconds = lambda text: int(text.removesuffix("s"))  # noqa: E731
    assert seconds(unit["TimeoutStopSec"]) > seconds(ours["shutdown_timeout"]) + 10
    assert seconds(unit["WatchdogSec"]) < seconds(ours["watchdog_timeout"])


def test_settings_of_the_service_can_be_used(tree):
    done = run("check", "--config", str(tree / "etc/mastra-gateway/mastra-gateway.yaml"))
    assert done.returncode == 0, done.stderr
    assert "queue_directory                    /var/lib/mastra-gateway/queue" in done.stdout


def test_the_teams_of_the_example_can_be_used(tree, tmp_path):
    """With digests and files in the place of those that are made up."""
    text = (tree / "etc/mastra-gateway/mastra-gateway.yaml").read_text()
    plain, example = text.split("#routes:\n")
    example = re.sub("^#", "", example, flags=re.M)
    numbers = iter(range(9))
    example = re.sub("sha256:…", lambda _: f"sha256:{next(numbers):064x}", example).replace("/etc/mastra-gateway/", f"{tmp_path}/")
    for name in re.findall(r"/(\w+\.token)$", example, re.M):
        (tmp_path / name).write_text("token\n")
    file = tmp_path / "mastra-gateway.yaml"
    file.write_text(f"{plain}routes:\n{example}")
    done = run("check", "--config", str(file))
    assert done.returncode == 0, done.stderr
    assert re.findall(r"^route (\w+), to .*/projects/(\w+)/", done.stdout, re.M) == [(name, name) for name in ("checkout", "search", "assistant")]


# The package


def test_the_package_says_what_it_is(package):
    assert field(package, "Package") == "mastra-gateway"
    assert field(package, "Version") == packages.version()
    assert run("version").stdout.splitlines()[0] == f"mastra-gateway {packages.version()}"
    depends = field(package, "Depends")
    for library in ("libc6", "libcurl4", "libdeflate0", "libnghttp2-14", "libprotobuf-c1", "libsqlite3-0", "libzstd1", "ca-certificates"):
        assert re.search(rf"(^|, ){re.escape(library)}\b", depends), library


def test_the_package_has_all_that_a_service_needs(tree):
    paths = {str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()}
    assert paths >= {
        "usr/bin/mastra-gateway", "lib/systemd/system/mastra-gateway.service", "usr/lib/sysusers.d/mastra-gateway.conf",
        "etc/mastra-gateway/mastra-gateway.yaml", "etc/default/mastra-gateway",
        "usr/share/man/man1/mastra-gateway.1.gz", "usr/share/man/man5/mastra-gateway.5.gz",
        "usr/share/bash-completion/completions/mastra-gateway", "usr/share/zsh/vendor-completions/_mastra-gateway",
        "usr/share/fish/vendor_completions.d/mastra-gateway.fish", "usr/share/doc/mastra-gateway/copyright",
    }  # fmt: skip
    assert (tree / "etc/default/mastra-gateway").stat().st_mode & 0o777 == 0o600, "the token stands in it"


def test_the_unit_of_the_package_speaks_to_the_manager_of_its_distribution(tree):
    unit = settings((tree / "lib/systemd/system/mastra-gateway.service").read_text())
    if "VERSION_CODENAME=bookworm\n" in Path("/etc/os-release").read_text():
        assert (unit["Type"], unit["ExecReload"]) == ("notify", '/bin/sh -c "kill -HUP $MAINPID"')
    else:
        assert unit["Type"] == "notify-reload" and "ExecReload" not in unit


def test_two_builds_give_one_package(package, tmp_path):
    again = packages.build(tmp_path)
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(package.read_bytes()).digest()


def test_lintian_has_no_finding(package):
    done = call("lintian", "--fail-on=error,warning", "--allow-root", "--suppress-tags=bad-distribution-in-changes-file", package)
    assert done.stdout == ""
