"""Every answer of the OTLP/HTTP receiver, read as a client would read it (H, D and some X)."""

import gzip
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor

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
    is_full_success,
    partial_success,
    refusal,
    span,
)
from support.upstream import Upstream

MIB = 1024 * 1024


# Success


@pytest.mark.parametrize("coding", ["none", "gzip 1", "gzip 9"])
def test_p1_p2_h1_h5_h18_h20_spans_are_taken_whatever_the_compression(gateway, upstream, coding):
    sent = export_of(3)
    if coding == "none":
        response = gateway.post(sent)
    else:
        response = gateway.post(gzip.compress(sent.body, int(coding[-1])), content_encoding="gzip")
    assert is_full_success(response)
    for id in sent.ids:
        upstream.record_of(id)


@pytest.mark.parametrize(
    "body, headers",
    [(b"", {}), (gzip.compress(b""), {"content_encoding": "gzip"}), (b"", {"content_encoding": "gzip"})],
    ids=["no bytes", "gzip of nothing", "no bytes called gzip"],
)
def test_h21_an_empty_request_succeeds(gateway, body, headers):
    assert is_full_success(gateway.post(body, **headers))


def test_h39_empty_envelopes_are_no_error(gateway):
    assert is_full_success(gateway.post(export()))


def test_h40_a_request_may_come_twice(gateway, upstream):
    sent = export_of(1)
    assert is_full_success(gateway.post(sent)) and is_full_success(gateway.post(sent))
    upstream.record_of(sent.ids[0])


def test_h22_h23_rejected_spans_are_counted_and_the_others_taken(gateway, upstream):
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


@pytest.mark.parametrize("path", TARGETS)
def test_h3_x25_the_query_is_not_part_of_the_path(gateway, path):
    assert is_full_success(gateway.post(path=path))


@pytest.mark.parametrize("path", ["/v1/traces/", "//v1/traces", "/v1/%74races", "/otlp/v1/traces", "//otlp//v1/traces/"])
def test_x44_a_path_that_means_the_same_is_taken(gateway, path):
    assert is_full_success(gateway.post(export_of(1), path=path))


@pytest.mark.parametrize("path", ["/", "/v1/./traces", "/v1%2Ftraces", "/V1/TRACES", "/v1/trace", "/v1", "/v1/profiles"])
def test_x1_x44_h25_other_paths_are_404(gateway, path):
    response = gateway.post(path=path)
    assert response.status == 404
    assert refusal(response).code == NOT_FOUND
    assert refusal(response).message == f"no resource at {path}; traces are taken at /v1/traces and /otlp/v1/traces"


@pytest.mark.parametrize("signal", ["metrics", "logs"])
def test_x7_other_signals_are_told_which_setting_stops_them(gateway, signal):
    response = gateway.post(path=f"/v1/{signal}")
    assert response.status == 404
    assert refusal(response).code == UNIMPLEMENTED
    assert f"OTEL_{signal.upper()}_EXPORTER=none" in refusal(response).message


def test_h4_the_path_is_a_setting(upstream):
    with Gateway(upstream, "--traces-path=/otlp/traces") as gateway:
        assert is_full_success(gateway.post(path="/otlp/traces"))
        assert gateway.post().status == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "TRACE"])
def test_x2_other_methods_are_405_with_allow(gateway, method):
    with gateway.client() as client:
        client.send(request(method))
        response = client.receive()
    assert (response.status, response["allow"]) == (405, "OPTIONS, POST")
    assert refusal(response).message == f"{method} is not allowed on /v1/traces; use POST"


@pytest.mark.parametrize("target", ["/v1/traces", "*"])
def test_x5_options_is_told_the_methods(gateway, target):
    with gateway.client() as client:
        client.send(request("OPTIONS", target))
        response = client.receive()
        assert (response.status, response["allow"], response.body) == (204, "OPTIONS, POST", b"")
        client.send(request())
        assert is_full_success(client.receive())


def test_x3_the_answer_to_head_has_no_body(gateway):
    with gateway.client() as client:
        client.send(request("HEAD") + request())
        response = client.receive(to_head=True)
        assert (response.status, response["allow"]) == (405, "OPTIONS, POST")
        assert int(response["content-length"]) > 0
        assert is_full_success(client.receive())


@pytest.mark.parametrize("method", ["post", "Post", "POST2", "P", "BREW"])
def test_x4_odd_methods_take_nothing(gateway, method):
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


