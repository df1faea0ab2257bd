"""Configurations to stand behind collectors, agents and proxies: run where the peer can be had, else its keys checked."""

import json
import re
import shutil
import socket
import subprocess
from pathlib import Path

import grpc
import pytest
import yaml
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from support.certificates import Certificates
from support.gateway import Gateway
from support.otlp import export, export_of, is_full_success, span
from support.program import REPOSITORY, environment
from support.sdk import record, received, tracing
from support.upstream import Answer, Upstream
from support.waiting import wait_until

from tools.chaining import ALLOY, COLLECTOR, FLUENT_BIT, FOLDER, MASTRA, SHOWN, VECTOR, blocks_of_alloy, leaves, load, unknown
from tools.containers import free_port
from tools.programs import call, program


@pytest.fixture(scope="module")
def upstream():
    with Upstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def gateway(upstream):
    with Gateway(upstream) as gateway:
        yield gateway


def address(pair):
    return "{}:{}".format(*pair)


# What is claimed


def test_the_table_says_what_is_done():
    page = (REPOSITORY / "docs/chaining/README.md").read_text()
    table = dict(re.findall(r"^\| \[`([^`]+)`\]\(\.\./\.\./deploy/chaining/[^)]+\) \| ([^|]+) \|", page, re.M))
    assert {name: text.strip() for name, text in table.items()} == SHOWN
    assert {path.name for path in FOLDER.iterdir()} == set(SHOWN)


# The Collector


@pytest.fixture(scope="module")
def collector():
    module = pytest.importorskip("otel_collector")
    [binary] = Path(module.__file__).parent.glob("bin/*")
    return binary


def with_what_it_has(configuration, log, endpoint):
    """That build has neither a receiver of traces nor a storage; the exporter stays as it is shipped, but for these."""
    [(name, exporter)] = configuration["exporters"].items()
    exporter = {**exporter, "endpoint": endpoint}
    exporter["sending_queue"] = {key: value for key, value in exporter["sending_queue"].items() if key != "storage"}
    return {
        "receivers": {"filelog": {"include": [str(log)], "start_at": "beginning"}},
        "processors": configuration["processors"],
        "exporters": {name: exporter},
        "service": {
            "telemetry": {"metrics": {"level": "none"}},
            "pipelines": {"logs": {"receivers": ["filelog"], "processors": ["memory_limiter"], "exporters": [name]}},
        },
    }


