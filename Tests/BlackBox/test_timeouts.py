"""Connections that dawdle are ended, honest ones are not (X36-X38)."""

import threading
import time

import pytest

from support.gateway import Gateway
from support.http1 import chunked, post_chunked, request
from support.otlp import DEADLINE_EXCEEDED, export_of, is_full_success, refusal
from support.waiting import wait_until


@pytest.fixture(scope="module")
def hasty(upstream):
    """A gateway that waits for 300 ms where it would wait for seconds."""
    flags = ["--header-timeout=300ms", "--body-timeout=300ms", "--idle-timeout=300ms"]
    with Gateway(upstream, *flags) as gateway:
        yield gateway


def drip(client, data, until_closed):
    """Sends a byte at a time, some twenty a second, until the peer has answered."""
    pause = threading.Event()
    for position in range(len(data)):
        if until_closed.is_set():
            return
        try:
            client.send(data[position : position + 1])
        except OSError:
            return
        pause.wait(0.05)


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
        dripping = threading.Thread(target=drip, args=[client, request(x_padding="x" * 200), answered])
        dripping.start()
        response = client.receive()
        answered.set()
        dripping.join()
    assert response.status == 408


@pytest.mark.requirement("X38")
@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_a_body_that_drips_is_408(hasty, framing):
    body = export_of(20).body
    data = request(body=body) if framing == "length" else post_chunked(chunked(*(body[i : i + 1] for i in range(100))))
    head = data.index(b"\r\n\r\n") + 4
    answered = threading.Event()
    with hasty.client() as client:
        client.send(data[:head])
        dripping = threading.Thread(target=drip, args=[client, data[head:], answered])
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
        data = request(body=sent.body)
        for start in range(0, len(data), 2000):
            client.send(data[start : start + 2000])
            pause.wait(0.05)
        assert is_full_success(client.receive())
        assert time.monotonic() - begun > 1, "the body came within one interval"
        upstream.record_of(sent.ids[39])


@pytest.mark.requirement("X38")
def test_an_idle_connection_is_closed_without_an_answer(hasty):
    with hasty.client() as never_used, hasty.client() as used:
        assert is_full_success(used.post())
        assert never_used.is_closed() and used.is_closed()


@pytest.mark.requirement("X37", "X38")
def test_two_hundred_dawdling_connections_slow_down_nobody(gateway):
    dawdlers = [gateway.client() for _ in range(200)]
    try:
        for number, client in enumerate(dawdlers):
            client.send(request(content_length=1000)[: 40 if number % 2 else None])
        with gateway.client() as client:
            begun = time.monotonic()
            assert all(is_full_success(client.post(export_of(1).body)) for _ in range(50))
            assert time.monotonic() - begun < 5
    finally:
        for client in dawdlers:
            client.socket.close()
