"""Connections that dawdle are ended, honest ones are not (X36-X38)."""

import threading
import time
from contextlib import ExitStack

import pytest

from support.gateway import Gateway
from support.http1 import chunked, post_chunked, request
from support.http2_frames import CONTINUATION, PING, PREFACE, Connection, data, frame, headers, settings
from support.otlp import DEADLINE_EXCEEDED, export_of, is_full_success, refusal
from support.soundness import MIB, is_at_rest, unharmed
from support.waiting import wait_until


@pytest.fixture(scope="module")
def hasty(upstream):
    """A gateway that waits for 300 ms where it would wait for seconds."""
    flags = ["--header-timeout=300ms", "--body-timeout=300ms", "--idle-timeout=300ms"]
    with Gateway(upstream, *flags) as gateway:
        yield gateway


def drip(client, parts, until_closed):
    """Sends a part at a time, some twenty a second, until the peer has answered."""
    pause = threading.Event()
    for part in parts:
        if until_closed.is_set():
            return
        try:
            client.send(part)
        except OSError:
            return
        pause.wait(0.05)


def in_bytes(data):
    return [bytes([byte]) for byte in data]


@pytest.mark.requirement("X38")
@pytest.mark.parametrize("sent", [b"P", b"PRI * HT", request()[:30], request()[:-2]], ids=["P", "PRI", "line", "head"])
def test_a_head_that_does_not_come_is_408(hasty, sent):
    with hasty.client() as client:
        client.send(sent)
        response = client.receive()
        assert (response.status, response["connection"]) == (408, "close")
        assert refusal(response).code == DEADLINE_EXCEEDED
        client.end_sending()
        assert client.is_closed()


@pytest.mark.requirement("H27")
def test_a_timeout_below_a_second_is_not_told_as_0_s(hasty):
    with hasty.client() as client:
        client.send(request()[:-2])
        assert "within 0 s" not in refusal(client.receive()).message


@pytest.mark.requirement("X38")
def test_a_head_that_drips_is_408(hasty):
    answered = threading.Event()
    with hasty.client() as client:
        dripping = threading.Thread(target=drip, args=[client, in_bytes(request(x_padding="x" * 200)), answered])
        dripping.start()
        response = client.receive()
        answered.set()
        dripping.join()
    assert response.status == 408


@pytest.mark.requirement("X38")
@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_a_body_that_drips_is_408(hasty, framing):
    body = export_of(20).body
    whole = request(body=body) if framing == "length" else post_chunked(chunked(*(body[i : i + 1] for i in range(100))))
    head = whole.index(b"\r\n\r\n") + 4
    answered = threading.Event()
    with hasty.client() as client:
        client.send(whole[:head])
        dripping = threading.Thread(target=drip, args=[client, in_bytes(whole[head:]), answered])
        dripping.start()
        response = client.receive()
        answered.set()
        dripping.join()
        assert (response.status, response["connection"]) == (408, "close")
        assert refusal(response).message.startswith("the request body made no progress within")
    wait_until(lambda: hasty.metric("receiver_reserved_bytes") == 0, "the body's reservation is given back")


@pytest.mark.requirement("X36")
def test_a_slow_body_that_makes_progress_is_taken(upstream):
    sent = export_of(40, "x" * 1200)
    pause = threading.Event()
    with Gateway(upstream, "--body-timeout=1s") as gateway, gateway.client() as client:
        begun = time.monotonic()
        whole = request(body=sent.body)
        for start in range(0, len(whole), 2000):
            client.send(whole[start : start + 2000])
            pause.wait(0.05)
        assert is_full_success(client.receive())
        assert time.monotonic() - begun > 1, "the body came within one interval"
        upstream.record_of(sent.ids[39])


@pytest.mark.requirement("X38")
def test_an_idle_connection_is_closed_without_an_answer(hasty):
    with hasty.client() as never_used, hasty.client() as used:
        assert is_full_success(used.post())
        assert never_used.is_closed() and used.is_closed()


# HTTP/2


HEADS = {
    "a header block that is never ended": headers(1, flags=0),
    "a header block that goes on with nothing": headers(1, flags=0) + frame(CONTINUATION, 0, 1),
    "half a frame": headers(1)[:20],
}


@pytest.mark.requirement("X38")
@pytest.mark.parametrize("data", HEADS.values(), ids=HEADS)
def test_a_head_of_http_2_that_does_not_come_ends_the_connection(hasty, data):
    with unharmed(hasty), Connection(hasty.address) as client:
        client.send(data)
        assert client.ends_with_goaway() == 0


@pytest.mark.requirement("X38")
@pytest.mark.parametrize("address", ["address", "grpc_address"])
def test_a_connection_of_http_2_that_says_nothing_is_closed(hasty, address):
    with unharmed(hasty), Connection(getattr(hasty, address)) as client:
        assert client.ends_with_goaway() == 0


@pytest.mark.requirement("X38")
def test_a_connection_of_http_2_that_only_pings_is_closed_too(hasty):
    answered = threading.Event()
    with unharmed(hasty), Connection(hasty.address) as client:
        pinging = threading.Thread(target=drip, args=[client, [frame(PING, payload=bytes(8))] * 200, answered])
        pinging.start()
        assert client.ends_with_goaway() == 0
        answered.set()
        pinging.join()


@pytest.mark.requirement("X38")
@pytest.mark.parametrize("dripping", [b"", b"x"], ids=["nothing", "single bytes"])
def test_a_body_of_http_2_that_drips_is_408(hasty, dripping):
    answered = threading.Event()
    with unharmed(hasty), Connection(hasty.address) as client:
        client.send(headers(1))
        sending = threading.Thread(target=drip, args=[client, [data(1, dripping, ends=False)] * 200, answered])
        sending.start()
        status = client.status(1)
        answered.set()
        sending.join()
    assert status == 408


# Many

DAWDLERS = [b"P", b"PRI * HTTP/2.0", request()[:40], request()[:-2], request(content_length=1000), PREFACE + settings()]


@pytest.mark.requirement("X37", "X38")
def test_two_hundred_dawdling_connections_slow_down_nobody_and_are_ended(upstream):
    flags = ["--header-timeout=2s", "--body-timeout=2s", "--idle-timeout=2s"]
    with Gateway(upstream, *flags) as gateway, unharmed(gateway, most_memory=96 * MIB), ExitStack() as stack:
        for number in range(200):
            dawdler = stack.enter_context(gateway.client())
            dawdler.send(DAWDLERS[number % len(DAWDLERS)])
        with gateway.client() as client:
            begun = time.monotonic()
            assert all(is_full_success(client.post(export_of(1).body)) for _ in range(50))
            assert time.monotonic() - begun < 1
        assert gateway.metric("receiver_connections", listener="http") >= 200, "they were there all along"
        wait_until(lambda: is_at_rest(gateway), "all dawdlers are ended")


@pytest.mark.requirement("X37")
def test_bodies_that_are_announced_and_do_not_come_leave_room_for_others(upstream):
    with Gateway(upstream) as gateway, ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(gateway.client()).send(request(content_length=64 * MIB))
        gateway.wait_for_metric("receiver_requests_total", lambda count: count == 8, protocol="http1")
        assert is_full_success(gateway.post(export_of(1)))