def test_the_collector_takes_the_exporter_and_refuses_a_key_that_is_misspelt(collector, tmp_path):
    configuration = with_what_it_has(load("otelcol-old-names.yaml"), tmp_path / "log", "http://127.0.0.1:1")
    file = tmp_path / "collector.yaml"
    file.write_text(yaml.safe_dump(configuration))
    done = subprocess.run([collector, "validate", "--config", file], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    [exporter] = configuration["exporters"].values()
    exporter["sending_queue"]["block_on_overfow"] = True
    file.write_text(yaml.safe_dump(configuration))
    done = subprocess.run([collector, "validate", "--config", file], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and "block_on_overfow" in done.stderr


@pytest.mark.client("hop", "OpenTelemetry Collector, exporter as in otelcol-old-names.yaml", "HTTP, gzip", "0.135")
def test_the_exporter_of_the_collector_sends_compressed_to_the_gateway(collector, gateway, tmp_path):
    """It can send logs alone, which the gateway refuses for good and says why: the way there is what is shown."""
    log, file = tmp_path / "log", tmp_path / "collector.yaml"
    log.write_text("a line\n")
    configuration = with_what_it_has(load("otelcol-old-names.yaml"), log, "http://" + address(gateway.address))
    file.write_text(yaml.safe_dump(configuration))
    before = gateway.metric("receiver_answers_total", status="404")
    with subprocess.Popen([collector, "--config", file], env=environment(), stderr=subprocess.PIPE) as process:
        try:
            dropped = next(line.decode() for line in process.stderr if b"Dropping data" in line)
        finally:
            process.terminate()
    assert "set OTEL_LOGS_EXPORTER=none in the sending service" in dropped
    assert gateway.metric("receiver_answers_total", status="404") == before + 1


def test_both_names_of_the_components_configure_the_same():
    new, old = load("otelcol.yaml"), load("otelcol-old-names.yaml")
    assert json.loads(json.dumps(new).replace("otlp_http", "otlphttp")) == old


@pytest.mark.parametrize("name", ["otelcol.yaml", "otelcol-old-names.yaml", "otelcol-grpc.yaml", "otelcol-only-models.yaml"])
def test_keys_of_the_collector_are_known(name):
    assert [path for path in leaves(load(name)) if unknown(path, COLLECTOR)] == []


@pytest.mark.parametrize("name", ["otelcol.yaml", "otelcol-old-names.yaml"])
def test_what_a_pipeline_names_is_configured(name):
    configuration = load(name)
    for pipeline in configuration["service"]["pipelines"].values():
        for kind in ("receivers", "processors", "exporters"):
            assert set(pipeline[kind]) <= set(configuration[kind])
    assert set(configuration["service"]["extensions"]) <= set(configuration["extensions"])
    [exporter] = configuration["exporters"].values()
    assert exporter["sending_queue"]["storage"] in configuration["extensions"]


# Alloy, Vector, Fluent Bit, Mastra


def test_components_and_keys_of_alloy_are_known_and_joined():
    text = (FOLDER / "alloy.alloy").read_text()
    found = blocks_of_alloy(text)
    assert [name for name, _ in found] == ["otelcol.receiver.otlp", "otelcol.processor.memory_limiter", "otelcol.exporter.otlphttp"]
    for name, paths in found:
        assert set(paths) <= ALLOY[name]
    labels = set(re.findall(r'^([\w.]+) "(\w+)"', text, re.M))
    for target in re.findall(r"traces = \[([\w.]+)\.input\]", text):
        component, _, label = target.rpartition(".")
        assert (component, label) in labels


def test_keys_of_vector_are_known_and_joined():
    configuration = load("vector.yaml")
    assert [path for path in leaves(configuration) if unknown(path, VECTOR)] == []
    [sink] = configuration["sinks"].values()
    assert sink["inputs"] == [f"{source}.traces" for source in configuration["sources"]]
    assert sink["protocol"]["uri"].endswith("/v1/traces")


def test_keys_of_fluent_bit_are_known():
    configuration = load("fluent-bit.yaml")
    assert set(configuration) == {"service", "pipeline"}
    assert set(configuration["service"]) <= FLUENT_BIT["service"]
    for kind in ("inputs", "outputs"):
        for each in configuration["pipeline"][kind]:
            assert each["name"] == "opentelemetry"
            assert set(each) <= FLUENT_BIT[kind]
    assert configuration["pipeline"]["outputs"][0]["traces_uri"] == "/v1/traces"


def test_options_of_mastras_exporter_are_known():
    text = re.sub(r"//.*", "", re.sub(r'"[^"]*"', '""', (FOLDER / "mastra.ts").read_text()))
    assert set(re.findall(r"(\w+):", text)) == MASTRA
    assert '/v1/traces"' in (FOLDER / "mastra.ts").read_text(), "the exporter adds no path"
    assert text.count("{") == text.count("}") and text.count("(") == text.count(")")


@pytest.mark.parametrize(
    ("path", "is_unknown"),
    [("exporters.otlp_http/x.endpoint", False), ("exporters.otlp_http/x.endpont", True), ("exporters.otlp_htp/x.endpoint", True)],
)
def test_a_misspelt_key_is_found(path, is_unknown):
    assert unknown(path, COLLECTOR) == is_unknown


# Rotel


@pytest.mark.client("hop", "Rotel, as in rotel.env", "gRPC in, HTTP with gzip out", "pypi:rotel")
def test_rotel_passes_spans_on(gateway, upstream):
    agent = pytest.importorskip("rotel.agent")
    settings = dict(re.findall(r"^(\w+)=(.*)$", (FOLDER / "rotel.env").read_text(), re.M))
    ports = {"ROTEL_OTLP_GRPC_ENDPOINT": free_port(), "ROTEL_OTLP_HTTP_ENDPOINT": free_port()}
    assert set(ports) < set(settings)
    settings |= {name: f"127.0.0.1:{port}" for name, port in ports.items()}
    settings["ROTEL_OTLP_EXPORTER_ENDPOINT"] = settings["ROTEL_OTLP_EXPORTER_ENDPOINT"].replace(
        "mastra-gateway:4318", address(gateway.address)
    )
    with subprocess.Popen([agent.agent.agent_path, "start"], env=environment(settings)) as process:
        try:
            port = ports["ROTEL_OTLP_GRPC_ENDPOINT"]
            wait_until(lambda: _accepts(port), "the agent")
            exporter = OTLPSpanExporter(endpoint=f"127.0.0.1:{port}", insecure=True)
            with tracing(gateway, exporter=exporter) as tracer:
                with tracer.start_as_current_span("request", attributes={"orders": 42}) as sent:
                    pass
            assert received(upstream, sent) == record(sent, attributes={"orders": 42})
        finally:
            process.terminate()


def _accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


# nginx

SECRET = "put-a-long-random-text-here"


class Nginx:
    """The shipped part of a configuration, before gateways of the test, on a port of its own."""

    def __init__(self, folder, gateways):
        self.certificates = Certificates(folder)
        self.port = free_port()
        self.folder = folder
        text = (FOLDER / "nginx.conf").read_text()
        for number, gateway in enumerate(gateways):
            text = text.replace(f"mastra-gateway-{number}:4318", address(gateway.address))
            text = text.replace(f"mastra-gateway-{number}:4317", address(gateway.grpc_address))
        text = text.replace("listen 4318 ", f"listen 127.0.0.1:{self.port} ")
        text = text.replace("/etc/nginx/tls/tls.crt", str(self.certificates.pem("server")))
        text = text.replace("/etc/nginx/tls/tls.key", str(self.certificates.key("server")))
        places = "".join(
            f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        self.file = folder / "nginx.conf"
        self.file.write_text(
            f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;\n"
            f"events {{}}\nhttp {{ access_log off;\n{places}{text}\n}}\n"
        )

    def __enter__(self):
        call("nginx", "-t", "-c", self.file, "-e", self.folder / "error.log")
        self.process = subprocess.Popen([program("nginx"), "-c", self.file, "-e", self.folder / "error.log"])
        wait_until(lambda: _accepts(self.port), "nginx")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)

    def post(self, body, *options, secret=SECRET, path="/v1/traces"):
        """Status and headers of curl's request."""
        file = self.folder / "body"
        file.write_bytes(body)
        done = call(
            "curl", "--silent", "--show-error", "--cacert", self.certificates.pem("ca"), "--include", "--data-binary", f"@{file}",
            "--header", "content-type: application/x-protobuf", "--header", f"authorization: Bearer {secret}", *options,
            f"https://127.0.0.1:{self.port}{path}",
        )  # fmt: skip
        # A head of 100 may come before.
        head = [part for part in done.stdout.split("\n\n") if part.startswith("HTTP/")][-1]
        lines = head.splitlines()
        return int(lines[0].split()[1]), dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)


@pytest.fixture(scope="module")
def second(upstream):
    with Gateway(upstream) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def nginx(gateway, second, tmp_path_factory):
    if not shutil.which("nginx"):
        pytest.skip("nginx is missing: make deploy-tools")
    with Nginx(tmp_path_factory.mktemp("nginx"), [gateway, second]) as nginx:
        yield nginx


@pytest.mark.client("hop", "nginx, as in nginx.conf", "HTTP/1.1, HTTP/2 and gRPC in, over TLS; HTTP/1.1 and gRPC out", "debian:nginx-light")
def test_nginx_passes_http_on_to_both_gateways(nginx, gateway, second, upstream):
    before = [each.metric("receiver_accepted_spans_total") for each in (gateway, second)]
    for options in (["--http1.1"], ["--http2"], ["--http1.1"], ["--http2"]):
        sent = export_of(2)
        assert nginx.post(sent.body, *options)[0] == 200
        for id in sent.ids:
            upstream.record_of(id)
    after = [each.metric("receiver_accepted_spans_total") for each in (gateway, second)]
    assert [later - earlier for earlier, later in zip(before, after)] == [4, 4]


def test_nginx_passes_grpc_on(nginx, gateway, upstream):
    credentials = grpc.ssl_channel_credentials(nginx.certificates.pem("ca").read_bytes())
    exporter = OTLPSpanExporter(
        endpoint=f"127.0.0.1:{nginx.port}", credentials=credentials, headers={"authorization": f"Bearer {SECRET}"}
    )
    with tracing(gateway, exporter=exporter) as tracer:
        with tracer.start_as_current_span("request") as sent:
            pass
    assert received(upstream, sent) == record(sent)


@pytest.mark.parametrize("secret", ["", "wrong", SECRET + "x"])
def test_nginx_refuses_who_does_not_know_the_secret(nginx, gateway, second, secret):
    before = sum(each.metric("receiver_received_spans_total") for each in (gateway, second))
    assert nginx.post(export_of(1).body, secret=secret)[0] == 401
    assert sum(each.metric("receiver_received_spans_total") for each in (gateway, second)) == before


def test_nginx_passes_a_large_body_on_and_refuses_one_beyond_the_limit(nginx):
    # Attributes of one MiB, as long messages have.
    large = export(*(span(text="x" * (1 << 20)) for _ in range(20)))
    assert nginx.post(large.body)[0] == 200
    assert nginx.post(b"\0" * (65 << 20))[0] == 413


def test_nginx_has_nothing_but_traces(nginx):
    assert nginx.post(b"", path="/metrics")[0] == 404


def test_what_a_full_gateway_says_reaches_the_sender(tmp_path):
    if not shutil.which("nginx"):
        pytest.skip("nginx is missing: make deploy-tools")
    with Upstream(then=Answer(503)) as away, Gateway(away, "--queue-max-bytes=64KiB") as full:
        with Nginx(tmp_path, [full, full]) as nginx:
            body = export(span(text="x" * 40_000)).body
            answers = [nginx.post(body) for _ in range(4)]
    status, headers = answers[-1]
    assert status == 503
    assert int(headers["retry-after"]) >= 1


def test_a_gateway_that_is_not_there_is_left_for_the_other(tmp_path, upstream):
    if not shutil.which("nginx"):
        pytest.skip("nginx is missing: make deploy-tools")

    class Nobody:
        address = grpc_address = ("127.0.0.1", free_port())

    with Gateway(upstream) as gateway, Nginx(tmp_path, [Nobody, gateway]) as nginx:
        for _ in range(3):
            sent = export_of(1)
            assert nginx.post(sent.body)[0] == 200
            upstream.record_of(sent.ids[0])


# A span whose parent stayed behind


def test_a_span_whose_parent_was_filtered_out_is_taken_as_it_is(gateway, upstream):
    sent = export(span("chat", parent_span_id=b"\1" * 8))
    assert is_full_success(gateway.post(sent))
    found = upstream.record_of(sent.ids[0])
    assert found["parentSpanId"] == "01" * 8
