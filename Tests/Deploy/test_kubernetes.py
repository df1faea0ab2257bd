"""The plain manifests, which are rendered of the chart, and the documents of both. `kubectl kustomize` builds them without a
cluster."""

import os
import re

import pytest
import yaml
from support.gateway import TOKEN, Gateway
from support.otlp import export_of
from support.program import REPOSITORY, run
from support.upstream import Upstream

from tools import chart, helm
from tools.kubelet import Container
from tools.profile import restricted
from tools.programs import call
from tools.quantities import fits

PAGE = REPOSITORY / "docs/kubernetes.md"
VERSIONS = ["1.30", "1.34", "1.37"]


def build(folder):
    return [each for each in yaml.safe_load_all(call("kubectl", "kustomize", folder).stdout) if each]


def named(objects, kind):
    [found] = [each for each in objects if each["kind"] == kind]
    return found


@pytest.fixture(params=sorted(chart.VARIANTS))
def variant(request):
    return request.param


def test_the_files_are_those_that_the_chart_makes(variant):
    written = chart.plain(variant)
    for name, text in written.items():
        chart.compare(chart.PLAIN / variant / name, text)
    assert {path.name for path in (chart.PLAIN / variant).iterdir()} == set(written)


def test_kustomize_builds_what_kubernetes_takes(variant):
    objects = build(chart.PLAIN / variant)
    assert len(objects) == 5
    for version in VERSIONS:
        assert helm.violations(objects, version) == []


def test_nothing_of_helm_and_no_namespace_is_left(variant):
    for path in (chart.PLAIN / variant).glob("*.yaml"):
        assert not re.search(r"helm\.sh|Helm$|checksum/|namespace:", path.read_text(), re.M)


def test_changed_settings_make_pods_anew(variant, tmp_path):
    """The name of the generated map has a hash of its content."""

    def settings_map(level):
        overlay = tmp_path / level
        overlay.mkdir()
        (overlay / "kustomization.yaml").write_text(
            f"resources: [{relative(chart.PLAIN / variant, overlay)}]\n"
            "configMapGenerator:\n"
            "  - {name: mastra-gateway, behavior: merge, files: [mastra-gateway.yaml]}\n"
        )
        (overlay / "mastra-gateway.yaml").write_text(f"log_level: {level}\n")
        objects = build(overlay)
        workload = next(each for each in objects if each["kind"] in ("StatefulSet", "Deployment"))
        [volume] = [each for each in workload["spec"]["template"]["spec"]["volumes"] if each["name"] == "config"]
        assert volume["configMap"]["name"] == named(objects, "ConfigMap")["metadata"]["name"]
        return volume["configMap"]["name"]

    assert settings_map("debug") != settings_map("info")


def relative(path, start):
    """Kustomize takes no absolute paths."""
    return os.path.relpath(path, start)


def test_a_gateway_with_the_plain_manifests_delivers(variant, tmp_path):
    pod = Container(build(chart.PLAIN / variant), tmp_path, {"mastra-token": {"access-token": TOKEN}})
    with Upstream() as upstream:
        environment = pod.environment | {"MASTRA_GATEWAY_ENDPOINT": upstream.url}
        with Gateway(env=environment) as gateway:
            upstream.delivered(gateway.accept(export_of(3)))
    assert (tmp_path / "var/lib/mastra-gateway/queue").exists() == (variant == "durable")


# The document


def blocks(first):
    """Indented blocks of the page that begin with that text."""
    found = re.findall(r"(?:^    .*\n|^\n(?=    ))+", PAGE.read_text(), re.M)
    texts = [re.sub("^    ", "", block, flags=re.M).strip("\n") + "\n" for block in found]
    return [text for text in texts if text.startswith(first)]


