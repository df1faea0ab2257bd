"""Every answer of the OTLP/HTTP receiver, read as a client would read it (H, D and some X)."""

import gzip

import grpc
import pytest

from support.gateway import Gateway
from support.http1 import Client, chunked, post_chunked, request
from support.otlp import (
    INVALID_ARGUMENT,
    NOT_FOUND,
    RESOURCE_EXHAUSTED,
    UNIMPLEMENTED,
    export,
    export_of,
    filler,
    is_full_success,
    partial_success,
    refusal,
    span,
)
from support.upstream import Upstream

KIB, MIB = 1024, 1024 * 1024


# Success


@pytest.mark.requirement("P1", "P2", "H1", "H3", "H5", "H6", "H18", "H19", "H20")
@pytest.mark.parametrize("coding", ["none", "gzip 1", "gzip 9"])
def test_spans_are_taken_whatever_the_compression(gateway, upstream, coding):
    sent = export_of(3)
    if coding == "none":
        response = gateway.post(sent)
    else:
        response = gateway.post(gzip.compress(sent.body, int(coding[-1])), content_encoding="gzip")
    assert is_full_success(response)
    for id in sent.ids:
        upstream.record_of(id)


@pytest.mark.requirement("H21")
@pytest.mark.parametrize(
    "body, headers",
    [(b"", {}), (chunked(), {"content_length": None, "transfer_encoding": "chunked"})],
    ids=["no bytes", "no chunks"],
)
def test_an_empty_request_succeeds(gateway, body, headers):
    assert is_full_success(gateway.post(body, **headers))


@pytest.mark.requirement("H39")
def test_empty_envelopes_are_no_error(gateway):
    assert is_full_success(gateway.post(export()))


@pytest.mark.requirement("H40")
def test_a_request_may_come_twice(gateway, upstream):
    sent = export_of(1)
    assert is_full_success(gateway.post(sent)) and is_full_success(gateway.post(sent))
    upstream.record_of(sent.ids[0])


@pytest.mark.requirement("H22", "H23", "D1")
def test_rejected_spans_are_counted_and_the_others_taken(gateway, upstream):
    good = span()
    short, zero, long = span(trace_id=b"short"), span(trace_id=bytes(16)), span(span_id=b"nine bytes")
    response = gateway.post(export(short, good, zero, long))
    assert partial_success(response) == (
        3, "2 rejected: trace_id is not 16 bytes or all zero; 1 rejected: span_id is not 8 bytes or all zero",
    )  # fmt: skip
    upstream.record_of(good.span_id.hex())
    assert not {each.span_id.hex() for each in (short, zero, long)} & set(upstream.deliveries)


# Paths and methods


TARGETS = ["/v1/traces?tenant=a", "/v1/traces?", "/v1/traces?/v1/logs", "http://other.test/v1/traces?x"]


@pytest.mark.requirement("H3", "X25")
@pytest.mark.parametrize("path", TARGETS)
def test_the_query_is_not_part_of_the_path(gateway, path):
    assert is_full_success(gateway.post(path=path))


@pytest.mark.requirement("X44")
@pytest.mark.parametrize("path", ["/v1/traces/", "//v1/traces", "/v1/%74races", "/otlp/v1/traces", "//otlp//v1/traces/"])
def test_a_path_that_means_the_same_is_taken(gateway, path):
    assert is_full_success(gateway.post(export_of(1), path=path))


@pytest.mark.requirement("X1", "X44", "H25", "H27")
@pytest.mark.parametrize("path", ["/", "/v1/./traces", "/v1%2Ftraces", "/V1/TRACES", "/v1/trace", "/v1", "/v1/profiles"])
def test_other_paths_are_404(gateway, path):
    response = gateway.post(path=path)
    assert response.status == 404
    assert refusal(response).code == NOT_FOUND
    assert refusal(response).message == f"no resource at {path}; traces are taken at /v1/traces and /otlp/v1/traces"


