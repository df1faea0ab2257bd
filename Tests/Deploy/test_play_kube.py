"""What the chart renders, started by podman: the nearest thing to a cluster that is here."""

import base64
import uuid

import pytest
import yaml
from support.http1 import Client
from support.otlp import export_of, is_full_success
from support.upstream import Upstream
from support.waiting import wait_until

from tools import containers, helm
from tools.containers import free_port, podman

VALUES = helm.CHART / "ci/podman-values.yaml"
# The kinds that podman knows; what a cluster makes of the others it has no use for.
PLAYED = {"Secret", "ConfigMap", "PersistentVolumeClaim", "Deployment"}


@pytest.fixture
def port():
    """The usual ones may be taken on the network of this machine."""
    return {"http": free_port(), "grpc": free_port(), "admin": free_port()}


@pytest.fixture
def played(port, tmp_path):
    """Starts what is rendered with those values, in the network of this machine; its container."""
    name = f"gw-{uuid.uuid4().hex[:8]}"
    files = []

    def play(upstream):
        containers.images()
        values = yaml.safe_load(VALUES.read_text())
        values["config"] = values.get("config", {}) | {
            "endpoint": upstream.url, "max_batch_wait": "100ms", "tls_insecure": True,
        }  # fmt: skip
        objects = [each for each in helm.objects(values, name=name) if each["kind"] in PLAYED]
        [deployment] = [each for each in objects if each["kind"] == "Deployment"]
        pod = deployment["spec"]["template"]["spec"]
        pod["hostNetwork"] = True
        [container] = pod["containers"]
        listeners = {f"MASTRA_GATEWAY_{each.upper()}_LISTEN": f"127.0.0.1:{port[each]}" for each in port}
        container["env"] = [
            each for each in container.get("env", []) if each["name"] not in listeners
        ] + [{"name": variable, "value": address} for variable, address in listeners.items()]
        container.pop("ports", None)
        for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
            # Podman asks within the container, by a shell that is not there.
            container.pop(probe, None)
        file = tmp_path / "kube.yaml"
        file.write_text(yaml.safe_dump_all(objects))
        files.append(file)
        podman("play", "kube", "--network=host", str(file), timeout=180)
        [id] = [
            line.split()[0]
            for line in podman("ps", "--format", "{{.ID}} {{.Image}}").stdout.splitlines()
            if containers.MINIMAL in line
        ]
        return id

    yield play
    for file in files:
        podman("play", "kube", "--down", str(file), check=False, timeout=120)


def test_what_the_chart_renders_starts_takes_spans_and_stops(played, port):
    with Upstream() as upstream:
        id = played(upstream)

        def ready():
            try:
                with Client(("127.0.0.1", port["admin"])) as client:
                    client.send(b"GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                    return client.receive().status == 200
            except OSError:
                return False

        wait_until(ready, lambda: podman("logs", id, check=False).stderr, every=0.1)
        sent = export_of(3)
        with Client(("127.0.0.1", port["http"])) as client:
            assert is_full_success(client.post(sent.body))
        upstream.delivered(sent.ids)
        token = yaml.safe_load(VALUES.read_text())["accessToken"]["value"]
        # Podman 4.3 mounts the data of a secret as it is written, and does not decode it.
        mounted = {token, base64.b64encode(token.encode()).decode()}
        assert {publish.headers["authorization"].removeprefix("Bearer ") for publish in upstream.publishes} < mounted
        pid = int(podman("inspect", "--format={{.State.Pid}}", id).stdout)
        status = containers.status_of(pid)
        assert status["Uid"].split()[0] == str(containers.NONROOT)
        assert (status["CapEff"], status["NoNewPrivs"]) == ("0" * 16, "1")
        podman("stop", "--time=30", id)
        assert podman("inspect", "--format={{.State.ExitCode}}", id).stdout.strip() == "0"
