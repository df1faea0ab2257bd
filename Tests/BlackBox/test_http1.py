"""HTTP/1 framing on raw sockets: order, continuation, closing, and what must not be guessed (X19-X35, X39)."""

import socket
import struct

import pytest

from support.gateway import Gateway
from support.http1 import chunked, post_chunked, request
from support.otlp import export_of, is_full_success, refusal
from support.waiting import wait_until

MIB = 1024 * 1024


def test_h34_a_connection_is_kept(gateway):
    with gateway.client() as client:
        for _ in range(20):
            assert is_full_success(client.post(export_of(1).body))


def test_x22_pipelined_requests_are_answered_in_order(gateway):
    with gateway.client() as client:
        client.send(
            request(body=export_of(1).body) + request(path="/first") + post_chunked(chunked(b"\x0a\xff"))
            + request("GET", path="/second") + request("PUT") + request(body=export_of(1).body)
        )  # fmt: skip
        answers = [client.receive() for _ in range(6)]
    assert [answer.status for answer in answers] == [200, 404, 400, 404, 405, 200]
    assert "/first" in refusal(answers[1]).message and "/second" in refusal(answers[3]).message


def test_x22_three_hundred_pipelined_requests(gateway, upstream):
    sent = [export_of(1) for _ in range(300)]
    with gateway.client() as client:
        client.send(b"".join(request(body=each.body) for each in sent))
        assert all(is_full_success(client.receive()) for _ in sent)
    for each in sent:
        upstream.record_of(each.ids[0])


# 100-continue


@pytest.mark.parametrize("expectation", ["100-continue", "100-Continue"])
def test_x23_a_client_that_asks_is_told_to_go_on_before_it_sends_the_body(gateway, expectation):
    body = export_of(1).body
    with gateway.client() as client:
        client.send(request(content_length=len(body), expect=expectation))
        interim = client.receive()
        assert (interim.status, interim.headers) == (100, [])
        client.send(body)
        assert is_full_success(client.receive())


def test_x23_a_chunked_body_may_be_asked_for_too(gateway):
    with gateway.client() as client:
        client.send(post_chunked(b"", expect="100-continue"))
        assert client.receive().status == 100
        client.send(chunked(export_of(1).body))
        assert is_full_success(client.receive())


@pytest.mark.parametrize(
    "status, headers",
    [(413, {"content_length": 65 * MIB}), (404, {"path": "/nowhere"}), (415, {"content_type": "text/plain"})],
)
def test_x23_a_refusal_comes_at_once_and_the_body_is_not_asked_for(gateway, status, headers):
    with gateway.client() as client:
        client.send(request(**({"content_length": 1000, "expect": "100-continue"} | headers)))
        response = client.receive()
        assert (response.status, response["connection"]) == (status, "close")
        client.end_sending()
        assert client.is_closed()


def test_x23_another_expectation_is_417(gateway):
    with gateway.client() as client:
        client.send(request(expect="200-ok"))
        response = client.receive()
    assert response.status == 417
    assert refusal(response).message == "expect: 200-ok cannot be met; only 100-continue can"


# Ends


@pytest.mark.parametrize("option", ["close", "Close", "keep-alive, close"])
def test_x34_connection_close_is_honoured(gateway, option):
    with gateway.client() as client:
        response = client.post(export_of(1).body, connection=option)
        assert is_full_success(response) and response["connection"] == "close"
        assert client.is_closed()


def test_x24_http_1_0_closes_unless_keeping_was_asked_for(gateway):
    with gateway.client() as client:
        client.send(request(version="HTTP/1.0", host=None, connection="keep-alive"))
        response = client.receive()
        assert is_full_success(response) and response["connection"] == "keep-alive"
        client.send(request(version="HTTP/1.0", body=export_of(1).body))
        response = client.receive()
        assert is_full_success(response) and response["connection"] == "close"
        assert client.is_closed()


def test_x24_http_1_0_has_no_chunked_bodies(gateway):
    with gateway.client() as client:
        client.send(post_chunked(chunked(b""), version="HTTP/1.0"))
        assert client.receive().status == 400
        assert client.is_closed()


def test_x35_a_client_that_has_closed_its_sending_side_is_answered(gateway):
    with gateway.client() as client:
        client.send(request(body=export_of(1).body) + request("GET"))
        client.end_sending()
        assert is_full_success(client.receive())
        assert client.receive().status == 405
        assert client.is_closed()