@pytest.mark.requirement("X7")
@pytest.mark.parametrize(
    "path, setting",
    [
        ("/v1/metrics", "OTEL_METRICS_EXPORTER=none"),
        ("/v1/logs", "OTEL_LOGS_EXPORTER=none"),
        ("/otlp/v1/logs", "OTEL_LOGS_EXPORTER=none"),
        ("/v1development/profiles", "OTEL_PROFILES_EXPORTER=none"),
    ],
)
def test_other_signals_are_told_which_setting_stops_them(gateway, path, setting):
    response = gateway.post(path=path)
    assert response.status == 404
    assert refusal(response).code == UNIMPLEMENTED
    assert f"set {setting} in the sending service" in refusal(response).message


@pytest.mark.requirement("H4")
def test_the_path_is_a_setting(upstream):
    with Gateway(upstream, "--traces-path=/otlp/traces") as gateway:
        assert is_full_success(gateway.post(path="/otlp/traces"))
        assert gateway.post().status == 404


@pytest.mark.requirement("X2", "H1")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "TRACE"])
def test_other_methods_are_405_with_allow(gateway, method):
    with gateway.client() as client:
        client.send(request(method))
        response = client.receive()
    assert (response.status, response["allow"]) == (405, "OPTIONS, POST")
    assert refusal(response).message == f"{method} is not allowed on /v1/traces; use POST"


@pytest.mark.requirement("X5")
@pytest.mark.parametrize("target", ["/v1/traces", "*"])
def test_options_is_told_the_methods(gateway, target):
    with gateway.client() as client:
        client.send(request("OPTIONS", target))
        response = client.receive()
        assert (response.status, response["allow"], response.body) == (204, "OPTIONS, POST", b"")
        client.send(request())
        assert is_full_success(client.receive())


@pytest.mark.requirement("X3")
def test_the_answer_to_head_has_no_body(gateway):
    with gateway.client() as client:
        client.send(request("HEAD") + request())
        response = client.receive(to_head=True)
        assert (response.status, response["allow"]) == (405, "OPTIONS, POST")
        assert int(response["content-length"]) > 0
        assert is_full_success(client.receive())


@pytest.mark.requirement("X4")
@pytest.mark.parametrize("method", ["post", "Post", "POST2", "P", "BREW"])
def test_odd_methods_take_nothing(gateway, method):
    before = gateway.metric("receiver_received_spans_total")
    with gateway.client() as client:
        client.send(request(method, body=export_of(1).body))
        assert client.receive().status in (400, 405, 501)
    assert gateway.metric("receiver_received_spans_total") == before


# Content type and coding


PROTOBUF_TYPES = [
    "application/x-protobuf", "Application/X-Protobuf", "application/x-protobuf; charset=utf-8",
    "application/x-protobuf ;q=1", "APPLICATION/X-PROTOBUF;a=b", "application/protobuf",
]  # fmt: skip


@pytest.mark.requirement("H6", "H7")
@pytest.mark.parametrize("content_type", PROTOBUF_TYPES)
def test_media_types_have_any_case_and_parameters(gateway, content_type):
    assert is_full_success(gateway.post(export_of(1), content_type=content_type, accept="application/json"))


