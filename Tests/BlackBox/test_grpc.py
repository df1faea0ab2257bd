"""Traces over gRPC: what is taken, what is answered, and on which port (OTLP G)."""

import gzip
import threading
from contextlib import contextmanager

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub

from support import corpus
from support.gateway import Gateway
from support.grpc_calls import EXPORT, Calls
from support.grpc_frames import Connection, message
from support.http1 import Client
from support.otlp import (
    INVALID_ARGUMENT,
    NOT_FOUND,
    UNAVAILABLE,
    UNIMPLEMENTED,
    export,
    export_of,
    is_full_success,
    refusal,
    span,
)
from support.program import run
from support.upstream import Answer, Upstream

KIB = 1024
HEALTH = "/grpc.health.v1.Health/Check"
TRACE_SERVICE = "opentelemetry.proto.collector.trace.v1.TraceService"
SERVING, NOT_SERVING = 1, 2


@pytest.fixture(scope="module")
def calls(gateway):
    with Calls(gateway.grpc_address) as calls:
        yield calls


@pytest.fixture
def wire(gateway):
    with Connection(gateway.grpc_address) as connection:
        yield connection


# Success


@pytest.mark.requirement("G1", "G6")
def test_the_generated_stub_exports_and_gets_its_response(calls, upstream):
    sent = export_of(3)
    response = TraceServiceStub(calls.channel).Export(ExportTraceServiceRequest.FromString(sent.body))
    assert response == ExportTraceServiceResponse() and not response.HasField("partial_success")
    for id in sent.ids:
        upstream.record_of(id)


@pytest.mark.requirement("G2", "G6")
@pytest.mark.parametrize("compression", grpc.Compression, ids=lambda each: each.name)
def test_spans_are_taken_whatever_the_compression(calls, upstream, compression):
    # Repeated text: gRPC's library sends what does not get shorter as it is.
    sent = export_of(20, "x" * 100)
    assert calls.call(sent, compression=compression).is_full_success
    for id in sent.ids:
        upstream.record_of(id)


@pytest.mark.requirement("G7")
def test_an_empty_request_succeeds(calls, wire):
    assert calls.call(b"").is_full_success
    assert wire.call(message(b"", flag=1), grpc_encoding="gzip").is_full_success
    assert wire.call(message(gzip.compress(b""), flag=1), grpc_encoding="gzip").is_full_success


@pytest.mark.requirement("G9")
def test_rejected_spans_are_counted_and_the_others_taken(calls, upstream):
    good = span()
    short, zero, long = span(trace_id=b"short"), span(trace_id=bytes(16)), span(span_id=b"nine bytes")
    assert calls.call(export(short, good, zero, long)).partial_success == (
        3, "2 rejected: trace_id is not 16 bytes or all zero; 1 rejected: span_id is not 8 bytes or all zero",
    )  # fmt: skip
    upstream.record_of(good.span_id.hex())
    assert not {each.span_id.hex() for each in (short, zero, long)} & set(upstream.deliveries)


@pytest.mark.requirement("G8")
def test_answers_are_small_whatever_was_sent(calls):
    outcome = calls.call(export(*(span(trace_id=b"") for _ in range(1000)), service="x" * 50_000))
    assert outcome.partial_success[0] == 1000 and len(outcome.response) < KIB
    outcome = calls.call(path="/" + "x" * 10_000)
    assert outcome.code == UNIMPLEMENTED and len(outcome.message) < KIB


@pytest.mark.requirement("G32")
def test_real_payloads_lead_to_the_records_and_answers_of_http():
    over_http = corpus.walk(corpus.post_protobuf)

    def by_call(gateway, payload):
        with Calls(gateway.grpc_address) as calls:
            return calls.call(payload.protobuf, compression=grpc.Compression.Gzip).response

    over_grpc = corpus.walk(by_call)
    assert over_grpc.answers == over_http.answers
    assert over_grpc.records == over_http.records and over_http.records.total() > 250


@pytest.mark.requirement("G23")
def test_unknown_fields_and_metadata_are_ignored(calls, upstream):
    sent = export_of(1)
    unknown = b"\xc2\x3e\x02hi" + b"\xc8\x3e\x05" + b"\xd3\x3e\xc2\x3e\x01a\xd4\x3e"
    metadata = [
        ("authorization", "Bearer of-somebody"), ("x-tenant", "blue"), ("x-tenant", "green"),
        ("trace-bin", b"\x00\xff"), ("grpc-previous-rpc-attempts", "3"), ("content-encoding", "br"), ("cookie", "a=b"),
    ]  # fmt: skip
    assert calls.call(unknown + sent.body + unknown, metadata=metadata).is_full_success
    upstream.record_of(sent.ids[0])


