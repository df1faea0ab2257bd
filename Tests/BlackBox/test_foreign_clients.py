"""Clients in other languages than Python, each with an OTLP implementation of its own: Go, Rust, Java, C."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

from support.curl import curl
from support.gateway import Gateway
from support.grpc_calls import EXPORT
from support.grpc_frames import message
from support.otlp import export_of
from support.otlp import is_full_success as is_success_in_protobuf
from support.program import environment
from support.sdk import ATTRIBUTES, ATTRIBUTES_IN_JSON, received, record, tracing
from support.upstream import Upstream
from support.waiting import wait_until

CLIENTS = Path(__file__).parent / "clients"


def origin(address):
    return "http://{}:{}".format(*address)


def run(*command, env=None, **options):
    return subprocess.run(command, env=environment(env), capture_output=True, timeout=120, check=False, **options)


@contextmanager
def running(*command, env=None, **options):
    """A program that goes on until the block ends."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment(env), stdin=pipe, stdout=pipe, stderr=pipe, **options) as process:
        try:
            yield process
        finally:
            process.terminate()


# C


@pytest.mark.client("tool", "h2load of nghttp2", "gRPC", "debian:nghttp2-client")
@pytest.mark.requirement("G3", "G26")
def test_h2load_makes_thousands_of_grpc_calls(tmp_path):
    sent = export_of(3)
    file = tmp_path / "call"
    file.write_bytes(message(sent.body))
    with Upstream() as upstream, Gateway(upstream) as gateway:
        done = run(
            "h2load", "-n", "3000", "-c", "4", "-m", "50", "-d", str(file), "-H", "content-type: application/grpc",
            "-H", "te: trailers", origin(gateway.grpc_address) + EXPORT,
        )  # fmt: skip
        assert "3000 succeeded, 0 failed, 0 errored, 0 timeout" in done.stdout.decode(), done
        upstream.delivered(Counter({id: 3000 for id in sent.ids}))
        assert gateway.metric("receiver_grpc_answers_total", code="OK") == 3000


CURL = {"HTTP/1.1": [], "HTTP/2": ["--http2-prior-knowledge"], "chunks": ["--header", "transfer-encoding: chunked"]}


@pytest.mark.client("tool", "curl", "HTTP/1.1, HTTP/2, chunks", "debian:curl")
@pytest.mark.parametrize("options", CURL.values(), ids=CURL)
def test_curl_posts_protobuf(gateway, upstream, tmp_path, options):
    sent = export_of(2)
    file = tmp_path / "request"
    file.write_bytes(sent.body)
    assert is_success_in_protobuf(curl(gateway.address, file, *options, content_type="application/x-protobuf"))
    for id in sent.ids:
        upstream.record_of(id)


# Rust


@pytest.mark.client("sdk", "Rust SDK, in deltalake", "HTTP with protobuf", "pypi:deltalake")
def test_the_rust_sdk_exports_over_http(gateway, upstream):
    pytest.importorskip("deltalake")
    before = gateway.metric("receiver_accepted_spans_total")
    script = [sys.executable, CLIENTS / "rust_spans.py", origin(gateway.address) + "/v1/traces"]
    with running(*script, env={"RUST_LOG": "info", "OTEL_BSP_SCHEDULE_DELAY": "100"}):
        gateway.wait_for_metric("receiver_accepted_spans_total", lambda count: count > before + 50)
    accepted = gateway.metric("receiver_accepted_spans_total")
    gateway.wait_for_metric("exporter_sent_spans_total", lambda count: count >= accepted)
    found = [each for each in records(upstream) if service(each) == "delta-rs"]
    parents = {each["parentSpanId"]: each for each in found}
    root = next(each for each in found if each["isRootSpan"] and each["spanId"] in parents)
    child = parents[root["spanId"]]
    assert root["metadata"]["resource"]["telemetry.sdk.language"] == "rust"
    assert child["traceId"] == root["traceId"] and root["startedAt"] <= child["startedAt"] <= child["endedAt"]


def records(upstream):
    return [each for publish in list(upstream.publishes) for each in publish.records]


def service(record):
    return record["metadata"].get("serviceName")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


