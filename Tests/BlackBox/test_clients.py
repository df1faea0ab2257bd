"""OpenTelemetry's Python SDK by each of its exporters: what arrives, what is sent again, and what never is."""

import math
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.json.http._log_exporter import OTLPLogExporter as JSONLogs
from opentelemetry.exporter.otlp.json.http.metric_exporter import OTLPMetricExporter as JSONMetrics
from opentelemetry.exporter.otlp.json.http.trace_exporter import Compression as JSONCompression
from opentelemetry.exporter.otlp.json.http.trace_exporter import OTLPSpanExporter as JSONSpans
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GRPCLogs
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GRPCMetrics
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GRPCSpans
from opentelemetry.exporter.otlp.proto.http import Compression as HTTPCompression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HTTPLogs
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HTTPMetrics
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode

from support.gateway import Gateway
from support.grpc_frames import Connection, message
from support.otlp import export_of
from support.program import environment
from support.sdk import ATTRIBUTES, ATTRIBUTES_IN_JSON, http_exporter, received, record, tracing
from support.upstream import Answer, Upstream

KIB = 1024


def grpc_spans(gateway, compression=None):
    return GRPCSpans(endpoint=grpc_target(gateway), insecure=True, compression=compression)


def grpc_target(gateway):
    return "{}:{}".format(*gateway.grpc_address)


def url(gateway, signal="traces"):
    return "http://{}:{}/v1/{}".format(*gateway.address, signal)


def json_spans(gateway, compression=None):
    return JSONSpans(endpoint=url(gateway), compression=compression)


EXPORTERS = {
    "grpc": grpc_spans,
    "grpc gzip": lambda gateway: grpc_spans(gateway, grpc.Compression.Gzip),
    "grpc deflate": lambda gateway: grpc_spans(gateway, grpc.Compression.Deflate),
    "http": http_exporter,
    "http gzip": lambda gateway: http_exporter(gateway, HTTPCompression.Gzip),
    "http deflate": lambda gateway: http_exporter(gateway, HTTPCompression.Deflate),
    "json": json_spans,
    "json gzip": lambda gateway: json_spans(gateway, JSONCompression.GZIP),
    "json deflate": lambda gateway: json_spans(gateway, JSONCompression.DEFLATE),
}


# What arrives


@pytest.mark.client("sdk", "Python SDK", "gRPC, HTTP with protobuf, HTTP with JSON; each plain, gzip, deflate", "pypi:opentelemetry-sdk")
@pytest.mark.requirement("P3", "G27", "G32", "J13", "J21")
@pytest.mark.parametrize("exporter", EXPORTERS.values(), ids=EXPORTERS)
def test_a_trace_becomes_the_same_records_by_every_exporter(gateway, upstream, exporter):
    with tracing(gateway, exporter=exporter(gateway)) as tracer:
        with tracer.start_as_current_span("request", kind=SpanKind.SERVER, attributes=ATTRIBUTES) as root:
            with tracer.start_as_current_span("query", kind=SpanKind.CLIENT) as child:
                child.set_attribute("map", {"list": [1, "two", {"three": None}], "bytes": b"\x00\xff\x10"})
                child.add_event("retry", {"attempt": 1}, timestamp=1_700_000_000_123_456_789)
                child.set_status(Status(StatusCode.ERROR, "no such table"))
    assert received(upstream, root) == record(root, attributes=ATTRIBUTES_IN_JSON, otel={"kind": "server"})
    assert received(upstream, child) == record(
        child,
        attributes={"map": {"list": [1, "two", {"three": None}], "bytes": "AP8Q"}},
        error={"message": "no such table"}, errorInfo={"message": "no such table"},
        otel={
            "kind": "client", "statusCode": "error",
            "events": [{"name": "retry", "timeUnixNano": "1700000000123456789", "attributes": {"attempt": 1}}],
        },
    )  # fmt: skip


@pytest.mark.requirement("G3", "G27")
def test_many_threads_of_one_grpc_exporter_lose_and_double_nothing(gateway, upstream):
    with tracing(gateway, SimpleSpanProcessor, exporter=grpc_spans(gateway, grpc.Compression.Gzip)) as tracer:

        def work(number):
            spans = [tracer.start_span(f"{number}.{step}") for step in range(10)]
            for span in spans:
                span.end()
            return [f"{span.context.span_id:016x}" for span in spans]

        with ThreadPoolExecutor(16) as pool:
            ids = [id for spans in pool.map(work, range(32)) for id in spans]
    for id in ids:
        assert upstream.record_of(id)
    assert {upstream.deliveries[id] for id in ids} == {1}


ZERO_CODE = """
from opentelemetry import trace
tracer = trace.get_tracer("shop")
with tracer.start_as_current_span("checkout", attributes={"items": 3}) as span:
    with tracer.start_as_current_span("pay"):
        pass
print(f"{span.get_span_context().span_id:016x}")
"""


