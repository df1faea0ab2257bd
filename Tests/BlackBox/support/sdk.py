"""Spans of the real OpenTelemetry SDK, and the records that have to come of them."""

from contextlib import contextmanager
from datetime import UTC, datetime

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from support.upstream import DATE

RESOURCE = {"service.name": "orders", "service.version": "1.2.3", "deployment.environment.name": "staging", "pid": 7}
# Bit 8 says that bit 9, "the parent is remote", counts (proto SpanFlags).
LOCAL, REMOTE = 0x100, 0x300


def http_exporter(gateway, compression=Compression.NoCompression, **options):
    host, port = gateway.address
    return OTLPSpanExporter(endpoint=f"http://{host}:{port}/v1/traces", compression=compression, **options)


@contextmanager
def tracing(gateway, processor=BatchSpanProcessor, compression=Compression.NoCompression, exporter=None):
    """A tracer whose spans have reached the gateway when the block ends; over HTTP unless an exporter is given."""
    provider = TracerProvider(resource=Resource(RESOURCE), sampler=ALWAYS_ON, shutdown_on_exit=False)
    provider.add_span_processor(processor(exporter or http_exporter(gateway, compression)))
    yield provider.get_tracer("checkout", "0.9", schema_url="https://example.test/scope", attributes={"tier": "gold"})
    assert provider.force_flush()
    provider.shutdown()


def milliseconds(nanoseconds):
    moment = datetime.fromtimestamp(nanoseconds // 1_000_000_000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{nanoseconds // 1_000_000 % 1000:03d}Z"


def record(span, span_type="generic", *, otel=None, metadata=None, **fields):
    """The platform's record of an SDK span, as far as all records are alike."""
    id, parent = f"{span.context.span_id:016x}", span.parent
    begin, end = milliseconds(span.start_time), milliseconds(span.end_time)
    return {
        "id": id, "spanId": id, "traceId": f"{span.context.trace_id:032x}",
        "parentSpanId": f"{parent.span_id:016x}" if parent else None, "isRootSpan": parent is None,
        "name": span.name, "type": span_type, "spanType": span_type, "isEvent": False,
        "startTime": begin, "startedAt": begin, "endTime": end, "endedAt": end,
        "attributes": {}, "error": None, "updatedAt": None,
        "metadata": {
            "serviceName": "orders", "environment": "staging", "resource": RESOURCE,
            "scope": {
                "name": "checkout", "version": "0.9", "schemaUrl": "https://example.test/scope",
                "attributes": {"tier": "gold"},
            },
            "otel": {
                "startTimeUnixNano": str(span.start_time), "endTimeUnixNano": str(span.end_time),
                "kind": "internal", "flags": LOCAL,
            } | (otel or {}),
        } | (metadata or {}),
    } | fields  # fmt: skip


CLOUD_FIELDS = ["traceId", "spanId", "parentSpanId", "name", "spanType", "attributes", "metadata", "startedAt"] + [
    "endedAt", "input", "output", "error", "isEvent", "createdAt", "updatedAt",
]  # fmt: skip


def of_the_cloud(platform):
    """The same span for the original exporter's route: 15 fields, `error` only where there is one."""
    fields = {"input": None, "output": None} | platform
    if fields["error"] is None:
        del fields["error"]
    return {name: fields[name] for name in CLOUD_FIELDS if name in fields}


def received(upstream, span):
    """What the upstream has of a span, without the time of its reception."""
    found = dict(upstream.record_of(f"{span.context.span_id:016x}"))
    assert DATE.fullmatch(found["createdAt"])
    assert found.pop("createdAt") >= milliseconds(span.start_time)
    return found


ATTRIBUTES = {
    "text": "Grüße, \"quoted\" \\ and \u2028 \N{PARTY POPPER}", "empty": "", "yes": True, "no": False,
    "zero": 0, "largest exact": 2**53 - 1, "largest": 2**63 - 1, "smallest": -(2**63),
    "ratio": 0.25, "tiny": 5e-324, "nan": float("nan"), "infinity": float("inf"), "minus": float("-inf"),
    "texts": ["a", "b"], "bools": [True, False], "ints": [1, 2], "floats": [0.5, 1.5], "none at all": [],
}  # fmt: skip
# D18, D19, MAPPING 2: integers beyond what a double holds, and numbers that JSON has not, are texts.
ATTRIBUTES_IN_JSON = {name: list(v) if isinstance(v, list) else v for name, v in ATTRIBUTES.items()} | {
    "largest": "9223372036854775807", "smallest": "-9223372036854775808",
    "nan": "NaN", "infinity": "Infinity", "minus": "-Infinity",
}  # fmt: skip
