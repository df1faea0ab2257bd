"""gRPC calls side by side, in time, given up, and on connections that are none (OTLP G3, G24-G26, G31)."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from support import http2_frames as h2
from support.gateway import Gateway
from support.grpc_calls import OK, Calls, finish
from support.grpc_frames import Connection, Ended, frames, message
from support.http1 import Client
from support.otlp import DEADLINE_EXCEEDED, INVALID_ARGUMENT, UNAVAILABLE, export_of
from support.upstream import Upstream
from support.waiting import wait_until


@pytest.fixture
def wire(gateway):
    with Connection(gateway.grpc_address) as connection:
        yield connection


@pytest.fixture
def nothing_is_taken(gateway):
    """Within the test no span is taken; at its end no byte is reserved."""
    before = gateway.metric("receiver_received_spans_total")
    yield
    gateway.wait_for_metric("receiver_reserved_bytes", lambda count: count == 0)
    assert gateway.metric("receiver_received_spans_total") == before


# Side by side


@pytest.mark.requirement("G3")
def test_hundreds_of_calls_at_once_share_one_connection():
    with Upstream() as upstream, Gateway(upstream) as gateway, Calls(gateway.grpc_address) as calls:
        exports = [export_of(3) for _ in range(500)]
        under_way = [calls.begin(each, compression=grpc.Compression.Gzip) for each in exports]
        assert all(finish(call).is_full_success for call in under_way)
        upstream.delivered([id for each in exports for id in each.ids])
        assert gateway.metric("receiver_connections_accepted_total", listener="grpc") == 1
        assert gateway.metric("receiver_grpc_answers_total", code="OK") == 500


@pytest.mark.requirement("G3")
def test_a_hundred_calls_are_under_way_at_once_and_end_in_any_order(wire, upstream):
    exports = [export_of(1) for _ in range(100)]
    streams = [wire.begin_call(message(each.body)[:20], end=False) for each in exports]
    for stream, each in reversed(list(zip(streams, exports))):
        wire.data(stream, message(each.body)[20:], end=True)
    assert all(wire.answer(stream).outcome.is_full_success for stream in streams)
    for each in exports:
        upstream.record_of(each.ids[0])


@pytest.mark.requirement("G26")
def test_two_hundred_connections_are_served(gateway, upstream):
    exports = [export_of(2) for _ in range(200)]
    before = gateway.metric("receiver_connections", listener="grpc")
    connections = [Connection(gateway.grpc_address) for _ in exports]
    assert gateway.metric("receiver_connections", listener="grpc") == before + 200
    streams = [wire.begin_call(message(each.body)) for wire, each in zip(connections, exports)]
    assert all(wire.answer(stream).outcome.is_full_success for wire, stream in zip(connections, streams))
    for wire in connections:
        wire.socket.close()
    for each in exports:
        upstream.record_of(each.ids[1])


# In time


@pytest.mark.requirement("G24")
@pytest.mark.parametrize("timeout", ["50m", "50000u", "50000000n"])
def test_a_call_that_is_not_complete_within_its_timeout_is_ended(wire, nothing_is_taken, timeout):
    stream = wire.begin_call(message(export_of(3).body)[:-1], end=False, grpc_timeout=timeout)
    outcome = wire.answer(stream).outcome
    assert outcome.code == DEADLINE_EXCEEDED
    assert outcome.message == "the request was not complete within its grpc-timeout, 50 ms"
    # What comes late is not taken, and does not disturb the connection.
    wire.send_frame(h2.DATA, 1, stream, message(export_of(3).body)[-1:])
    wire.ping()


@pytest.mark.requirement("G24")
@pytest.mark.parametrize("timeout", ["1n", "0S", "0n", "00000000H"])
def test_a_call_whose_time_is_over_when_it_comes_is_not_taken(wire, nothing_is_taken, timeout):
    """Its client has been told of the deadline by itself, and sends the spans again."""
    assert wire.call(message(export_of(3).body), grpc_timeout=timeout).code == DEADLINE_EXCEEDED


@pytest.mark.requirement("G24")
@pytest.mark.parametrize(
    "timeout", ["99999999H", "99999999M", "99999999S", "99999999m", "99999999u", "10S", "1H", "01S"]
)
def test_a_timeout_may_be_as_long_as_its_eight_digits_allow(wire, timeout):
    stream = wire.begin_call(message(export_of(1).body)[:9], end=False, grpc_timeout=timeout)
    wire.ping()
    wire.data(stream, message(export_of(1).body)[9:], end=True)
    assert wire.answer(stream).outcome.code == OK


@pytest.mark.requirement("G24", "G10")
@pytest.mark.parametrize("timeout", ["", "H", "1", "1s", "1h", "1x", "-1S", "+1S", "1.5S", "1 S", "123456789S", "٣S"])
def test_a_malformed_timeout_is_an_invalid_argument(wire, nothing_is_taken, timeout):
    outcome = wire.call(message(export_of(1).body), grpc_timeout=timeout)
    assert outcome.code == INVALID_ARGUMENT and outcome.is_final
    description = "grpc-timeout is one to eight digits and one of H M S m u n"
    assert outcome.refusal.violations == [("grpc-timeout", description)]


def test_a_timeout_below_a_millisecond_is_not_told_as_0_s(wire):
    assert "0 s" not in wire.call(message(b""), grpc_timeout="1n").message


@pytest.mark.requirement("G24")
def test_a_call_that_makes_no_progress_is_ended_without_a_timeout_of_its_own(upstream):
    with Gateway(upstream, "--body-timeout=200ms") as gateway, Connection(gateway.grpc_address) as wire:
        outcome = wire.answer(wire.begin_call(message(export_of(1).body)[:-1], end=False)).outcome
        assert (outcome.code, outcome.message) == (
            DEADLINE_EXCEEDED, "the request body made no progress within 200 ms",
        )  # fmt: skip
        assert gateway.metric("receiver_reserved_bytes") == 0


# Given up


@pytest.mark.requirement("G24")
def test_calls_that_are_cancelled_half_way_leave_nothing_behind(gateway, wire, nothing_is_taken):
    body = message(export_of(100, "x" * 1000).body)
    streams = [wire.begin_call(body[:-1], end=False) for _ in range(20)]
    gateway.wait_for_metric("receiver_reserved_bytes", lambda count: count > 20 * 100 * 1000)
    for stream in streams:
        wire.reset(stream)
    gateway.wait_for_metric("receiver_reserved_bytes", lambda count: count == 0)
    wire.ping()


@pytest.mark.requirement("G24")
def test_clients_that_give_up_at_any_moment_are_survived(upstream):
    """Cancelled by the library at its own deadline, which lies anywhere on the way of a call."""
    with Gateway(upstream) as gateway:
        with Calls(gateway.grpc_address) as calls:
            sent = export_of(200, "x" * 500)
            under_way = [calls.begin(sent, timeout=number / 2000) for number in range(150)]
            codes = {finish(call).code for call in under_way}
            assert codes <= {OK, DEADLINE_EXCEEDED} and DEADLINE_EXCEEDED in codes
            assert calls.call(export_of(1)).is_full_success
        wait_until(lambda: gateway.metric("receiver_connections", listener="grpc") == 0, "no connection left")
        assert gateway.metric("receiver_reserved_bytes") == 0


@pytest.mark.requirement("G24")
def test_190_cancelled_calls_do_not_cost_the_connection_but_thousands_do(gateway):
    with Connection(gateway.grpc_address) as wire:
        for _ in range(190):
            wire.reset(wire.begin_call())
        assert wire.call(message(export_of(1).body)).is_full_success
        with pytest.raises(Ended):
            while True:
                for _ in range(50):
                    wire.reset(wire.begin_call())
                wire.ping()
        assert wire.goaway
    with Connection(gateway.grpc_address) as other:
        assert other.call(message(export_of(1).body)).is_full_success


@pytest.mark.requirement("G24")
def test_clients_that_vanish_leave_nothing_behind(gateway, nothing_is_taken):
    whole = message(export_of(3).body)
    for end in (0, 3, 5, len(whole) // 2, len(whole) - 1):
        with Connection(gateway.grpc_address) as wire:
            wire.begin_call(whole[:end] or None, end=False)
    wait_until(lambda: gateway.metric("receiver_connections", listener="grpc") == 0, "no connection left")


# Connections


@pytest.mark.requirement("G31")
def test_pings_are_answered_with_what_they_brought(wire):
    for number in range(500):
        wire.ping(number.to_bytes(8, "big"))
    assert wire.call(message(export_of(1).body)).is_full_success


@pytest.mark.requirement("G31")
def test_pings_between_and_during_calls_are_tolerated(wire):
    """As a client with keepalive sends them: gRPC's own servers would hang up for many of these."""
    for _ in range(50):
        stream = wire.begin_call(message(export_of(1).body)[:10], end=False)
        wire.ping()
        wire.ping()
        wire.reset(stream)
        wire.ping()
    assert wire.goaway is None
    assert wire.call(message(export_of(1).body)).is_full_success


