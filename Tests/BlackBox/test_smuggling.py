"""Requests that two servers may read in two ways: refused, and the connection ended (X20, X26-X30, X32)."""

import pytest

from support.http1 import chunked, request
from support.otlp import export_of, is_full_success, refusal

BODY = export_of(1).body
SIZE = b"%d" % len(BODY)
HOST = b"host: gateway.test"
LENGTH = b"content-length: " + SIZE
CHUNKED = b"transfer-encoding: chunked"
FRAMED = chunked(BODY)
# What a second server would take for a request of its own.
SMUGGLED = request(body=export_of(1).body)


def with_lines(*lines, body=BODY, start=b"POST /v1/traces HTTP/1.1", end=b"\r\n"):
    """A request with exactly these header lines."""
    return end.join([start, b"content-type: application/x-protobuf", *lines, b"", b""]) + body


def in_chunks(body):
    return with_lines(HOST, CHUNKED, body=body)


def is_refused_for_good(gateway, data):
    """One answer, of 4xx or 5xx, and the end; what follows on the connection is not read as a request."""
    before = gateway.metric("receiver_received_spans_total")
    with gateway.client() as client:
        client.send(data + SMUGGLED)
        response = client.receive()
        client.end_sending()
        assert response.status in (400, 431, 501, 505)
        assert response["connection"] == "close"
        assert refusal(response).message
        assert client.is_closed(), "a second answer came"
    assert gateway.metric("receiver_received_spans_total") == before


BOTH = {
    "chunks beside a length": with_lines(HOST, CHUNKED, b"content-length: 5", body=FRAMED),
    "a length beside chunks": with_lines(HOST, b"content-length: 5", CHUNKED, body=FRAMED),
    "the length of the chunks": with_lines(HOST, b"content-length: %d" % len(FRAMED), CHUNKED, body=FRAMED),
    "a length of 0": with_lines(HOST, b"content-length: 0", CHUNKED, body=FRAMED),
    "in capitals": with_lines(HOST, b"CONTENT-LENGTH: 5", b"TRANSFER-ENCODING: CHUNKED", body=FRAMED),
    "a coding that is not chunked": with_lines(HOST, LENGTH, b"transfer-encoding: identity"),
    "an empty coding": with_lines(HOST, LENGTH, b"transfer-encoding:"),
}


@pytest.mark.requirement("X28")
@pytest.mark.parametrize("data", BOTH.values(), ids=BOTH)
def test_a_coding_beside_a_length_is_refused(gateway, data):
    is_refused_for_good(gateway, data)


LENGTHS = {
    "two": with_lines(HOST, LENGTH, b"content-length: 5"),
    "a list": with_lines(HOST, LENGTH + b", 5"),
    "a list of equals": with_lines(HOST, LENGTH + b", " + SIZE),
    "two words": with_lines(HOST, LENGTH + b" 5"),
    "signed": with_lines(HOST, b"content-length: +" + SIZE),
    "negative": with_lines(HOST, b"content-length: -1"),
    "negative zero": with_lines(HOST, b"content-length: -0"),
    "hexadecimal": with_lines(HOST, b"content-length: 0x10"),
    "a fraction": with_lines(HOST, LENGTH + b".0"),
    "an exponent": with_lines(HOST, b"content-length: 1e1"),
    "with an underscore": with_lines(HOST, b"content-length: 1_0"),
    "of other digits": with_lines(HOST, b"content-length: " + "１０".encode()),
    "with a tab within": with_lines(HOST, b"content-length: 1\t0"),
    "beyond 63 bits": with_lines(HOST, b"content-length: 9223372036854775808"),
    "beyond 64 bits": with_lines(HOST, b"content-length: 18446744073709551620"),
    "beyond all": with_lines(HOST, b"content-length: " + b"9" * 1000),
    "no digits": with_lines(HOST, b"content-length: "),
    "of a GET": with_lines(HOST, LENGTH, b"content-length: 5", start=b"GET /v1/traces HTTP/1.1"),
}


@pytest.mark.requirement("X27")
@pytest.mark.parametrize("data", LENGTHS.values(), ids=LENGTHS)
def test_ambiguous_lengths_are_refused(gateway, data):
    is_refused_for_good(gateway, data)


@pytest.mark.requirement("X29")
def test_equal_lengths_are_refused(gateway):
    is_refused_for_good(gateway, with_lines(HOST, LENGTH, LENGTH))


