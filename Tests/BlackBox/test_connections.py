"""Connections: how many there may be, and clients that vanish, never read, or write all before they read
(H37, X38, X39, X41, X42, X48)."""

import gzip
import threading
from contextlib import ExitStack

import pytest

from support.gateway import Gateway
from support.http1 import chunked, post_chunked, request
from support.http2_frames import INITIAL_WINDOW_SIZE, Connection, headers, post, post_fields
from support.otlp import RESOURCE_EXHAUSTED, export_of, is_full_success, refusal
from support.soundness import MIB, is_at_rest, unharmed
from support.waiting import wait_until

KIB = 1024
ANOTHER_ADDRESS = "127.0.0.2"


# How many


@pytest.mark.requirement("H37", "X42")
def test_several_hundred_idle_connections_are_held(gateway):
    with unharmed(gateway, most_memory=96 * MIB), ExitStack() as stack:
        clients = [stack.enter_context(gateway.client()) for _ in range(400)]
        assert all(is_full_success(client.post()) for client in clients[::57])
        assert is_full_success(gateway.post(export_of(1)))


@pytest.mark.requirement("X42")
def test_connections_beyond_the_limit_are_closed_and_room_is_made_again(upstream):
    with Gateway(upstream, "--max-connections=2") as gateway:
        with gateway.client() as first, gateway.client() as second:
            assert is_full_success(first.post()) and is_full_success(second.post())
            with gateway.client() as third:
                assert third.is_closed()
            assert is_full_success(first.post())
        wait_until(lambda: is_at_rest(gateway), "no connection left")
        assert is_full_success(gateway.post(export_of(1)))
        assert gateway.metric("receiver_connections_refused_total", reason="max_connections") == 1
        assert gateway.metric("receiver_connections_accepted_total", listener="http") == 3


@pytest.mark.requirement("X42")
def test_one_address_cannot_take_all_connections(upstream):
    with Gateway(upstream, "--max-connections-per-ip=3") as gateway:
        with unharmed(gateway), ExitStack() as stack:
            mine = [stack.enter_context(gateway.client()) for _ in range(3)]
            assert all(is_full_success(client.post()) for client in mine)
            for _ in range(5):
                with gateway.client() as one_more:
                    assert one_more.is_closed()
            with gateway.client(source=ANOTHER_ADDRESS) as other:
                assert is_full_success(other.post(export_of(1).body))
            with Connection(gateway.grpc_address) as elsewhere:
                assert elsewhere.takes(1), "each listener counts its own"
            assert all(is_full_success(client.post()) for client in mine)
            mine[0].socket.close()
            wait_until(lambda: gateway.metric("receiver_connections", listener="http") == 2, "a connection has ended")
            assert is_full_success(gateway.post(export_of(1)))
        assert gateway.metric("receiver_connections_refused_total", reason="max_connections_per_ip") == 5
        assert gateway.metric("receiver_connections_refused_total", reason="max_connections") == 0


# Vanishing

LARGE = export_of(200, "x" * 100).body
HTTP1_REQUESTS = {
    "with a length": request(body=LARGE),
    "in chunks": post_chunked(chunked(*(LARGE[start : start + 5000] for start in range(0, len(LARGE), 5000)))),
    "that waits to go on": request(body=LARGE, expect="100-continue"),
    "compressed": request(body=gzip.compress(LARGE, 1), content_encoding="gzip"),
    "that is refused": request(body=LARGE[:60_000], path="/nowhere"),
    "that is too large": request(body=LARGE, content_length=65 * MIB),
}


