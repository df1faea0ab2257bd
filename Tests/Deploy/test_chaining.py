"""Configurations to stand behind collectors, agents and proxies: run where the peer can be had, else its keys checked."""

import csv
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
from support.grpc_calls import EXPORT
from support.otlp import export, export_of, is_full_success, span
from support.program import REPOSITORY, environment
from support.sdk import record, received, tracing
from support.upstream import OK, Answer, Upstream
from support.waiting import wait_until

from tools.chaining import ALLOY, COLLECTOR, FLUENT_BIT, FOLDER, MASTRA, SHOWN, VECTOR, blocks_of_alloy, leaves, load, unknown
from tools.containers import free_port
from tools.programs import call, program


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


def test_the_exporter_of_the_collector_waits_as_long_as_a_full_gateway_says(collector, tmp_path):
    """Its logs go to the path of traces: a full queue is told before a body is read."""
    log, file = tmp_path / "log", tmp_path / "collector.yaml"
    log.write_text("a line\n")
    with Upstream(then=Answer(503)) as away, Gateway(away, "--queue-max-bytes=64KiB") as full:
        said = fill(full)
        configuration = with_what_it_has(load("otelcol-old-names.yaml"), log, "http://" + address(full.address))
        [exporter] = configuration["exporters"].values()
        exporter["logs_endpoint"] = exporter["endpoint"] + "/v1/traces"
        file.write_text(yaml.safe_dump(configuration))
        with subprocess.Popen([collector, "--config", file], env=environment(), stderr=subprocess.PIPE) as process:
            try:
                line = next(line.decode() for line in process.stderr if b"Exporting failed" in line)
            finally:
                process.terminate()
    assert "Will retry the request after interval" in line
    # By itself it would wait for the second of `initial_interval`, give or take a half.
    assert said > 3 and float(re.search(r'"interval": "([\d.]+)s"', line)[1]) >= said - 1


def fill(gateway):
    """Has the gateway take requests until there is no room for the smallest; the seconds of its `retry-after` then."""
    for size in (40_000, 4_000, 400, 0):
        body = export(span(text="x" * size)).body
        for _ in range(100):
            response = gateway.post(body)
            if response.status == 503:
                break
        else:
            raise AssertionError("the queue does not become full")
    return int(response["retry-after"])


def test_both_names_of_the_components_configure_the_same():
    new, old = load("otelcol.yaml"), load("otelcol-old-names.yaml")
    assert json.loads(json.dumps(new).replace("otlp_http", "otlphttp")) == old


def test_http_and_grpc_have_the_same_queue():
    [http] = load("otelcol.yaml")["exporters"].values()
    [grpc] = load("otelcol-grpc.yaml")["exporters"].values()
    del http["endpoint"], grpc["endpoint"], grpc["tls"]
    assert http == grpc


@pytest.mark.parametrize("name", [name for name in SHOWN if name.startswith("otelcol")])
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


@pytest.mark.parametrize("name", ["otelcol-only-models.yaml", "otelcol-chosen-services.yaml"])
def test_a_part_names_what_it_has_or_what_the_whole_has(name):
    whole, part = load("otelcol.yaml"), load(name)
    known = {kind: {*whole.get(kind, ()), *part.get(kind, ())} for kind in ("receivers", "processors", "exporters", "connectors")}
    # The backend that was there before.
    known["exporters"].add("otlp_grpc/existing")
    pipelines = part["service"]["pipelines"]
    for pipeline in pipelines.values():
        assert set(pipeline["receivers"]) <= known["receivers"] | known["connectors"]
        assert set(pipeline.get("processors", ())) <= known["processors"]
        assert set(pipeline["exporters"]) <= known["exporters"] | known["connectors"]
    for connector in part.get("connectors", {}).values():
        assert all(set(row["pipelines"]) <= set(pipelines) for row in connector["table"])


MAX_BODY_BYTES = 64 << 20


def batch_of(name):
    """Unit and number of the most that goes into one request."""
    if name == "alloy.alloy":
        [block] = re.findall(r"\bbatch \{(.*?)\}", (FOLDER / name).read_text(), re.S)
        batch = dict(re.findall(r'(\w+) *= "?(\w+)', block))
    else:
        [exporter] = load(name)["exporters"].values()
        batch = exporter["sending_queue"]["batch"]
    return batch["sizer"], int(batch["max_size"])


@pytest.mark.parametrize("name", ["otelcol.yaml", "otelcol-old-names.yaml", "otelcol-grpc.yaml", "alloy.alloy"])
def test_a_batch_is_counted_in_bytes_and_far_below_what_the_gateway_takes(name):
    """Of spans with 20 KB of messages 5,000 have 100 MB, which would be refused for good."""
    unit, most = batch_of(name)
    assert unit == "bytes" and 1 << 20 <= most <= MAX_BODY_BYTES // 4