CODINGS = {
    "unknown": b"transfer-encoding: xchunked",
    "gzip before chunked": b"transfer-encoding: gzip, chunked",
    "chunked not last": b"transfer-encoding: chunked, identity",
    "chunked twice": b"transfer-encoding: chunked, chunked",
    "chunked in two fields": CHUNKED + b"\r\n" + CHUNKED,
    "chunked and another field": CHUNKED + b"\r\ntransfer-encoding: identity",
    "another field and chunked": b"transfer-encoding: identity\r\n" + CHUNKED,
    "quoted": b'transfer-encoding: "chunked"',
    "with a parameter": b"transfer-encoding: chunked;q=1",
    "with an empty element": b"transfer-encoding: , chunked",
    "behind a vertical tab": b"transfer-encoding: \x0bchunked",
    "behind a form feed": b"transfer-encoding: \x0cchunked",
    "before a NUL": b"transfer-encoding: chunked\0",
    "before a vertical tab": b"transfer-encoding: chunked\x0b",
    "before a byte over 127": b"transfer-encoding: chunked\xa0",
    "in a folded line": b"transfer-encoding:\r\n chunked",
    "before a space and a colon": b"transfer-encoding : chunked",
    "behind a space": b" transfer-encoding: chunked",
    "behind a bare LF": b"x: a\n" + CHUNKED,
    "behind a bare CR": b"x: a\r" + CHUNKED,
    "behind a NUL": b"x: a\0" + CHUNKED,
}


@pytest.mark.requirement("X27", "X30")
@pytest.mark.parametrize("line", CODINGS.values(), ids=CODINGS)
def test_disguised_transfer_codings_are_refused(gateway, line):
    is_refused_for_good(gateway, with_lines(HOST, line, body=FRAMED))


@pytest.mark.requirement("X24", "X27")
def test_chunks_in_http_1_0_are_refused(gateway):
    is_refused_for_good(gateway, with_lines(HOST, CHUNKED, body=FRAMED, start=b"POST /v1/traces HTTP/1.0"))


@pytest.mark.requirement("X19")
@pytest.mark.parametrize("line", [b"transfer-encoding: CHUNKED", b"Transfer-Encoding:\tchunked ", b"transfer-encoding:chunked"])
def test_what_means_chunked_is_chunked(gateway, line):
    with gateway.client() as client:
        client.send(with_lines(HOST, line, body=FRAMED) + SMUGGLED)
        assert is_full_success(client.receive()) and is_full_success(client.receive())


CHUNKS = {
    "a size that is no number": b"xyz\r\n" + BODY,
    "a signed size": b"+5\r\nabcde\r\n0\r\n\r\n",
    "a negative size": b"-5\r\nabcde\r\n0\r\n\r\n",
    "a size with a prefix": b"0x5\r\nabcde\r\n0\r\n\r\n",
    "a size with an underscore": b"0_5\r\nabcde\r\n0\r\n\r\n",
    "a size behind a space": b" 5\r\nabcde\r\n0\r\n\r\n",
    "a size of 65 bits": b"10000000000000005\r\nabcde\r\n0\r\n\r\n",
    "an empty size": b"\r\n0\r\n\r\n",
    "a chunk that is longer than its size": b"3\r\nabcdefgh\r\n0\r\n\r\n",
    "a chunk without its end": b"5\r\nabcde0\r\n\r\n",
    "a chunk ended by a bare LF": b"5\r\nabcde\n0\r\n\r\n",
    "a chunk ended by other bytes": b"5\r\nabcdeXX0\r\n\r\n",
    "a size ended by a bare LF": b"5\nabcde\r\n0\r\n\r\n",
    "a size ended by a bare CR": b"5\rXabcde\r\n0\r\n\r\n",
    "an extension with a bare LF": b"5;a\nX\r\nabcde\r\n0\r\n\r\n",
    "an extension with a bare CR": b"5;a\rX\r\nabcde\r\n0\r\n\r\n",
    "a last chunk with a bare LF": b"5\r\nabcde\r\n0\n\r\n",
    "a malformed trailer": b"5\r\nabcde\r\n0\r\nno colon\r\n\r\n",
    "a trailer with a length": b"5\r\nabcde\r\n0\r\ncontent-length: 5\r\n\r\n",
    "a trailer with a transfer coding": b"5\r\nabcde\r\n0\r\ntransfer-encoding: chunked\r\n\r\n",
    "a trailer with a space before its colon": b"5\r\nabcde\r\n0\r\nx : y\r\n\r\n",
}


@pytest.mark.requirement("X20")
@pytest.mark.parametrize("body", CHUNKS.values(), ids=CHUNKS)
def test_malformed_chunks_are_refused(gateway, body):
    is_refused_for_good(gateway, in_chunks(body))


@pytest.mark.requirement("X19")
@pytest.mark.parametrize("trailer", [b"x: y", b"host: other", b"content-type: text/plain", b"content-encoding: gzip"])
def test_a_trailer_changes_nothing_of_the_request(gateway, trailer):
    with gateway.client() as client:
        client.send(in_chunks(chunked(BODY, trailers=trailer + b"\r\n")) + SMUGGLED)
        assert is_full_success(client.receive()) and is_full_success(client.receive())