@pytest.mark.requirement("G31")
def test_a_flood_of_pings_that_nobody_reads_the_answers_of_is_ended(gateway):
    with Connection(gateway.grpc_address) as wire:
        wire.socket.sendall(h2.frame(h2.PING, payload=b"flooding") * 1000)
        assert wire.ends() is not None
    with Connection(gateway.grpc_address) as other:
        other.ping()


def test_the_end_of_a_flood_of_pings_says_why(gateway):
    with Connection(gateway.grpc_address) as wire:
        wire.socket.sendall(h2.frame(h2.PING, payload=b"flooding") * 1000)
        assert wire.ends() == h2.ENHANCE_YOUR_CALM


NOT_HTTP2 = {
    "a TLS handshake": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    "zeros": bytes(100),
    "text": b"hello there\r\n\r\n",
    "another preface": b"PRI * HTTP/3.0\r\n\r\nSM\r\n\r\n",
    "gRPC without HTTP": message(export_of(1).body),
}


@pytest.mark.requirement("G25")
@pytest.mark.parametrize("data", NOT_HTTP2.values(), ids=NOT_HTTP2)
def test_what_is_not_http_is_hung_up_on(gateway, nothing_is_taken, data):
    with Client(gateway.grpc_address) as client:
        client.send(data)
        assert client.receive().status == 400
        client.end_sending()
        assert client.is_closed()