# Alloy, Vector, Fluent Bit, Mastra


def test_components_and_keys_of_alloy_are_known_and_joined():
    text = (FOLDER / "alloy.alloy").read_text()
    found = blocks_of_alloy(text)
    assert {name for name, _ in found} == set(ALLOY)
    for name, paths in found:
        assert set(paths) <= ALLOY[name]
    labels = set(re.findall(r'^([\w.]+) "(\w+)"', text, re.M))
    targets = re.findall(r"(?:traces = \[|storage += )([\w.]+)\.(?:input|handler)\b", text)
    assert len(targets) == 3
    for target in targets:
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


@pytest.fixture
def rotel():
    """Starts it with the shipped settings before the gateway at an address; answers its own address for gRPC."""
    agent, processes = pytest.importorskip("rotel.agent"), []

    def start(gateway_address):
        settings = dict(re.findall(r"^(\w+)=(.*)$", (FOLDER / "rotel.env").read_text(), re.M))
        ports = {"ROTEL_OTLP_GRPC_ENDPOINT": free_port(), "ROTEL_OTLP_HTTP_ENDPOINT": free_port()}
        assert set(ports) < set(settings)
        settings |= {name: f"127.0.0.1:{port}" for name, port in ports.items()}
        name = "ROTEL_OTLP_EXPORTER_ENDPOINT"
        assert "mastra-gateway:4318" in settings[name]
        settings[name] = settings[name].replace("mastra-gateway:4318", gateway_address)
        processes.append(subprocess.Popen([agent.agent.agent_path, "start"], env=environment(settings)))
        port = ports["ROTEL_OTLP_GRPC_ENDPOINT"]
        wait_until(lambda: _accepts(port), "the agent")
        return f"127.0.0.1:{port}"

    yield start
    for process in processes:
        process.terminate()
        process.wait(30)


@pytest.mark.client("hop", "Rotel, as in rotel.env", "gRPC in, HTTP with gzip out", "pypi:rotel")
def test_rotel_passes_spans_on(gateway, upstream, rotel):
    exporter = OTLPSpanExporter(endpoint=rotel(address(gateway.address)), insecure=True)
    with tracing(gateway, exporter=exporter) as tracer:
        with tracer.start_as_current_span("request", attributes={"orders": 42}) as sent:
            pass
    assert received(upstream, sent) == record(sent, attributes={"orders": 42})


def test_rotel_sends_again_what_a_full_gateway_refused(rotel):
    with Upstream(then=Answer(503)) as upstream, Gateway(upstream, "--queue-max-bytes=64KiB") as gateway:
        fill(gateway)
        before = gateway.metric("receiver_answers_total", status="503")
        exporter = OTLPSpanExporter(endpoint=rotel(address(gateway.address)), insecure=True)
        with tracing(gateway, exporter=exporter) as tracer:
            with tracer.start_as_current_span("request") as sent:
                pass
        gateway.wait_for_metric("receiver_answers_total", lambda count: count > before, status="503")
        upstream.then = OK
        assert received(upstream, sent) == record(sent)


def _accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


# Proxies

SECRET = "put-a-long-random-text-here"


class Proxy:
    """A shipped configuration before gateways of the test, on a port of its own."""

    def __init__(self, folder, gateways):
        self.folder, self.gateways = folder, gateways
        self.certificates = Certificates(folder)
        self.port = free_port()
        self.name = type(self).__name__.lower()

    def __enter__(self):
        file = self.folder / self.name
        file.write_text(self.configuration())
        call(self.name, *self.to_check(file))
        self.process = subprocess.Popen([program(self.name), *map(str, self.to_run(file))])
        wait_until(lambda: _accepts(self.port), self.name)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)

    def shipped(self, name, **texts):
        """The file with texts exchanged that have to be in it."""
        text = (FOLDER / name).read_text()
        for number, gateway in enumerate(self.gateways):
            for port, listener in (4318, gateway.address), (4317, gateway.grpc_address):
                text = exchanged(text, f"mastra-gateway-{number}:{port}", self.server(listener, gateway))
        for before, after in texts.items():
            text = exchanged(text, before, after)
        return text

    def server(self, listener, gateway):
        return address(listener)

    def post(self, body, *options, secret=SECRET, path="/v1/traces"):
        """Status and headers of the answer to curl."""
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


def exchanged(text, before, after):
    assert before in text
    return text.replace(before, after)