def test_the_overlay_of_the_page_can_be_built(tmp_path):
    [text] = blocks("# kustomization.yaml")
    remote = "https://github.com/mastra-gateway/mastra-gateway//deploy/kubernetes/durable?ref=v0.1.0"
    assert remote in text
    (tmp_path / "kustomization.yaml").write_text(text.replace(remote, relative(chart.PLAIN / "durable", tmp_path)))
    [settings] = blocks("# mastra-gateway.yaml")
    (tmp_path / "mastra-gateway.yaml").write_text(settings)
    objects = build(tmp_path)
    for version in VERSIONS:
        assert helm.violations(objects, version) == []
    assert {each["metadata"]["namespace"] for each in objects} == {"traces"}
    workload = named(objects, "StatefulSet")["spec"]
    assert workload["replicas"] == 2
    [claim] = workload["volumeClaimTemplates"]
    written = yaml.safe_load(named(objects, "ConfigMap")["data"]["mastra-gateway.yaml"])
    assert fits(written, claim["spec"]["resources"]["requests"]["storage"])
    pod = Container(objects, tmp_path / "pod", {"mastra-token": {"access-token": TOKEN}})
    done = run("check", env=pod.environment)
    assert done.returncode == 0, done.stderr


def test_the_routes_of_the_page_find_their_tokens(tmp_path):
    [patches] = blocks("patches:")
    [routes] = blocks("allow_unauthenticated: false")
    overlay = {"resources": [relative(chart.PLAIN / "durable", tmp_path)], **yaml.safe_load(patches)}
    overlay["configMapGenerator"] = [{"name": "mastra-gateway", "behavior": "merge", "files": ["mastra-gateway.yaml"]}]
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(overlay))
    settings = "queue_directory: /var/lib/mastra-gateway/queue\n" + routes.replace("sha256:…", "sha256:" + "0" * 64, 1)
    (tmp_path / "mastra-gateway.yaml").write_text(settings.replace("sha256:…", "sha256:" + "1" * 64))
    keys = {"access-token": TOKEN, "search": "token-of-search", "support": "token-of-support"}
    pod = Container(build(tmp_path), tmp_path / "pod", {"mastra-token": keys})
    done = run("check", env=pod.environment)
    assert done.returncode == 0, done.stderr
    assert "route search, to https://observability.mastra.ai/projects/search/" in done.stdout


def test_the_chart_takes_the_values_of_the_page():
    [text] = blocks("# values.yaml")
    objects = helm.objects(text)
    assert named(objects, "StatefulSet")["spec"]["replicas"] == 2
    written = yaml.safe_load(named(objects, "ConfigMap")["data"]["mastra-gateway.yaml"])
    [claim] = named(objects, "StatefulSet")["spec"]["volumeClaimTemplates"]
    assert fits(written, claim["spec"]["resources"]["requests"]["storage"])


def test_the_job_of_the_page_drains_what_a_pod_has_left(tmp_path):
    rendered = helm.objects({"accessToken": {"existingSecret": "mastra-token"}}, name="mastra-gateway")
    given = {"mastra-token": {"access-token": TOKEN}}
    pod = Container(rendered, tmp_path, given)
    with Gateway("http://127.0.0.1:9", env=pod.environment) as gateway:
        ids = gateway.accept(export_of(4))
        gateway.kill()
    job = yaml.safe_load(blocks("# drain.yaml")[0])
    assert restricted(job["spec"]["template"]["spec"]) == []
    for version in VERSIONS:
        assert helm.violations([job], version) == []
    drain = Container([job, named(rendered, "ConfigMap")], tmp_path, given)
    with Upstream() as upstream:
        environment = drain.environment | {"MASTRA_GATEWAY_ENDPOINT": upstream.url}
        done = run(*drain.container["args"], env=environment)
        assert done.returncode == 0, done.stderr
        upstream.delivered(ids)


def test_every_value_that_the_page_names_is_one_of_the_chart():
    names = {name for rows in chart.sections().values() for name, *_ in rows}
    groups = {name.split(".")[0] for name in names}
    said = re.findall(r"--set ([A-Za-z_.]+)=", PAGE.read_text())
    said += [name for name in re.findall(r"`([a-zA-Z]+\.[a-zA-Z_.]+)`", PAGE.read_text()) if name.split(".")[0] in groups]
    assert said
    unknown = {name for name in said if name not in names and not name.startswith("config.")}
    assert unknown == set()
    settings = {f"config.{key}" for key in chart.settings_schema()}
    assert {name for name in said if name.startswith("config.")} <= settings


def test_the_page_has_commands_that_the_program_has():
    commands = re.findall(r"mastra-gateway (queue [a-z]+|doctor|check)", PAGE.read_text())
    assert commands
    for command in commands:
        # The help of a command that there is not is that of the one above it.
        assert f"USAGE: mastra-gateway {command} " in run("help", *command.split()).stdout