# Bad data


BAD_PROTOBUF = {
    "a length past the end": b"\x0a\x05\x0a",
    "an endless varint": b"\x0a" + b"\xff" * 11,
    "field 0": b"\x0a\x00\x02\x00",
    "a known field of another type": b"\x08\x01",
    "JSON": b'{"resourceSpans":[]}',
}


@pytest.mark.requirement("G10", "G11", "G12")
@pytest.mark.parametrize("body", BAD_PROTOBUF.values(), ids=BAD_PROTOBUF)
def test_bad_data_is_an_invalid_argument_and_says_where(calls, body):
    outcome = calls.call(body)
    assert outcome.code == INVALID_ARGUMENT and outcome.is_final
    assert outcome.message.startswith("the body is no ExportTraceServiceRequest: ")
    [(field, description)] = outcome.refusal.violations
    assert field and description == outcome.message


@pytest.mark.requirement("G10", "G32")
def test_nothing_of_bad_data_is_forwarded(calls, upstream):
    lost, kept = export_of(1), export_of(1)
    assert calls.call(lost.body + b"\x0a\xff").code == INVALID_ARGUMENT
    assert calls.call(kept).is_full_success
    upstream.record_of(kept.ids[0])
    assert lost.ids[0] not in upstream.deliveries


# Other methods


UNKNOWN = ["/", "/x", "/no.such.Service/Export", EXPORT + "s", EXPORT.lower(), EXPORT + "/", "/v1/traces", HEALTH[:-5]]


@pytest.mark.requirement("G13")
@pytest.mark.parametrize("path", UNKNOWN)
def test_unknown_services_and_methods_are_unimplemented(calls, path):
    outcome = calls.call(export_of(1), path)
    assert outcome.code == UNIMPLEMENTED and outcome.is_final
    assert outcome.message == f"no method {path}; traces are taken by {EXPORT}"


SIGNALS = {
    "metrics": "opentelemetry.proto.collector.metrics.v1.MetricsService",
    "logs": "opentelemetry.proto.collector.logs.v1.LogsService",
    "profiles": "opentelemetry.proto.collector.profiles.v1development.ProfilesService",
}


@pytest.mark.requirement("G14")
@pytest.mark.parametrize("signal", SIGNALS)
def test_other_signals_are_told_which_setting_stops_them(calls, signal):
    outcome = calls.call(b"\x0a\x00", f"/{SIGNALS[signal]}/Export")
    assert outcome.code == UNIMPLEMENTED and outcome.is_final
    assert f"OTEL_{signal.upper()}_EXPORTER=none" in outcome.message


# Overload


@contextmanager
def full_queue(upstream, *flags):
    """A gateway whose queue holds five spans, all of which the upstream keeps waiting."""
    with Gateway(upstream, "--queue-max-spans=5", *flags) as gateway, Calls(gateway.grpc_address) as calls:
        held = export_of(5)
        assert calls.call(held).is_full_success
        yield gateway, calls, held


@pytest.mark.requirement("G12", "G28")
def test_a_full_queue_is_unavailable_with_a_delay_and_loses_nothing():
    release = threading.Event()
    with Upstream(lambda publish: Answer(when=release)) as upstream, full_queue(upstream) as (gateway, calls, held):
        refused = export_of(1)
        outcome = calls.call(refused)
        assert outcome.code == UNAVAILABLE
        seconds = outcome.refusal.retry_seconds
        assert 1 <= seconds <= 30
        assert outcome.message == f"the sending queue is full; retry after {seconds} s"
        release.set()
        gateway.wait_for_metric("exporter_queue_size_spans", lambda held: held == 0)
        assert calls.call(refused).is_full_success
        upstream.delivered(held.ids + refused.ids)
        assert gateway.metric("receiver_grpc_answers_total", code="UNAVAILABLE") == 1
        assert gateway.metric("receiver_grpc_answers_total", code="OK") == 2


@pytest.mark.requirement("G28")
def test_a_spent_memory_limit_is_unavailable_until_it_is_free_again(upstream):
    with Gateway(upstream, "--memory-limit=1MiB", "--max-body-bytes=1MiB") as gateway:
        with Connection(gateway.grpc_address) as holder, Calls(gateway.grpc_address) as calls:
            # Its prefix announces more than comes.
            held = holder.begin_call(message(bytes(900 * KIB), length=950 * KIB), end=False)
            gateway.wait_for_metric("receiver_reserved_bytes", lambda count: count >= 900 * KIB)
            large = export_of(500, "x" * 500)
            outcome = calls.call(large)
            assert (outcome.code, outcome.refusal.retry_seconds) == (UNAVAILABLE, 1)
            assert outcome.message.startswith("requests in flight take all of memory_limit")
            holder.reset(held)
            gateway.wait_for_metric("receiver_reserved_bytes", lambda count: count == 0)
            assert calls.call(large).is_full_success