@pytest.mark.requirement("H26", "H27")
@pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/x-protobufs", "application/grpc+json", "*/*"])
def test_another_media_type_is_415(gateway, content_type):
    response = gateway.post(export_of(1), content_type=content_type)
    assert response.status == 415
    assert refusal(response).code == INVALID_ARGUMENT
    assert "application/x-protobuf" in refusal(response).message


@pytest.mark.requirement("H7", "H25")
def test_json_is_refused_in_json(gateway):
    response = gateway.post(b"{}", path="/nowhere\"", content_type="application/json")
    assert (response.status, response["content-type"]) == (404, "application/json")
    assert refusal(response).message.startswith('no resource at /nowhere";')


@pytest.mark.requirement("X45")
@pytest.mark.parametrize("second", ["application/json", "application/x-protobuf"])
def test_two_content_types_are_415(gateway, second):
    for first in ("application/x-protobuf", "application/json"):
        data = request(content_type=first).replace(b"\r\n\r\n", b"\r\ncontent-type: %s\r\n\r\n" % second.encode())
        with gateway.client() as client:
            client.send(data)
            assert client.receive().status == 415


@pytest.mark.requirement("H6", "H7", "H35")
def test_protobuf_and_json_are_taken_on_one_connection(gateway):
    with gateway.client() as client:
        for _ in range(3):
            assert is_full_success(client.post(export_of(1).body))
            response = client.post(b'{"resourceSpans":[]}', content_type="application/json")
            assert (response.status, response["content-type"], response.body) == (200, "application/json", b"{}")


@pytest.mark.requirement("H35", "H36")
def test_grpc_is_taken_on_the_same_port(gateway, upstream):
    sent = export_of(2)
    with grpc.insecure_channel("{}:{}".format(*gateway.address)) as channel:
        export_traces = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
        assert export_traces(sent.body, timeout=20) == b""
    for id in sent.ids:
        upstream.record_of(id)


# Refusals

BAD_JSON = b'{"resourceSpans":'
REFUSALS = {
    "400 of the body": {"body": BAD_JSON},
    "400 of a length": {"content_length": "one"},
    "404": {"path": "/nowhere"},
    "404 of another signal": {"path": "/v1/logs"},
    "405": {"method": "PUT"},
    "413": {"content_length": 65 * MIB},
    "415": {"content_encoding": "br"},
    "417": {"expect": "more"},
}


@pytest.mark.requirement("H7", "H25", "H27", "H29")
@pytest.mark.parametrize("content_type", ["application/x-protobuf", "application/json"])
@pytest.mark.parametrize("name", REFUSALS)
def test_every_refusal_is_a_status_in_the_encoding_of_the_request(gateway, name, content_type):
    with gateway.client() as client:
        client.send(request(content_type=content_type, **REFUSALS[name]))
        response = client.receive()
    assert response.status == int(name[:3])
    # A request whose head cannot be understood has named no encoding.
    expected = "application/x-protobuf" if name == "400 of a length" else content_type
    assert response["content-type"] == expected
    assert refusal(response).code and len(refusal(response).message) > 10
    assert response["retry-after"] is None


@pytest.mark.requirement("H25", "H27", "X31")
def test_a_head_that_is_too_large_is_told_in_protobuf(gateway):
    response = gateway.post(x_large="x" * 20_000, content_type="application/json")
    assert response.status == 431
    assert refusal(response).message == "request line and headers are over their limit of 16384 bytes"


# Limits


@pytest.fixture(scope="module")
def narrow(upstream):
    """A gateway that takes bodies of 64 KiB."""
    with Gateway(upstream, "--max-body-bytes=64KiB") as gateway:
        yield gateway


@pytest.mark.requirement("H12", "H14", "X40")
def test_an_absurd_length_is_413_from_the_head_alone(gateway):
    for length in (64 * MIB + 1, 2**40, 2**63 - 1):
        with gateway.client() as client:
            client.send(request(content_length=length))
            response = client.receive()
            assert (response.status, response["connection"]) == (413, "close")
            assert refusal(response).code == RESOURCE_EXHAUSTED
            assert refusal(response).message == f"the body has {length} bytes or more; max_body_bytes is {64 * MIB}"
            client.end_sending()
            assert client.is_closed()


@pytest.mark.requirement("H12")
def test_a_body_of_64_mib_is_taken_by_default(gateway):
    assert is_full_success(gateway.post(filler(64 * MIB)))


@pytest.mark.requirement("H13", "H14")
def test_the_limit_is_a_setting_and_holds_to_the_byte(narrow):
    assert is_full_success(narrow.post(filler(64 * KIB)))
    assert narrow.post(filler(64 * KIB + 1)).status == 413


@pytest.mark.requirement("H10", "H14")
def test_a_chunked_body_is_413_when_it_passes_the_limit(narrow):
    with narrow.client() as client:
        client.send(post_chunked(b"".join(b"2000\r\n" + bytes(0x2000) + b"\r\n" for _ in range(9))))
        response = client.receive()
        assert (response.status, response["connection"]) == (413, "close")
        assert refusal(response).code == RESOURCE_EXHAUSTED


@pytest.mark.requirement("X41")
def test_a_client_that_writes_its_whole_body_first_reads_the_413(narrow):
    with narrow.client() as client:
        client.send(request(body=bytes(512 * 1024)))
        assert client.receive().status == 413


@pytest.mark.requirement("X46")
def test_the_connection_stays_in_step_after_a_refusal(narrow):
    with narrow.client() as client:
        assert client.post(bytes(1000), path="/nowhere").status == 404
        assert client.post(b"\x0a\xff").status == 400
        assert client.post(bytes(40_000), content_type="text/plain").status == 415
        assert is_full_success(client.post())


# What surrounds a request


@pytest.mark.requirement("X43")
def test_headers_that_are_not_needed_are_ignored(gateway):
    response = gateway.post(
        export_of(1), x_unknown="1", cookie="a=b", te="trailers", upgrade="h2c", http2_settings="AAMAAABkAAQAAP__",
        connection="Upgrade, HTTP2-Settings", accept_encoding="gzip, br", authorization="Bearer of-somebody",
    )  # fmt: skip
    assert is_full_success(response)


@pytest.mark.requirement("X47")
def test_an_error_body_has_no_more_of_the_request_than_needed(gateway):
    response = gateway.post(b"secret body", path="/" + "x" * 5000, authorization="Bearer secret")
    assert response.status == 404 and len(response.body) < 500
    assert refusal(response).message.startswith("no resource at /" + "x" * 199 + "…;")
    assert b"secret" not in response.body
    assert b"secret" not in gateway.post(b"secret body", content_type="text/plain", cookie="secret").body
    assert b"secret" not in gateway.post(b"secret body", authorization="Bearer secret").body


@pytest.mark.requirement("H15")
def test_answers_are_small_whatever_was_rejected(gateway):
    response = gateway.post(export(*(span(trace_id=b"") for _ in range(1000)), service="x" * 50_000))
    assert partial_success(response)[0] == 1000 and len(response.body) < 1000


@pytest.mark.requirement("B2")
def test_spans_are_published_once_while_nothing_fails():
    with Upstream() as upstream, Gateway(upstream) as gateway:
        ids = [id for _ in range(20) for id in gateway.accept(export_of(7))]
        upstream.delivered(ids)


@pytest.mark.requirement("X19")
def test_chunks_bring_the_same_answer_as_a_whole_body(gateway, upstream):
    sent = export_of(2)
    body = sent.body
    with gateway.client() as client:
        for framed in [
            chunked(body),
            chunked(body[:1], body[1:]),
            chunked(*(body[i : i + 1] for i in range(len(body)))),
            chunked(body, size="{:X}"),
            chunked(body, size="000{:x}"),
            chunked(body, extension=b';name=value;quoted="a;b"'),
            chunked(body, trailers=b"x-checksum: 1\r\nx-other: 2\r\n"),
        ]:
            client.send(post_chunked(framed))
            assert is_full_success(client.receive())
    upstream.record_of(sent.ids[0])


def test_a_request_that_comes_a_byte_at_a_time_is_answered_alike(gateway):
    packed = gzip.compress(export(span(), span(trace_id=b"short")).body)
    whole = request(body=packed, content_encoding="gzip")
    for data in [whole, post_chunked(chunked(packed[:20], packed[20:]), content_encoding="gzip"), request("GET")]:
        answers = []
        for step in (None, 1, 7):
            with Client(gateway.address, bytes_a_write=step) as client:
                client.send(data)
                answers.append(client.receive())
        assert answers[0] == answers[1] == answers[2]