@pytest.mark.parametrize("content_type", PROTOBUF_TYPES)
def test_h7_media_types_have_any_case_and_parameters(gateway, content_type):
    assert is_full_success(gateway.post(export_of(1), content_type=content_type, accept="application/json"))


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/x-protobufs", "application/grpc+json", "*/*"])
def test_h26_another_media_type_is_415(gateway, content_type):
    response = gateway.post(export_of(1), content_type=content_type)
    assert response.status == 415
    assert refusal(response).code == INVALID_ARGUMENT
    assert "application/x-protobuf" in refusal(response).message


def test_h7_h25_json_is_refused_in_json(gateway):
    response = gateway.post(b"{}", path="/nowhere\"", content_type="application/json")
    assert (response.status, response["content-type"]) == (404, "application/json")
    assert refusal(response).message.startswith('no resource at /nowhere";')


def test_x45_two_content_types_are_415(gateway):
    with gateway.client() as client:
        client.send(request().replace(b"\r\n\r\n", b"\r\ncontent-type: application/json\r\n\r\n"))
        assert client.receive().status == 415


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "x-gzip", "X-Gzip", " gzip "])
def test_x8_gzip_has_two_names_of_any_case(gateway, coding):
    assert is_full_success(gateway.post(gzip.compress(export_of(2).body), content_encoding=coding))


@pytest.mark.parametrize("coding", ["identity", "Identity", ""])
def test_x8_identity_is_no_coding(gateway, coding):
    assert is_full_success(gateway.post(export_of(1), content_encoding=coding))


@pytest.mark.parametrize("coding", ["br", "snappy", "gzip, gzip", "identity, br", "gzip;q=1"])
def test_x9_other_codings_are_415_and_say_what_is_taken(gateway, coding):
    response = gateway.post(export_of(1), content_encoding=coding)
    assert (response.status, response["accept-encoding"]) == (415, "gzip, deflate, zstd, identity")
    assert refusal(response).message == (
        f'the coding "{coding}" is not taken; send one of gzip, deflate, zstd, identity'
    )


def test_x11_gzip_of_several_members_is_read_to_its_end(gateway, upstream):
    sent = export_of(3)
    parts = [sent.body[:10], b"", sent.body[10:100], sent.body[100:]]
    assert is_full_success(gateway.post(b"".join(map(gzip.compress, parts)), content_encoding="gzip"))
    for id in sent.ids:
        upstream.record_of(id)


def damage(data, offset):
    return data[:offset] + bytes([data[offset] ^ 0xFF]) + data[offset:][1:]


PACKED = gzip.compress(export_of(50).body)
BROKEN_GZIP = {
    "cut off in the middle": PACKED[: len(PACKED) // 2],
    "without its trailer": PACKED[:-8],
    "cut off by a byte": PACKED[:-1],
    "one byte": PACKED[:1],
    "with a wrong checksum": damage(PACKED, -8 % len(PACKED)),
    "with a wrong length": damage(PACKED, -4 % len(PACKED)),
    "with a damaged head": damage(PACKED, 0),
    "with damaged data": damage(PACKED, len(PACKED) // 2),
    "of another container": zlib.compress(export_of(1).body),
    "with garbage behind it": PACKED + b"garbage",
    "with half a member behind it": PACKED + PACKED[:9],
    "in name only": export_of(1).body,
}


@pytest.mark.parametrize("body", BROKEN_GZIP.values(), ids=BROKEN_GZIP)
def test_x10_h8_h30_h31_broken_gzip_is_400(gateway, body):
    response = gateway.post(body, content_encoding="gzip")
    assert response.status == 400
    assert refusal(response).code == INVALID_ARGUMENT
    [(field, description)] = refusal(response).violations
    assert field == "content-encoding" and description.startswith("the body cannot be inflated: gzip member ")
    assert refusal(response).message == description


def test_h8_gzip_without_its_header_is_400(gateway):
    assert gateway.post(gzip.compress(export_of(1).body)).status == 400


# Bad data

BAD_PROTOBUF = {
    "a length past the end": (b"\x0a\x05\x0a", "the field at byte 1 is 4 bytes longer than what contains it"),
    "the end in a varint": (b"\x0a\x80", "the bytes end inside a field, at byte 1"),
    "an endless varint": (b"\x0a" + b"\xff" * 11, "the varint at byte 1 is longer than 64 bits"),
    "field 0": (b"\x0a\x00\x02\x00", "byte 2 names field 0; field numbers run from 1 to 536870911"),
    "wire type 7": (b"\x1f", "field 3 at byte 0 has wire type 7, which does not exist"),
    "a known field of another type": (
        b"\x08\x01", "ExportTraceServiceRequest field 1 at byte 0 has wire type 0, which its schema does not allow",
    ),
    "a stray end of a group": (b"\x14", "byte 0 ends a group of field 2 that was not begun"),
    "a group without end": (b"\x13", "the group of field 2 at byte 0 is never ended"),
}  # fmt: skip


@pytest.mark.parametrize("body, fault", BAD_PROTOBUF.values(), ids=BAD_PROTOBUF)
def test_x15_h30_h31_malformed_protobuf_is_400_and_says_where(gateway, body, fault):
    response = gateway.post(body)
    assert response.status == 400
    [(field, description)] = refusal(response).violations
    assert refusal(response).message == f"the body is no ExportTraceServiceRequest: {fault}" == description
    assert field in ("body", "ExportTraceServiceRequest field 1")


def test_h30_nothing_of_bad_data_is_forwarded(gateway, upstream):
    lost, kept = export_of(1), export_of(1)
    assert gateway.post(lost.body + b"\x0a\xff").status == 400
    assert is_full_success(gateway.post(kept))
    upstream.record_of(kept.ids[0])
    assert lost.ids[0] not in upstream.deliveries


def test_p4_x16_unknown_fields_and_groups_are_skipped(gateway, upstream):
    sent = export_of(1)
    unknown = b"\xc2\x3e\x02hi" + b"\xc8\x3e\x05" + b"\xd3\x3e\xc2\x3e\x01a\xd4\x3e"
    assert is_full_success(gateway.post(unknown + sent.body + unknown))
    upstream.record_of(sent.ids[0])


def nested(levels):
    """A span with an attribute of so many lists, one in the other."""
    made = span()
    value = made.attributes.add(key="deep").value
    for _ in range(levels):
        value = value.array_value.values.add()
    value.string_value = "bottom"
    return export(made)


def test_x14_deep_values_are_taken_and_absurd_ones_refused(gateway, upstream):
    sent = nested(20)
    assert is_full_success(gateway.post(sent))
    value = upstream.record_of(sent.ids[0])["attributes"]["deep"]
    # What the upstream gets keeps to Mastra's own limit, and says so.
    for _ in range(8):
        [value] = value
    assert value == "[MaxDepth]"
    # Written from the inside out: Python's protobuf would not do it.
    body = b"\x0a\x00"
    for tag in [b"\x0a", b"\x2a"] * 10_000 + [b"\x12", b"\x4a", b"\x12", b"\x12", b"\x0a"]:
        body = tag + varint(len(body)) + body
    response = gateway.post(body)
    assert response.status == 400 and "is nested deeper than 64 levels" in refusal(response).message


def varint(number):
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


def test_x17_a_flood_of_empty_spans_is_counted_and_costs_little(gateway):
    spans = b"\x12\x00" * 500_000
    body = b"\x12" + varint(len(spans)) + spans
    response = gateway.post(b"\x0a" + varint(len(body)) + body)
    assert partial_success(response) == (500_000, "500000 rejected: trace_id is not 16 bytes or all zero")
    assert gateway.metric("process_peak_resident_bytes") < 200 * MIB


def test_d17_invalid_utf8_is_replaced(gateway, upstream):
    made = span()
    sent = export(made)
    assert is_full_success(gateway.post(sent.body.replace(b"work", b"w\xffrk")))
    assert upstream.record_of(sent.ids[0])["name"] == "w\ufffdrk"


def test_d7_absurd_times_are_published_or_refused_but_never_break_a_batch(gateway, upstream):
    cases = [(0, 0), (5, 0), (0, 5), (2 * 10**18, 10**18), (2**64 - 1, 2**64 - 1), (1, 2**64 - 1)]
    sent = export(*(span(start_time_unix_nano=start, end_time_unix_nano=end) for start, end in cases))
    assert is_full_success(gateway.post(sent))
    for id in sent.ids:
        upstream.record_of(id)  # Its shape is checked when the upstream ends.


# Limits


@pytest.fixture(scope="module")
def narrow(upstream):
    """A gateway that takes bodies of 64 KiB."""
    with Gateway(upstream, "--max-body-bytes=64KiB") as gateway:
        yield gateway


def test_h12_h14_x40_an_absurd_length_is_413_from_the_head_alone(gateway):
    for length in (64 * MIB + 1, 2**40, 2**63 - 1):
        with gateway.client() as client:
            client.send(request(content_length=length))
            response = client.receive()
            assert (response.status, response["connection"]) == (413, "close")
            assert refusal(response).code == RESOURCE_EXHAUSTED
            assert refusal(response).message == f"the body has {length} bytes or more; max_body_bytes is {64 * MIB}"
            client.end_sending()
            assert client.is_closed()


def test_h13_h14_the_limit_holds_to_the_byte(narrow):
    filler = b"\xc2\x3e" + varint(64 * 1024 - 5) + bytes(64 * 1024 - 5)
    assert len(filler) == 64 * 1024
    assert is_full_success(narrow.post(filler))
    assert narrow.post(filler + b"\x00").status == 413


def test_h14_a_chunked_body_is_413_when_it_passes_the_limit(narrow):
    with narrow.client() as client:
        client.send(post_chunked(b"".join(b"2000\r\n" + bytes(0x2000) + b"\r\n" for _ in range(9))))
        response = client.receive()
        assert (response.status, response["connection"]) == (413, "close")
        assert refusal(response).code == RESOURCE_EXHAUSTED


def test_h11_h14_the_limit_holds_for_the_inflated_body(narrow):
    filler = b"\xc2\x3e" + varint(64 * 1024 - 5) + bytes(64 * 1024 - 5)
    assert is_full_success(narrow.post(gzip.compress(filler), content_encoding="gzip"))
    response = narrow.post(gzip.compress(filler + b"\x00"), content_encoding="gzip")
    assert response.status == 413
    assert refusal(response).message == "the inflated body has more than max_body_bytes, which is 65536 bytes"


def test_x41_a_client_that_writes_its_whole_body_first_reads_the_413(narrow):
    with narrow.client() as client:
        client.send(request(body=bytes(512 * 1024)))
        assert client.receive().status == 413


def test_x46_the_connection_stays_in_step_after_a_refusal(narrow):
    with narrow.client() as client:
        assert client.post(bytes(1000), path="/nowhere").status == 404
        assert client.post(b"\x0a\xff").status == 400
        assert client.post(bytes(40_000), content_type="text/plain").status == 415
        assert is_full_success(client.post())


@pytest.fixture(scope="module")
def bomb():
    """1 MiB that becomes 1 GiB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = bytes(16 * MIB)
    return b"".join(packer.compress(zeros) for _ in range(64)) + packer.flush()


def test_x12_bombs_are_413_while_others_are_served(bomb, upstream):
    assert 1_000_000 < len(bomb) < 1_100_000
    stop = threading.Event()
    with Gateway(upstream) as gateway:

        def throw():
            return gateway.post(bomb, content_encoding="gzip").status

        def be_served():
            answers = set()
            while not stop.is_set():
                sent = export_of(1)
                answers.add(gateway.post(sent).status)
                upstream.record_of(sent.ids[0])
            return answers

        with ThreadPoolExecutor(7) as pool:
            other = pool.submit(be_served)
            answers = [bomb.result() for bomb in [pool.submit(throw) for _ in range(6)]]
            stop.set()
            assert other.result() == {200}
        assert set(answers) <= {413, 503} and 413 in answers
        assert gateway.metric("process_peak_resident_bytes") < 512 * MIB


def test_x12_a_lying_length_field_does_not_help_a_bomb(gateway, bomb):
    response = gateway.post(bomb[:-4] + b"\x01\x00\x00\x00", content_encoding="gzip")
    assert response.status == 413


# What surrounds a request


def test_x43_headers_that_are_not_needed_are_ignored(gateway):
    response = gateway.post(
        export_of(1), x_unknown="1", cookie="a=b", te="trailers", upgrade="h2c", http2_settings="AAMAAABkAAQAAP__",
        connection="Upgrade, HTTP2-Settings", accept_encoding="gzip, br", authorization="Bearer of-somebody",
    )  # fmt: skip
    assert is_full_success(response)


def test_x47_an_error_body_has_no_more_of_the_request_than_needed(gateway):
    response = gateway.post(path="/" + "x" * 5000)
    assert response.status == 404 and len(response.body) < 500


def test_h15_answers_are_small_whatever_was_rejected(gateway):
    response = gateway.post(export(*(span(trace_id=b"") for _ in range(1000)), service="x" * 50_000))
    assert partial_success(response)[0] == 1000 and len(response.body) < 1000


def test_b2_spans_are_published_once_while_nothing_fails():
    with Upstream() as upstream, Gateway(upstream) as gateway:
        ids = [id for _ in range(20) for id in gateway.accept(export_of(7))]
        upstream.delivered(ids)


def test_x19_chunks_bring_the_same_answer_as_a_whole_body(gateway, upstream):
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