# Health


def service(name):
    """A `HealthCheckRequest`."""
    return b"\x0a" + bytes([len(name)]) + name.encode()


@pytest.mark.requirement("G34")
@pytest.mark.parametrize("request_of", [b"", service(""), service(TRACE_SERVICE)], ids=["none", "empty", "traces"])
def test_health_is_told_for_the_whole_and_for_traces(calls, request_of):
    assert calls.call(request_of, HEALTH).response == bytes([1 << 3, SERVING])


@pytest.mark.requirement("G34")
def test_other_services_have_no_health_and_no_health_can_be_watched(calls):
    outcome = calls.call(service("somebody.else"), HEALTH)
    assert (outcome.code, outcome.is_final) == (NOT_FOUND, True)
    assert '"somebody.else"' in outcome.message and TRACE_SERVICE in outcome.message
    assert calls.call(b"\xff", HEALTH).code == INVALID_ARGUMENT
    watch = calls.channel.unary_stream("/grpc.health.v1.Health/Watch")(b"", timeout=20)
    with pytest.raises(grpc.RpcError):
        next(watch)
    assert watch.code() == grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.requirement("G34")
def test_health_tells_of_a_full_queue():
    release = threading.Event()
    with Upstream(lambda publish: Answer(when=release)) as upstream, full_queue(upstream) as (gateway, calls, _):
        assert calls.call(b"", HEALTH).response == bytes([1 << 3, NOT_SERVING])
        release.set()
        gateway.wait_for_metric("exporter_queue_size_spans", lambda held: held == 0)
        assert calls.call(b"", HEALTH).response == bytes([1 << 3, SERVING])


# Ports


@pytest.mark.requirement("G29", "H36")
def test_grpc_is_served_on_the_port_of_http_as_on_its_own(gateway, upstream):
    with Calls(gateway.address) as calls:
        sent = export_of(2)
        assert calls.call(sent, compression=grpc.Compression.Gzip).is_full_success
        assert calls.call(b"\xff").code == INVALID_ARGUMENT
        assert calls.call(b"", "/x").code == UNIMPLEMENTED
        assert calls.call(b"", HEALTH).response == bytes([1 << 3, SERVING])
        for id in sent.ids:
            upstream.record_of(id)


@pytest.mark.requirement("G29")
def test_http_is_served_on_the_port_of_grpc(gateway, upstream):
    with Client(gateway.grpc_address) as client:
        sent, json = export_of(1), b'{"resourceSpans":[]}'
        assert is_full_success(client.post(sent.body))
        assert client.post(json, content_type="application/json").body == b"{}"
        assert client.post(b"\xff").status == 400
        upstream.record_of(sent.ids[0])


@pytest.mark.requirement("G29")
def test_grpc_over_http_1_is_refused_by_name(gateway):
    for address in (gateway.address, gateway.grpc_address):
        with Client(address) as client:
            response = client.post(message(export_of(1).body), path=EXPORT, content_type="application/grpc")
            assert response.status == 415 and refusal(response).message.startswith("gRPC needs HTTP/2")


@pytest.mark.requirement("G33")
def test_4317_is_the_port_without_a_setting():
    [line] = [line for line in run("check").stdout.splitlines() if line.startswith("grpc_listen ")]
    assert line.split()[1:] == ["127.0.0.1:4317", "(default)"]


# Figures


def test_calls_are_counted_by_their_code_and_the_books_close(upstream):
    with Gateway(upstream) as gateway, Calls(gateway.grpc_address) as calls:
        for body, path in [
            (export_of(2).body, EXPORT), (b"", EXPORT), (export(span(trace_id=b"")).body, EXPORT),
            (b"", HEALTH), (b"\xff", EXPORT), (b"", "/x"), (service("x"), HEALTH),
        ]:  # fmt: skip
            calls.call(body, path)
        found = gateway.metrics()
        counted = {key: value for key, value in found.items() if key.startswith("receiver_grpc_answers") and value}
        assert counted == {
            f'receiver_grpc_answers_total{{code="{code}"}}': count
            for code, count in {"OK": 4, "INVALID_ARGUMENT": 1, "UNIMPLEMENTED": 1, "NOT_FOUND": 1}.items()
        }
        assert not [key for key, value in found.items() if key.startswith("receiver_answers_total") and value]
        assert (found["receiver_received_spans_total"], found["receiver_rejected_spans_total"]) == (3, 1)
        assert found['receiver_requests_total{protocol="http2"}'] == 7