@pytest.mark.client("hop", "Rotel", "gRPC, HTTP; plain, gzip", "pypi:rotel")
@pytest.mark.requirement("G27")
@pytest.mark.parametrize("protocol, compression", [("grpc", "gzip"), ("grpc", "none"), ("http", "gzip")])
def test_an_agent_between_sdk_and_gateway_changes_nothing(gateway, upstream, protocol, compression):
    """rotel takes gRPC of Python and sends on by Rust's tonic, or by HTTP."""
    rotel = pytest.importorskip("rotel.agent")
    grpc_port, http_port = free_port(), free_port()
    agent = [
        rotel.agent.agent_path, "start", "--exporter", "otlp", "--batch-timeout", "50ms",
        "--otlp-grpc-endpoint", f"127.0.0.1:{grpc_port}", "--otlp-http-endpoint", f"127.0.0.1:{http_port}",
        "--otlp-exporter-endpoint", origin(gateway.grpc_address if protocol == "grpc" else gateway.address),
        "--otlp-exporter-protocol", protocol, "--otlp-exporter-compression", compression,
    ]  # fmt: skip
    with running(*agent):
        wait_until(lambda: accepts(grpc_port), "the agent")
        exporter = OTLPSpanExporter(endpoint=f"127.0.0.1:{grpc_port}", insecure=True)
        with tracing(gateway, exporter=exporter) as tracer:
            with tracer.start_as_current_span("request", attributes=ATTRIBUTES) as span:
                pass
        assert received(upstream, span) == record(span, attributes=ATTRIBUTES_IN_JSON)


# Go


@pytest.mark.client("sdk", "Go SDK, in the Docker CLI", "gRPC: metrics, which are refused", "28")
@pytest.mark.requirement("G14")
@pytest.mark.skipif(not shutil.which("docker"), reason="no Docker CLI on this machine")
def test_metrics_of_the_go_sdk_over_grpc_are_refused_for_good(gateway, tmp_path):
    """The Docker CLI sends a few at its end, whether it found a daemon or not."""

    def answers():
        return gateway.metric("receiver_grpc_answers_total", code="UNIMPLEMENTED")

    before = answers()
    settings = {
        "HOME": str(tmp_path), "DOCKER_HOST": "unix:///nowhere",
        "DOCKER_CLI_OTEL_EXPORTER_OTLP_ENDPOINT": origin(gateway.grpc_address),
    }  # fmt: skip
    run(shutil.which("docker"), "version", env=settings)
    # Once by its timer or for a flush, and once as it shuts down.
    assert 1 <= answers() - before <= 2


@pytest.mark.client("hop", "OpenTelemetry Collector, its HTTP exporter", "HTTP, gzip: logs, which are refused", "0.135")
def test_the_exporter_of_the_collector_drops_what_is_refused_and_says_why(gateway, tmp_path):
    """A build of the Collector without a receiver of traces: it reads a log."""
    module = pytest.importorskip("otel_collector")
    [binary] = Path(module.__file__).parent.glob("bin/*")
    log, configuration = tmp_path / "log", tmp_path / "collector.yaml"
    log.write_text("a line\n")
    configuration.write_text(json.dumps({
        "receivers": {"filelog": {"include": [str(log)], "start_at": "beginning"}},
        "exporters": {"otlphttp": {"endpoint": origin(gateway.address)}},
        "service": {
            "telemetry": {"metrics": {"level": "none"}},
            "pipelines": {"logs": {"receivers": ["filelog"], "exporters": ["otlphttp"]}},
        },
    }))  # fmt: skip
    before = gateway.metric("receiver_answers_total", status="404")
    with running(binary, "--config", configuration) as process:
        dropped = next(line.decode() for line in process.stderr if b"Dropping data" in line)
    assert "not retryable" in dropped and "set OTEL_LOGS_EXPORTER=none in the sending service" in dropped
    assert gateway.metric("receiver_answers_total", status="404") == before + 1


# Java


@pytest.fixture(scope="module")
def java(tmp_path_factory):
    """The command of `clients/Spans.java`.

    OTEL_JAVA_JAR names a jar with OpenTelemetry's SDK and its OTLP exporters, such as the one of metrics in the Python
    package apache-flink-libraries, which is too large to be fetched for this.
    """
    jar = os.environ.get("OTEL_JAVA_JAR")
    if not jar:
        pytest.skip("OTEL_JAVA_JAR names no jar")
    classes = tmp_path_factory.mktemp("java")
    done = run("javac", "-encoding", "UTF-8", "-cp", jar, "-d", classes, CLIENTS / "Spans.java")
    assert done.returncode == 0, done.stderr
    return ["java", "-cp", f"{jar}:{classes}", "Spans"]


@pytest.mark.client("sdk", "Java SDK", "gRPC, HTTP with protobuf; plain, gzip (`make test-long`)", "1.30")
@pytest.mark.requirement("G27")
@pytest.mark.parametrize("compression", ["none", "gzip"])
@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_the_java_sdk_exports_over_grpc_and_http(java, gateway, upstream, protocol, compression):
    address = gateway.grpc_address if protocol == "grpc" else gateway.address
    done = run(*java, protocol, origin(address), compression)
    assert done.returncode == 0, done.stderr
    root, child = map(upstream.record_of, done.stdout.decode().split())
    assert (root["name"], root["attributes"], service(root)) == ("request", {"orders": 42}, "java")
    assert (child["name"], child["attributes"]) == ("query", {"text": "Grüße"})
    assert (child["parentSpanId"], child["traceId"]) == (root["spanId"], root["traceId"])