# The SDK's own setting knows no JSON yet; its exporter has a name.
IN_JSON = {f"OTEL_{signal}_EXPORTER": "otlp_json_http" for signal in ("TRACES", "METRICS", "LOGS")}
PROTOCOLS = {
    "grpc": {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
    "http": {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"},
    "json": IN_JSON,
}


@pytest.mark.client("sdk", "Python SDK by `opentelemetry-instrument`", "gRPC, HTTP with protobuf", "pypi:opentelemetry-distro")
@pytest.mark.requirement("G27", "G14")
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_program_that_is_instrumented_from_outside_needs_only_its_environment(gateway, upstream, protocol):
    """It sends all three signals: that metrics and logs are refused does not disturb the spans."""
    host, port = gateway.grpc_address if protocol == "grpc" else gateway.address
    settings = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{host}:{port}", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
        "OTEL_EXPORTER_OTLP_HEADERS": "x-tenant=green", "OTEL_SERVICE_NAME": "zero-code",
        "OTEL_RESOURCE_ATTRIBUTES": "team=blue",
        # Loading those of this environment would take seconds.
        "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "*",
    }  # fmt: skip
    command = [Path(sys.executable).parent / "opentelemetry-instrument", sys.executable, "-c", ZERO_CODE]
    done = subprocess.run(
        command, env=environment(settings | PROTOCOLS[protocol]), capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    found = upstream.record_of(done.stdout.decode().split()[-1])
    assert (found["name"], found["attributes"]) == ("checkout", {"items": 3})
    assert (found["metadata"]["serviceName"], found["metadata"]["resource"]["team"]) == ("zero-code", "blue")


# What is sent again


RETRYING = {"grpc": grpc_spans, "http": http_exporter, "json": json_spans}


@pytest.mark.client("sdk", "Python SDK, retrying", "gRPC, HTTP; after 503 and UNAVAILABLE", "pypi:opentelemetry-sdk")
@pytest.mark.requirement("G28", "H29", "H32")
@pytest.mark.parametrize("exporter", RETRYING.values(), ids=RETRYING)
def test_spans_that_were_refused_come_again_and_are_delivered_once(exporter):
    """Memory is spent, the exporter is told to come again in a second, and then there is room."""
    with Upstream() as upstream, Gateway(upstream, "--memory-limit=1MiB", "--max-body-bytes=1MiB") as gateway:
        with Connection(gateway.grpc_address) as holder, ThreadPoolExecutor(1) as pool:
            # Its prefix announces more than comes.
            held = holder.begin_call(message(bytes(900 * KIB), length=950 * KIB), end=False)
            gateway.wait_for_metric("receiver_reserved_bytes", lambda count: count >= 900 * KIB)
            with tracing(gateway, exporter=exporter(gateway)) as tracer:
                spans = [tracer.start_span("large", attributes={"text": "x" * 1000}) for _ in range(200)]
                for span in spans:
                    span.end()
                # The block's end waits for the exporter.
                release = pool.submit(release_after_refusal, gateway, holder, held)
            release.result()
            upstream.delivered([f"{span.context.span_id:016x}" for span in spans])
            assert gateway.metric("receiver_accepted_spans_total") == len(spans)


def release_after_refusal(gateway, holder, held):
    gateway.wait_for_metric("receiver_problems_total", lambda count: count >= 1, kind="out_of_memory")
    holder.reset(held)


@pytest.mark.requirement("G28")
def test_spans_that_a_full_queue_refused_over_grpc_come_again():
    release = threading.Event()
    with Upstream(lambda publish: Answer(when=release)) as upstream:
        with Gateway(upstream, "--queue-max-spans=5") as gateway, ThreadPoolExecutor(1) as pool:
            ids = list(gateway.accept(export_of(5)))

            def make_room():
                gateway.wait_for_metric("receiver_grpc_answers_total", lambda count: count >= 1, code="UNAVAILABLE")
                release.set()

            with tracing(gateway, exporter=grpc_spans(gateway)) as tracer:
                with tracer.start_as_current_span("late") as span:
                    pass
                room = pool.submit(make_room)
            room.result()
            upstream.delivered([*ids, f"{span.context.span_id:016x}"])


# What never is


def metrics_through(exporter):
    provider = MeterProvider([PeriodicExportingMetricReader(exporter, export_interval_millis=math.inf)])
    provider.get_meter("checkout").create_counter("orders").add(1)
    provider.force_flush()


def logs_through(exporter):
    provider = LoggerProvider()
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    provider.get_logger("checkout").emit(LogRecord(body="an order"))


OTHER_SIGNALS = {
    "metrics over grpc": (metrics_through, lambda gateway: GRPCMetrics(grpc_target(gateway), insecure=True)),
    "metrics over http": (metrics_through, lambda gateway: HTTPMetrics(url(gateway, "metrics"))),
    "metrics in json": (metrics_through, lambda gateway: JSONMetrics(url(gateway, "metrics"))),
    "logs over grpc": (logs_through, lambda gateway: GRPCLogs(grpc_target(gateway), insecure=True)),
    "logs over http": (logs_through, lambda gateway: HTTPLogs(url(gateway, "logs"))),
    "logs in json": (logs_through, lambda gateway: JSONLogs(url(gateway, "logs"))),
}


@pytest.mark.requirement("G14", "X7")
@pytest.mark.parametrize("send, exporter", OTHER_SIGNALS.values(), ids=OTHER_SIGNALS)
def test_other_signals_get_one_answer_and_are_not_sent_again(gateway, send, exporter):
    def answers():
        found = gateway.metrics()
        final = ['receiver_grpc_answers_total{code="UNIMPLEMENTED"}', 'receiver_answers_total{status="404"}']
        total = sum(
            count for name, count in found.items() if name.startswith(("receiver_answers", "receiver_grpc_answers"))
        )
        return sum(found[name] for name in final), total

    before = answers()
    # It returns when the exporter has done all that it does.
    send(exporter(gateway))
    assert answers() == (before[0] + 1, before[1] + 1)
