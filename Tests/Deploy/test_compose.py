"""Compose files: their form, what they mount and publish, and the first one started."""

import contextlib
import re
import shutil
import uuid

import pytest
import yaml
from support.http1 import Client
from support.otlp import export_of, is_full_success
from support.program import run
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
    wanted = {"VIEWER_CREDENTIALS": "sha256:" + "0" * 64}
    call("podman-compose", "-f", path, "config", env=containers.environment() | wanted)


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


@contextlib.contextmanager
def started(file, folder):
    """On ports of its own; has those, by those of the file, and what asks for the log."""
    containers.images()
    ports = {number: free_port() for number in (4318, 4317, 8888)}
    project = f"gw{uuid.uuid4().hex[:8]}"
    shutil.copytree(FOLDER, folder, dirs_exist_ok=True)
    for path in FILES:
        text = path.read_text()
        for number, port in ports.items():
            text = text.replace(f"127.0.0.1:{number}:", f"127.0.0.1:{port}:")
        (folder / path.name).write_text(text)
    env = containers.environment() | {"GATEWAY_IMAGE": containers.MINIMAL}
    compose = ["--podman-path", "podman", "-p", project, "-f", folder / file]
    try:
        call("podman-compose", *compose, "up", "--detach", env=env, cwd=folder, timeout=180)

        def is_ready():
            try:
                with Client(("127.0.0.1", ports[8888])) as client:
                    client.send(b"GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                    return client.receive().status == 200
            except OSError:
                return False

        wait_until(is_ready, "the gateway", 60, every=0.1)
        [container] = podman("ps", "--quiet", f"--filter=label=io.podman.compose.project={project}").stdout.split()
        yield ports, lambda: podman("logs", container).stdout
    finally:
        call("podman-compose", *compose, "down", "--volumes", env=env, cwd=folder, timeout=120, check=False)


def test_the_first_one_starts_takes_spans_and_prints_them(tmp_path):
    with started("local.yaml", tmp_path) as (ports, log):
        sent = export_of(2)
        with Client(("127.0.0.1", ports[4318])) as client:
            assert is_full_success(client.post(sent.body))
        wait_until(lambda: all(id in log() for id in sent.ids), "the records", 30, every=0.2)


def test_the_one_for_teams_knows_their_keys_and_nobody_else(tmp_path):
    with started("teams.yaml", tmp_path) as (ports, log):
        for team in ("checkout", "search"):
            sent = export_of(2)
            with Client(("127.0.0.1", ports[4318])) as client:
                assert is_full_success(client.post(sent.body, authorization=f"Bearer key-of-{team}"))
            wait_until(lambda: all(id in log() for id in sent.ids), "the records", 30, every=0.2)
            records = [line for line in log().splitlines() if sent.ids[0] in line]
            assert f'"projectId":"{team}"' in records[0]
        with Client(("127.0.0.1", ports[4318])) as client:
            assert client.post(export_of(1).body).status == 401


@pytest.mark.parametrize("tokens", [{}, {"CHECKOUT_TOKEN": "a", "SEARCH_TOKEN": "b"}], ids=["without", "with"])
def test_the_settings_of_the_teams_can_be_used(tokens):
    done = run("check", "--config", str(FOLDER / "teams/mastra-gateway.yaml"), env=tokens)
    assert done.returncode == 0, done.stderr
    routes = dict(re.findall(r"^route (\w+), to (\w+)", done.stdout, re.M))
    assert routes == dict.fromkeys(("checkout", "search"), "https" if tokens else "console")
