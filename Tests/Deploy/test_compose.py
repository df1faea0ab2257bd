"""Compose files: their form, what they mount and publish, and the first one started."""

import re
import uuid

import pytest
import yaml
from support.http1 import Client
from support.otlp import export_of, is_full_success
from support.waiting import wait_until

from tools import containers, packages
from tools.containers import free_port, podman
from tools.programs import DEPLOY, call

FOLDER = DEPLOY / "compose"
FILES = sorted(FOLDER.glob("*.yaml"))

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)


def services(path):
    """With what they extend."""
    found = yaml.safe_load(path.read_text())["services"]
    for name, service in found.items():
        if other := service.pop("extends", None):
            found[name] = services(FOLDER / other["file"])[other["service"]] | service
    return found


@each_file
def test_a_file_is_as_the_schema_has_it(path):
    call("check-jsonschema", "--builtin-schema", "vendor.compose-spec", path)


@each_file
def test_podman_compose_reads_a_file(path):
    call("podman-compose", "-f", path, "config", env=containers.environment())


@each_file
def test_everything_is_published_on_this_machine_alone(path):
    for name, service in services(path).items():
        for port in service.get("ports", []):
            assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port), name


@each_file
def test_every_service_is_without_rights_and_bounded(path):
    for name, service in services(path).items():
        assert service["cap_drop"] == ["ALL"] and service["security_opt"] == ["no-new-privileges"], name
        assert service["mem_limit"], name


@each_file
def test_what_is_mounted_is_there(path):
    document = yaml.safe_load(path.read_text())
    for service in services(path).values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (FOLDER / source).exists(), source
            else:
                assert source in document["volumes"]


@each_file
def test_images_are_of_a_version(path):
    for service in services(path).values():
        default = re.fullmatch(r"\$\{\w+:-([^}]+)\}", service["image"])[1]
        assert re.search(r":v?\d+\.\d+\.\d+$", default)
        if "mastra-gateway" in default:
            assert default.endswith(f":{packages.version()}")


def test_the_gateway_is_hardened_and_has_time_to_stop():
    [gateway] = services(FOLDER / "gateway.yaml").values()
    assert gateway["read_only"] is True
    assert int(gateway["stop_grace_period"].removesuffix("s")) > 20 + 5
    assert gateway["healthcheck"]["test"] == ["CMD", "/usr/bin/mastra-gateway", "healthcheck"]
    assert gateway["environment"]["MASTRA_GATEWAY_QUEUE_DIRECTORY"].startswith(gateway["volumes"][0].split(":")[1])


def test_the_collector_of_the_file_is_the_one_of_chaining_on_the_ports_it_listens_at():
    collector = services(FOLDER / "with-collector.yaml")["collector"]
    configuration = (DEPLOY / "chaining/otelcol.yaml").read_text()
    for port in collector["ports"]:
        assert f":{port.split(':')[-1]}" in configuration
    for variable in collector["environment"]:
        assert f"${{env:{variable}" in configuration
    storage = yaml.safe_load(configuration)["extensions"]["file_storage"]["directory"]
    assert any(storage.startswith(volume.split(":")[1]) for volume in collector["volumes"])


def test_prometheus_scrapes_the_gateway_by_its_name():
    found = services(FOLDER / "with-monitoring.yaml")
    [job] = yaml.safe_load((DEPLOY / "prometheus/prometheus.yaml").read_text())["scrape_configs"]
    [target] = job["static_configs"][0]["targets"]
    assert target.split(":")[0] in found
    source = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/prometheus.yaml").read_text())["datasources"][0]
    assert re.fullmatch(r"http://(\w+):9090", source["url"])[1] in found


def test_the_first_one_starts_takes_spans_and_prints_them(tmp_path):
    containers.images()
    ports = {number: free_port() for number in (4318, 4317, 8888)}
    project = f"gw{uuid.uuid4().hex[:8]}"
    for path in FILES:
        text = path.read_text()
        for number, port in ports.items():
            text = text.replace(f"127.0.0.1:{number}:", f"127.0.0.1:{port}:")
        (tmp_path / path.name).write_text(text)
    env = containers.environment() | {"GATEWAY_IMAGE": containers.MINIMAL}
    compose = ["--podman-path", "podman", "-p", project, "-f", tmp_path / "local.yaml"]
    try:
        call("podman-compose", *compose, "up", "--detach", env=env, cwd=tmp_path, timeout=180)

        def is_ready():
            try:
                with Client(("127.0.0.1", ports[8888])) as client:
                    client.send(b"GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                    return client.receive().status == 200
            except OSError:
                return False

        wait_until(is_ready, "the gateway", 60, every=0.1)
        sent = export_of(2)
        with Client(("127.0.0.1", ports[4318])) as client:
            assert is_full_success(client.post(sent.body))
        [container] = podman("ps", "--quiet", f"--filter=label=io.podman.compose.project={project}").stdout.split()
        wait_until(lambda: all(id in podman("logs", container).stdout for id in sent.ids), "the records", 30, every=0.2)
    finally:
        call("podman-compose", *compose, "down", "--volumes", env=env, cwd=tmp_path, timeout=120, check=False)