class Nginx(Proxy):
    def configuration(self):
        part = self.shipped("nginx.conf", **{
            "listen 4318 ": f"listen 127.0.0.1:{self.port} ",
            "/etc/nginx/tls/tls.crt": str(self.certificates.pem("server")),
            "/etc/nginx/tls/tls.key": str(self.certificates.key("server")),
        })  # fmt: skip
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        places = "".join(f"{kind}_temp_path {self.folder}/{kind};\n" for kind in kinds)
        return (
            f"daemon off; master_process off; pid {self.folder}/pid; error_log {self.folder}/error.log;\n"
            f"events {{}}\nhttp {{ access_log off;\n{places}{part}\n}}\n"
        )

    def to_run(self, file):
        return ["-c", file, "-e", self.folder / "error.log"]

    def to_check(self, file):
        return ["-t", *self.to_run(file)]


class HAProxy(Proxy):
    def configuration(self):
        both = self.folder / "both.pem"
        both.write_text(self.certificates.pem("server").read_text() + self.certificates.key("server").read_text())
        return f"global\n    stats socket {self.folder / 'socket'}\n\n" + self.shipped("haproxy.cfg", **{
            "bind :4318 ": f"bind 127.0.0.1:{self.port} ",
            " inter 2s ": " inter 100ms ",
            "/etc/haproxy/tls/traces.pem": str(both),
        })  # fmt: skip

    def server(self, listener, gateway):
        """The port of /readyz is that of a gateway's own here."""
        return f"{address(listener)} port {gateway.admin[1]}"

    def checks(self):
        """Of each backend what came of the last look at each gateway."""
        path = self.folder / "socket"
        if not path.exists():
            return {}
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.sendall(b"show stat\n")
            with client.makefile() as answer:
                rows = list(csv.DictReader(answer.read().removeprefix("# ").splitlines()))
        found = {}
        for row in rows:
            if row["svname"].startswith("gateway-"):
                # A look that has just begun has a star before what came of the last one.
                found[row["pxname"]] = (*found.get(row["pxname"], ()), row["check_status"].removeprefix("* "))
        return found

    def to_run(self, file):
        return ["-db", "-f", file]

    def to_check(self, file):
        # Without a warning.
        return ["-dW", "-c", "-f", file]


@pytest.fixture(scope="module")
def second(upstream):
    with Gateway(upstream) as gateway:
        yield gateway


def running(kind, gateways, tmp_path_factory):
    name = kind.__name__.lower()
    if not shutil.which(name):
        pytest.skip(f"{name} is missing: make deploy-tools")
    return kind(tmp_path_factory.mktemp(name), gateways)


@pytest.fixture(scope="module")
def nginx(gateway, second, tmp_path_factory):
    with running(Nginx, [gateway, second], tmp_path_factory) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def haproxy(gateway, second, tmp_path_factory):
    with running(HAProxy, [gateway, second], tmp_path_factory) as proxy:
        yield proxy


@pytest.fixture(params=["nginx", "haproxy"])
def proxy(request):
    return request.getfixturevalue(request.param)


each_kind = pytest.mark.parametrize("kind", [Nginx, HAProxy])


@pytest.mark.client("hop", "nginx, as in nginx.conf", "HTTP/1.1, HTTP/2 and gRPC in, over TLS; HTTP/1.1 and gRPC out", "debian:nginx-light")
def test_nginx_passes_http_on_to_both_gateways(nginx, gateway, second, upstream):
    pass_on_to_both(nginx, [gateway, second], upstream)


@pytest.mark.client("hop", "HAProxy, as in haproxy.cfg", "HTTP/1.1, HTTP/2 and gRPC in, over TLS; HTTP/1.1 and gRPC out", "debian:haproxy")
def test_haproxy_passes_http_on_to_both_gateways(haproxy, gateway, second, upstream):
    pass_on_to_both(haproxy, [gateway, second], upstream)


def pass_on_to_both(proxy, gateways, upstream):
    before = [each.metric("receiver_accepted_spans_total") for each in gateways]
    for options in (["--http1.1"], ["--http2"], ["--http1.1"], ["--http2"]):
        sent = export_of(2)
        assert proxy.post(sent.body, *options)[0] == 200
        for id in sent.ids:
            upstream.record_of(id)
    after = [each.metric("receiver_accepted_spans_total") for each in gateways]
    assert [later - earlier for earlier, later in zip(before, after)] == [4, 4]


def test_a_proxy_passes_grpc_on_by_call(proxy, gateway, second, upstream):
    before = [each.metric("receiver_grpc_answers_total", code="OK") for each in (gateway, second)]
    for _ in range(2):
        with tracing(None, exporter=grpc_exporter(proxy)) as tracer:
            with tracer.start_as_current_span("request") as sent:
                pass
        assert received(upstream, sent) == record(sent)
    after = [each.metric("receiver_grpc_answers_total", code="OK") for each in (gateway, second)]
    assert [later - earlier for earlier, later in zip(before, after)] == [1, 1]