def stages(data, head):
    """Ends of what is sent: in the head, at its end, and in the body."""
    return [0, 1, 10, head // 2, head - 1, head, head + 1, (head + len(data)) // 2, len(data) - 1, len(data)]


@pytest.mark.requirement("X39")
@pytest.mark.parametrize("data", HTTP1_REQUESTS.values(), ids=HTTP1_REQUESTS)
def test_clients_of_http_1_may_vanish_at_any_point(gateway, data):
    with unharmed(gateway):
        for end in stages(data, data.index(b"\r\n\r\n") + 4):
            for _ in range(3):
                client = gateway.client()
                client.send(data[:end])
                client.vanish()


HTTP2_REQUESTS = {
    "over HTTP": post(1, LARGE[:16_000]) + post(3, LARGE[:16_000]),
    "over gRPC": post(
        1, b"\0" + len(LARGE[:9000]).to_bytes(4, "big") + LARGE[:9000], content_type=b"application/grpc",
        path=b"/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    ),
    "that is refused": post(1, LARGE[:9000], path=b"/nowhere"),
}  # fmt: skip


@pytest.mark.requirement("X39")
@pytest.mark.parametrize("data", HTTP2_REQUESTS.values(), ids=HTTP2_REQUESTS)
def test_clients_of_http_2_may_vanish_at_any_point(gateway, data):
    with unharmed(gateway):
        for end in stages(data, len(headers(1))):
            for _ in range(3):
                client = Connection(gateway.address)
                client.send(data[:end])
                client.vanish()


@pytest.mark.requirement("X39")
def test_clients_may_vanish_in_the_middle_of_their_answers(gateway):
    with unharmed(gateway):
        for _ in range(20):
            client = gateway.client()
            client.send(request(path="/" + "x" * 500) * 50)
            client.receive()
            client.vanish()


@pytest.mark.requirement("X39")
@pytest.mark.parametrize("end", ["closing", "half-closing"])
def test_clients_may_leave_politely_in_the_middle_of_a_request(gateway, end):
    data = request(body=LARGE)
    with unharmed(gateway), ExitStack() as stack:
        for cut in stages(data, data.index(b"\r\n\r\n") + 4)[:-1]:
            client = stack.enter_context(gateway.client())
            client.send(data[:cut])
            if end == "closing":
                client.socket.close()
            else:
                client.end_sending()
                client.rest()


# Never reading


@pytest.fixture
def hasty(upstream):
    """A gateway that waits for 300 ms where it would wait for more than a minute."""
    with Gateway(upstream, "--idle-timeout=300ms") as gateway:
        yield gateway


def all_ends(gateway):
    wait_until(lambda: is_at_rest(gateway), "clients that never read are ended")


@pytest.mark.requirement("X48")
def test_a_client_that_pipelines_and_never_reads_is_ended_and_holds_up_nobody(hasty):
    with unharmed(hasty, most_memory=64 * MIB), hasty.client() as deaf:
        deaf.socket.settimeout(0.2)
        with pytest.raises((TimeoutError, ConnectionError)):
            while True:
                deaf.send(request("GET", path="/" + "x" * 500) * 20)
        assert is_full_success(hasty.post(export_of(1)))
        all_ends(hasty)


@pytest.mark.requirement("X48")
def test_a_client_of_http_2_with_a_closed_window_is_ended_and_holds_up_nobody(hasty):
    """Its answers of some bytes each are held, and there are not more of them than streams at once."""
    with unharmed(hasty, most_memory=64 * MIB), Connection(hasty.address, (INITIAL_WINDOW_SIZE, 0)) as deaf:
        deaf.send(b"".join(headers(stream, post_fields(b"/nowhere"), ends=True) for stream in range(1, 2001, 2)))
        hasty.wait_for_metric("receiver_requests_total", lambda count: count >= 100, protocol="http2")
        assert is_full_success(hasty.post(export_of(1)))
        all_ends(hasty)


@pytest.mark.requirement("X48")
def test_a_client_of_http_2_that_reads_no_byte_is_ended_and_holds_up_nobody(hasty):
    with unharmed(hasty, most_memory=64 * MIB), Connection(hasty.address, receive_buffer=4096) as deaf:
        deaf.socket.settimeout(0.2)
        with pytest.raises((TimeoutError, ConnectionError)):
            for stream in range(1, 2**31, 2):
                deaf.send(headers(stream, post_fields(b"/nowhere"), ends=True))
        assert is_full_success(hasty.post(export_of(1)))
        all_ends(hasty)


@pytest.mark.requirement("X48")
def test_two_hundred_clients_that_do_not_look_at_their_answers_slow_down_nobody(hasty):
    with unharmed(hasty, most_memory=128 * MIB), ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(hasty.client()).send(request("GET", path="/" + "x" * 500) * 20)
        with hasty.client() as client:
            assert all(is_full_success(client.post(export_of(1).body)) for _ in range(50))
        all_ends(hasty)


# Reading late


@pytest.fixture(scope="module")
def narrow(upstream):
    """A gateway that takes bodies of 64 KiB."""
    with Gateway(upstream, "--max-body-bytes=64KiB") as gateway:
        yield gateway


def write_then_read(gateway, head, parts, seconds_between=0.0):
    """Writes a whole request before it looks at the answer; so do many clients."""
    pause = threading.Event()
    with gateway.client() as client:
        client.send(head)
        for part in parts:
            client.send(part)
            pause.wait(seconds_between)
        return client.receive()


FRAMINGS = {
    "with a length": (request(content_length=4 * MIB), [bytes(MIB)] * 4),
    "in chunks": (post_chunked(b""), [*[chunked(bytes(MIB)).removesuffix(b"0\r\n\r\n")] * 4, b"0\r\n\r\n"]),
}


@pytest.mark.requirement("X41", "H14")
@pytest.mark.parametrize("head, parts", FRAMINGS.values(), ids=FRAMINGS)
def test_a_client_that_writes_its_whole_body_first_reads_the_413(narrow, head, parts):
    with unharmed(narrow):
        response = write_then_read(narrow, head, parts)
        assert (response.status, response["connection"]) == (413, "close")
        assert refusal(response).code == RESOURCE_EXHAUSTED


@pytest.mark.requirement("X41")
@pytest.mark.parametrize("head, parts", FRAMINGS.values(), ids=FRAMINGS)
def test_so_does_one_that_takes_seconds_to_write_it(narrow, head, parts):
    with unharmed(narrow):
        assert write_then_read(narrow, head, parts, seconds_between=0.8).status == 413


@pytest.mark.requirement("X38")
def test_but_a_refused_client_cannot_go_on_for_ever(upstream):
    """What follows the answer is read for a while only, however fast it comes."""
    with Gateway(upstream, "--max-body-bytes=1KiB", "--idle-timeout=300ms", "--body-timeout=300ms") as gateway:
        with unharmed(gateway, most_memory=64 * MIB), gateway.client() as client:
            client.send(post_chunked(b""))
            endless = chunked(bytes(16 * KIB)).removesuffix(b"0\r\n\r\n")
            pause = threading.Event()
            with pytest.raises(ConnectionError):
                while True:
                    client.send(endless)
                    pause.wait(0.01)