@pytest.mark.parametrize("cut", [-1, -10])
def test_x21_a_body_that_ends_early_is_not_taken(gateway, cut):
    before = gateway.metric("receiver_received_spans_total")
    body = export_of(1).body
    for data in [request(body=body)[:cut], post_chunked(chunked(body))[:cut]]:
        with gateway.client() as client:
            client.send(data)
            client.end_sending()
            assert client.receive().status == 400
            assert client.is_closed()
    assert gateway.metric("receiver_received_spans_total") == before


def test_x39_clients_that_vanish_leave_nothing_behind(gateway):
    data = request(body=export_of(200, "x" * 100).body)
    for end in [0, 1, 20, 100, 200, len(data) // 2, len(data) - 1, len(data)]:
        with gateway.client() as client:
            client.send(data[:end])
            # Closes with a reset.
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wait_until(lambda: gateway.metric("receiver_connections", listener="http") == 0, "no connection left")
    assert gateway.metric("receiver_reserved_bytes") == 0
    assert is_full_success(gateway.post(export_of(1)))


# What may be read in two ways

BODY = export_of(1).body
LENGTH = len(BODY)


def with_lines(*lines, body=BODY):
    """A request with exactly these header lines."""
    head = [b"POST /v1/traces HTTP/1.1", b"content-type: application/x-protobuf", *lines, b"", b""]
    return b"\r\n".join(head) + body


HOST = b"host: gateway.test"
CHUNKED = b"transfer-encoding: chunked"
FRAMED = chunked(BODY)
SIZE = str(LENGTH).encode()
AMBIGUOUS = {
    "x28 a length beside chunks": with_lines(HOST, CHUNKED, b"content-length: 5", body=FRAMED),
    "x28 chunks beside a length": with_lines(HOST, b"content-length: 5", CHUNKED, body=FRAMED),
    "x27 two lengths": with_lines(HOST, b"content-length: " + SIZE, b"content-length: 5"),
    "x27 a list of lengths": with_lines(HOST, b"content-length: " + SIZE + b", 5"),
    "x27 a signed length": with_lines(HOST, b"content-length: +" + SIZE),
    "x27 a negative length": with_lines(HOST, b"content-length: -1"),
    "x27 a hexadecimal length": with_lines(HOST, b"content-length: 0x10"),
    "x27 an overflowing length": with_lines(HOST, b"content-length: 18446744073709551620"),
    "x27 a length of no digits": with_lines(HOST, b"content-length: "),
    "x27 an unknown transfer coding": with_lines(HOST, b"transfer-encoding: gzip, chunked", body=FRAMED),
    "x27 chunked not last": with_lines(HOST, b"transfer-encoding: chunked, identity", body=FRAMED),
    "x27 chunked twice": with_lines(HOST, CHUNKED, CHUNKED, body=FRAMED),
    "x27 a disguised coding": with_lines(HOST, b"transfer-encoding: \x0bchunked", body=FRAMED),
    "x27 a quoted coding": with_lines(HOST, b'transfer-encoding: "chunked"', body=FRAMED),
    "x26 no host": with_lines(b"content-length: " + SIZE),
    "x26 two hosts": with_lines(HOST, HOST, b"content-length: " + SIZE),
    "x30 a space before the colon": with_lines(HOST, b"content-length : " + SIZE),
    "x30 a space before the coding's colon": with_lines(HOST, b"transfer-encoding : chunked", body=FRAMED),
    "x30 a header without name": with_lines(HOST, b": value", b"content-length: " + SIZE),
    "x30 a folded header": with_lines(HOST, b"x: a\r\n b", b"content-length: " + SIZE),
    "x30 a header without colon": with_lines(HOST, b"nonsense", b"content-length: " + SIZE),
    "x30 a NUL": with_lines(HOST, b"x: a\0b", b"content-length: " + SIZE),
    "x30 a bare CR": with_lines(HOST, b"x: a\rcontent-length: 3", b"content-length: " + SIZE),
    "x20 a chunk size that is no number": with_lines(HOST, CHUNKED, body=b"xyz\r\n" + BODY),
    "x20 a signed chunk size": with_lines(HOST, CHUNKED, body=b"+5\r\nabcde\r\n0\r\n\r\n"),
    "x20 an overflowing chunk size": with_lines(HOST, CHUNKED, body=b"10000000000000000\r\n" + BODY),
    "x20 an empty chunk size": with_lines(HOST, CHUNKED, body=b"\r\n0\r\n\r\n"),
    "x20 a chunk without its end": with_lines(HOST, CHUNKED, body=b"3\r\nabcdefgh\r\n0\r\n\r\n"),
    "x32 no version": b"POST /v1/traces\r\n\r\n",
    "x32 a version to come": b"POST /v1/traces HTTP/9.9\r\nhost: a\r\n\r\n",
    "x32 another protocol": b"SSH-2.0-OpenSSH_9.2\r\n",
    "x32 a TLS hello": bytes.fromhex("16030100bc010000b80303") + bytes(180),
    "x32 a target with a space": b"POST /v1/tra ces HTTP/1.1\r\nhost: a\r\n\r\n",
    "x32 a relative target": b"POST v1/traces HTTP/1.1\r\nhost: a\r\n\r\n",
}


@pytest.mark.parametrize("data", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_ambiguous_requests_are_refused_and_the_connection_closed(gateway, data):
    before = gateway.metric("receiver_received_spans_total")
    smuggled = request("GET", path="/smuggled")
    with gateway.client() as client:
        client.send(data + smuggled)
        response = client.receive()
        client.end_sending()
        assert response.status in (400, 431, 501, 505)
        assert response["connection"] == "close"
        assert refusal(response).message
        assert client.is_closed(), "a second answer came"
    assert gateway.metric("receiver_received_spans_total") == before


def test_x29_equal_lengths_are_refused(gateway):
    with gateway.client() as client:
        client.send(with_lines(HOST, b"content-length: " + SIZE, b"content-length: " + SIZE))
        assert client.receive().status == 400


def test_x33_an_empty_line_before_a_request_is_ignored(gateway):
    with gateway.client() as client:
        client.send(b"\r\n" + request())
        assert is_full_success(client.receive())


@pytest.mark.parametrize(
    "data",
    [
        request(x_large="x" * 20_000),
        request(path="/v1/traces?" + "x" * 20_000),
        with_lines(HOST, *(b"x-%d: y" % number for number in range(500)), b"content-length: 0", body=b""),
    ],
    ids=["a long header", "a long target", "many headers"],
)
def test_x31_headers_are_bounded(gateway, data):
    with gateway.client() as client:
        client.send(data)
        response = client.receive()
        assert response.status in (400, 414, 431)
        assert refusal(response).message
        client.end_sending()
        assert client.is_closed()


def test_x31_the_bound_is_a_setting(upstream):
    large = request(x_large="x" * 20_000)
    with Gateway(upstream, "--max-header-bytes=64KiB") as gateway, gateway.client() as client:
        client.send(large)
        assert is_full_success(client.receive())


def test_x48_a_client_that_never_reads_does_not_hold_up_others(gateway):
    with gateway.client() as deaf:
        deaf.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        deaf.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            while True:
                deaf.socket.sendall(request("GET", path="/" + "x" * 500) * 20)
        assert is_full_success(gateway.post(export_of(1)))


def test_x42_several_hundred_idle_connections_are_held(gateway):
    clients = [gateway.client() for _ in range(400)]
    try:
        assert all(is_full_success(client.post()) for client in (clients[0], clients[399]))
        assert is_full_success(gateway.post(export_of(1)))
    finally:
        for client in clients:
            client.socket.close()


def test_connections_beyond_the_limit_are_closed_and_room_is_made_again(upstream):
    with Gateway(upstream, "--max-connections=2") as gateway:
        with gateway.client() as first, gateway.client() as second:
            assert is_full_success(first.post()) and is_full_success(second.post())
            with gateway.client() as third:
                assert third.is_closed()
            assert is_full_success(first.post())
        wait_until(lambda: gateway.metric("receiver_connections", listener="http") == 0, "no connection left")
        assert is_full_success(gateway.post(export_of(1)))
        assert gateway.metric("receiver_connections_refused_total", reason="max_connections") == 1
        assert gateway.metric("receiver_connections_accepted_total", listener="http") == 3