def grpc_exporter(proxy, secret=SECRET):
    credentials = grpc.ssl_channel_credentials(proxy.certificates.pem("ca").read_bytes())
    headers = {"authorization": f"Bearer {secret}"}
    return OTLPSpanExporter(endpoint=f"127.0.0.1:{proxy.port}", credentials=credentials, headers=headers)


def grpc_code(proxy, secret=SECRET):
    """Of one call with a span in it."""
    credentials = grpc.ssl_channel_credentials(proxy.certificates.pem("ca").read_bytes())
    with grpc.secure_channel(f"127.0.0.1:{proxy.port}", credentials) as channel:
        call = channel.unary_unary(EXPORT)
        try:
            call(export_of(1).body, metadata=[("authorization", f"Bearer {secret}")], timeout=10)
        except grpc.RpcError as error:
            return error.code()
    return grpc.StatusCode.OK


def test_a_proxy_tells_who_calls_over_grpc_without_the_secret(proxy):
    assert grpc_code(proxy, secret="wrong") == grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize("secret", ["", "wrong", SECRET + "x"])
def test_a_proxy_refuses_who_does_not_know_the_secret(proxy, gateway, second, secret):
    before = sum(each.metric("receiver_received_spans_total") for each in (gateway, second))
    assert proxy.post(export_of(1).body, secret=secret)[0] == 401
    assert sum(each.metric("receiver_received_spans_total") for each in (gateway, second)) == before


def test_a_proxy_passes_a_large_body_on_and_one_beyond_the_limit_is_refused(proxy):
    # Attributes of one MiB, as long messages have.
    large = export(*(span(text="x" * (1 << 20)) for _ in range(20)))
    assert proxy.post(large.body)[0] == 200
    assert proxy.post(b"\0" * (65 << 20))[0] == 413


def test_a_proxy_has_nothing_but_one_path_of_traces(proxy):
    """The other one the gateways would take."""
    assert proxy.post(export_of(1).body, path="/otlp/v1/traces")[0] == 404


class Seen:
    """A gateway whose health was last seen as that of another."""

    def __init__(self, gateway, admin):
        self.address, self.grpc_address, self.admin = gateway.address, gateway.grpc_address, admin


@each_kind
def test_what_a_full_gateway_says_reaches_the_sender(kind, tmp_path_factory, gateway):
    with Upstream(then=Answer(503)) as away, Gateway(away, "--queue-max-bytes=64KiB") as full:
        seen = Seen(full, gateway.admin)
        with running(kind, [seen, seen], tmp_path_factory) as proxy:
            said = fill(full)
            status, headers = proxy.post(export_of(1, text="x" * 40_000).body)
    assert status == 503
    assert abs(int(headers["retry-after"]) - said) <= 1


class Nobody:
    """A gateway that is not there; with an admin listener where its health was still seen."""

    def __init__(self, admin=None):
        self.address = self.grpc_address = ("127.0.0.1", free_port())
        self.admin = admin or self.address


@each_kind
def test_a_gateway_that_has_just_gone_is_left_for_the_other(kind, tmp_path_factory, upstream):
    with Gateway(upstream) as gateway, running(kind, [Nobody(gateway.admin), gateway], tmp_path_factory) as proxy:
        for _ in range(3):
            sent = export_of(1)
            assert proxy.post(sent.body)[0] == 200
            upstream.record_of(sent.ids[0])


def test_haproxy_asks_gateways_whether_they_take_spans(tmp_path_factory, upstream):
    with Upstream(then=Answer(503)) as away, Gateway(away, "--queue-max-bytes=64KiB") as full, Gateway(upstream) as gateway:
        fill(full)
        with running(HAProxy, [full, gateway], tmp_path_factory) as proxy:
            # A bad status in an answer of HTTP, and a good one.
            expected = {f"gateways_{kind}": ("L7STS", "L7OK") for kind in ("http", "grpc")}
            wait_until(lambda: proxy.checks() == expected, lambda: f"both to be asked: {proxy.checks()}")
            assert [proxy.post(export_of(1).body)[0] for _ in range(4)] == [200] * 4
            assert [grpc_code(proxy) for _ in range(4)] == [grpc.StatusCode.OK] * 4


@each_kind
def test_without_any_gateway_the_answer_is_one_that_senders_repeat(kind, tmp_path_factory):
    with running(kind, [Nobody(), Nobody()], tmp_path_factory) as proxy:
        # In HTTP/2 HAProxy may reset the stream, which senders repeat too.
        assert proxy.post(export_of(1).body, "--http1.1")[0] in (502, 503)


# A span whose parent stayed behind


def test_a_span_whose_parent_was_filtered_out_is_taken_as_it_is(gateway, upstream):
    sent = export(span("chat", parent_span_id=b"\1" * 8))
    assert is_full_success(gateway.post(sent))
    found = upstream.record_of(sent.ids[0])
    assert found["parentSpanId"] == "01" * 8