HOSTS = {
    "none": with_lines(LENGTH),
    "two": with_lines(HOST, HOST, LENGTH),
    "two that differ": with_lines(HOST, b"host: other.test", LENGTH),
    "none beside an absolute target": with_lines(LENGTH, start=b"POST http://gateway.test/v1/traces HTTP/1.1"),
}


@pytest.mark.requirement("X26")
@pytest.mark.parametrize("data", HOSTS.values(), ids=HOSTS)
def test_a_request_without_one_host_is_refused(gateway, data):
    is_refused_for_good(gateway, data)


LINES = {
    "a space before the colon": b"x : a",
    "a space before the colon of a length": b"content-length : 3",
    "a tab before the colon": b"x\t: a",
    "no name": b": value",
    "no colon": b"nonsense",
    "a folded line": b"x: a\r\n b",
    "a line that begins with a space": b" x: a",
    "a name with a space": b"x y: a",
    "a name with a bracket": b"x(: a",
    "a name of other letters": "größe: 5".encode(),
    "a NUL in a value": b"x: a\0b",
    "a NUL in a name": b"x\0: a",
    "a bare CR": b"x: a\rcontent-length: 3",
    "a bare LF": b"x: a\ncontent-length: 3",
    "a control character": b"x: a\x08",
    "a DEL": b"x: a\x7f",
}


@pytest.mark.requirement("X30")
@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_malformed_header_lines_are_refused(gateway, line):
    is_refused_for_good(gateway, with_lines(HOST, line, LENGTH))


REST = b"\r\nhost: a\r\ncontent-length: 0\r\n\r\n"
REQUEST_LINES = {
    "no version": b"POST /v1/traces\r\n\r\n",
    "a version to come": b"POST /v1/traces HTTP/9.9" + REST,
    "a version without a minor one": b"POST /v1/traces HTTP/1" + REST,
    "a version with a word behind it": b"POST /v1/traces HTTP/1.1 more" + REST,
    "HTTP/2 in a request line": b"POST /v1/traces HTTP/2.0" + REST,
    "a small http": b"POST /v1/traces http/1.1" + REST,
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n",
    "a TLS hello": bytes.fromhex("16030100bc010000b80303") + bytes(180),
    "a preface that goes wrong": b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
    "a target with a space": b"POST /v1/tra ces HTTP/1.1" + REST,
    "a target with a tab": b"POST /v1/tra\tces HTTP/1.1" + REST,
    "a target with a NUL": b"POST /v1/tra\0ces HTTP/1.1" + REST,
    "a target with a CR": b"POST /v1/tra\rces HTTP/1.1" + REST,
    "a relative target": b"POST v1/traces HTTP/1.1" + REST,
    "no target": b"POST  HTTP/1.1" + REST,
    "a star": b"POST * HTTP/1.1" + REST,
    "an unknown scheme": b"POST ftp://gateway.test/v1/traces HTTP/1.1" + REST,
    "no method": b" /v1/traces HTTP/1.1" + REST,
    "a method with a colon": b"PO:ST /v1/traces HTTP/1.1" + REST,
    "a method with a byte over 127": b"P\xd6ST /v1/traces HTTP/1.1" + REST,
    "a tab between": b"POST\t/v1/traces\tHTTP/1.1" + REST,
    "NULs": bytes(100),
}


@pytest.mark.requirement("X32")
@pytest.mark.parametrize("data", REQUEST_LINES.values(), ids=REQUEST_LINES)
def test_malformed_request_lines_and_other_protocols_are_refused(gateway, data):
    is_refused_for_good(gateway, data)


@pytest.mark.requirement("X30", "X32")
def test_lines_that_end_in_a_bare_lf_are_refused(gateway):
    is_refused_for_good(gateway, with_lines(HOST, LENGTH, end=b"\n"))


@pytest.mark.requirement("X28", "X46")
@pytest.mark.parametrize("method", ["GET", "DELETE", "OPTIONS", "HEAD"])
def test_the_body_of_another_method_is_not_taken_for_a_request(gateway, method):
    """A GET with a body is where servers differ most."""
    hidden = request(body=export_of(1).body)
    before = gateway.metric("receiver_received_spans_total")
    with gateway.client() as client:
        client.send(request(method, body=hidden) + request(path="/next"))
        assert client.receive(to_head=method == "HEAD").status in (204, 405)
        response = client.receive()
        assert response.status == 404 and "/next" in refusal(response).message
    assert gateway.metric("receiver_received_spans_total") == before