BROKEN_HTTP2 = {
    "no SETTINGS first": h2.frame(h2.PING, payload=bytes(8)),
    "SETTINGS of a wrong size": h2.frame(h2.SETTINGS, payload=b"\x00\x00\x00"),
    "a frame of a stream that was not opened": h2.frame(h2.SETTINGS) + h2.frame(h2.DATA, 1, 1, b"abc"),
    "a frame that is too large": h2.frame(h2.SETTINGS) + h2.frame(h2.HEADERS, 4, 1, bytes(20_000)),
    "header fields that cannot be decoded": h2.frame(h2.SETTINGS) + h2.frame(h2.HEADERS, 5, 1, b"\xff\xff\xff\xff\xff"),
    "an even stream": h2.frame(h2.SETTINGS) + h2.frame(h2.HEADERS, 5, 2, b"\x82"),
    "HTTP/1 after all": b"POST /v1/traces HTTP/1.1\r\n\r\n",
}


@pytest.mark.requirement("G25")
@pytest.mark.parametrize("data", BROKEN_HTTP2.values(), ids=BROKEN_HTTP2)
def test_what_breaks_http2_behind_its_preface_is_hung_up_on(gateway, nothing_is_taken, data):
    with socket.create_connection(gateway.grpc_address, timeout=20) as client:
        client.sendall(h2.PREFACE + data)
        received = b""
        while chunk := client.recv(65536):
            received += chunk
        *_, (kind, payload) = frames(received)
        assert kind == h2.GOAWAY and int.from_bytes(payload[4:8], "big") != 0, "it is told why"


def test_half_a_preface_and_no_more_is_no_crash(gateway):
    with Client(gateway.grpc_address) as client:
        client.send(h2.PREFACE[:10])
        client.end_sending()
        client.rest()


# The end


def test_a_call_under_way_at_the_end_is_taken_and_delivered():
    with Upstream() as upstream, Gateway(upstream) as gateway, Connection(gateway.grpc_address) as wire:
        sent = export_of(2)
        body = message(sent.body)
        stream = wire.begin_call(body[:10], end=False)
        wire.ping()
        gateway.signal()
        while wire.goaway is None:
            wire.take_frame()
        wire.data(stream, body[10:], end=True)
        assert wire.answer(stream).outcome.is_full_success
        assert wire.ends() == 0
        wire.socket.close()
        assert gateway.wait() == 0
        upstream.delivered(sent.ids)


def test_a_call_that_does_not_end_in_time_is_told_to_come_again():
    with Upstream() as upstream, Gateway(upstream, "--shutdown-timeout=300ms") as gateway:
        with Connection(gateway.grpc_address) as wire:
            stream = wire.begin_call(message(export_of(1).body)[:10], end=False)
            wire.ping()
            gateway.signal()
            outcome = wire.answer(stream).outcome
            assert (outcome.code, outcome.refusal.retry_seconds) == (UNAVAILABLE, 5)
            assert gateway.wait() == 0


def test_under_load_every_acknowledged_span_is_delivered():
    enough = threading.Event()

    def client(gateway):
        accepted = []
        with Calls(gateway.grpc_address) as calls:
            while True:
                sent = export_of(5)
                outcome = calls.call(sent)
                if not outcome.is_full_success:
                    assert outcome.code == UNAVAILABLE
                    return accepted
                accepted += sent.ids
                if len(accepted) > 200:
                    enough.set()

    with Upstream() as upstream, Gateway(upstream) as gateway, ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(client, gateway) for _ in range(4)]
        assert enough.wait(20)
        code, books = gateway.stop()
        accepted = [id for each in clients for id in each.result()]
        assert code == 0
        assert books == {"accepted": books["accepted"], "sent": books["accepted"], "dropped": 0, "held": 0}
        assert upstream.deliveries.total() == books["sent"] == len(upstream.deliveries)
        assert set(accepted) <= set(upstream.deliveries)
