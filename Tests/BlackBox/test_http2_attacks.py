"""Frames that no honest client of HTTP/2 would send: floods, bombs, and requests that may be read in two ways
(X27, X30-X32, X40, X48; RFC 9113 10.5)."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from support.gateway import Gateway
from support.http2_frames import (
    ACK,
    CANCEL,
    CONTINUATION,
    DATA,
    END_HEADERS,
    ENHANCE_YOUR_CALM,
    GOAWAY,
    HEADER_TABLE_SIZE,
    HEADERS,
    INITIAL_WINDOW_SIZE,
    PADDED,
    PING,
    PRIORITY,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    Connection,
    block,
    data,
    frame,
    headers,
    literal,
    post,
    post_fields,
    reference,
    reset,
    settings,
    window_update,
)
from support.otlp import export_of, is_full_success
from support.soundness import MIB, is_at_rest, unharmed
from support.waiting import wait_until

CALM = 64 * MIB
NOWHERE = block(*post_fields(b"/nowhere"))


@pytest.fixture(scope="module")
def hasty(upstream):
    """A gateway that waits for 500 ms where it would wait for seconds."""
    flags = ["--header-timeout=500ms", "--body-timeout=500ms", "--idle-timeout=500ms"]
    with Gateway(upstream, *flags) as gateway:
        yield gateway


def attack(gateway, *frames):
    """Sends them at once and reads to the end of the connection, which comes soon; every frame that came back."""
    with unharmed(gateway, most_memory=CALM), Connection(gateway.address) as client:
        client.send_until_refused(b"".join(frames), 1)
        return client.rest()


def verdict(gateway, *frames):
    """The frame that says what becomes of a request."""
    with unharmed(gateway, most_memory=CALM), Connection(gateway.address) as client:
        client.send(b"".join(frames))
        return client.until(lambda found: found.type in (HEADERS, RST_STREAM, GOAWAY))


def goaway(frames):
    """The error code of the last GOAWAY, or None."""
    codes = [found.error for found in frames if found.type == GOAWAY]
    return codes[-1] if codes else None


# The helpers themselves


def test_a_request_of_these_frames_is_taken(gateway, upstream):
    sent = export_of(1)
    with Connection(gateway.address) as client:
        assert client.takes(1, sent.body) and client.takes(3) and client.answers_ping()
        client.send(headers(5, flags=0, payload=block(*post_fields())[:30]))
        client.send(frame(CONTINUATION, END_HEADERS, 5, block(*post_fields())[30:]) + data(5))
        assert client.status(5) == 200
    upstream.record_of(sent.ids[0])


# Streams


def test_rapid_resets_end_the_connection(hasty):
    """CVE-2023-44487: requests that are taken back at once."""
    frames = attack(hasty, *(headers(stream) + reset(stream) for stream in range(1, 20_001, 2)))
    assert goaway(frames) is not None


ONE_BYTE = post_fields(more=[(b"content-length", b"1")])
SERVER_RESETS = {
    "a malformed head": lambda stream: headers(stream, [*post_fields(), (b"X", b"")]),
    "a window of nothing": lambda stream: headers(stream) + window_update(stream, 0),
    "a window that overflows": lambda stream: headers(stream) + window_update(stream, 2**31 - 1),
    "a body behind its end": lambda stream: headers(stream, ends=True) + data(stream, b"x"),
    "a body longer than told": lambda stream: headers(stream, ONE_BYTE) + data(stream, b"xy"),
    "a refusal that is not waited for": lambda stream: headers(stream, post_fields(b"/nowhere")) + reset(stream),
}


@pytest.mark.requirement("X48")
@pytest.mark.parametrize("invalid", SERVER_RESETS.values(), ids=SERVER_RESETS)
def test_resets_that_the_server_is_made_to_send_hold_up_nobody(hasty, invalid):
    """CVE-2025-8671: requests that are made invalid after they were taken, by a client that reads nothing."""
    with unharmed(hasty, most_memory=CALM), Connection(hasty.address, receive_buffer=4096) as client:
        client.socket.settimeout(0.3)
        for first in range(1, 100_001, 10_000):
            if client.send_until_refused(b"".join(invalid(stream) for stream in range(first, first + 10_000, 2)), 1) == 0:
                break
            assert is_full_success(hasty.post(export_of(1)))


def test_more_streams_than_there_may_be_are_refused_alone(hasty):
    with unharmed(hasty, most_memory=CALM), Connection(hasty.address) as client:
        client.send(b"".join(headers(stream) for stream in range(1, 221, 2)))
        refused = [client.until(lambda found: found.type == RST_STREAM) for _ in range(10)]
        assert [(found.stream, found.error) for found in refused] == [(stream, 7) for stream in range(201, 221, 2)]
        client.send(data(1))
        assert client.status(1) == 200


def test_streams_that_hold_back_their_bodies_reserve_no_more_than_memory_limit(upstream):
    """100 streams on each of 4 connections announce 64 MiB each."""
    with Gateway(upstream, "--memory-limit=256MiB", "--body-timeout=500ms") as gateway, ExitStack() as stack:
        with unharmed(gateway, most_memory=CALM):
            announced = post_fields(more=[(b"content-length", b"%d" % (64 * MIB))])
            for _ in range(4):
                client = stack.enter_context(Connection(gateway.address))
                client.send(b"".join(headers(stream, announced) for stream in range(1, 201, 2)))
                assert client.answers_ping()
                assert gateway.metric("receiver_reserved_bytes") <= 256 * MIB
            gateway.wait_for_metric("receiver_reserved_bytes", lambda count: count == 0)
            stack.close()


@pytest.mark.requirement("X40")
@pytest.mark.parametrize("length", [64 * MIB + 1, 2**40, 2**63 - 1])
def test_an_absurd_length_is_413_from_the_head_alone(gateway, length):
    with unharmed(gateway, most_memory=CALM), Connection(gateway.address) as client:
        client.send(headers(1, post_fields(more=[(b"content-length", b"%d" % length)])))
        assert client.status(1) == 413


# Header blocks


CONTINUATIONS = {
    "of fields": frame(CONTINUATION, 0, 1, literal(b"x", b"y" * 1000)),
    "of nothing": frame(CONTINUATION, 0, 1),
}


@pytest.mark.requirement("X31")
@pytest.mark.parametrize("more", CONTINUATIONS.values(), ids=CONTINUATIONS)
def test_a_header_block_without_end_ends_the_connection(hasty, more):
    """The "CONTINUATION flood", CVE-2024-28182."""
    assert goaway(attack(hasty, headers(1, flags=0), more * 10_000)) == ENHANCE_YOUR_CALM


@pytest.mark.requirement("X31")
def test_many_references_to_a_large_field_are_431(hasty):
    """An "HPACK bomb": 16 KB that stand for 47 MB of header fields. They are counted and not kept."""
    with unharmed(hasty, most_memory=CALM), Connection(hasty.address) as client:
        large = literal(b"x", b"y" * 3900, indexed=True)
        client.send(headers(1, payload=block(*post_fields()) + large + reference(62) * 12_000, ends=True))
        assert client.status(1) == 431


@pytest.mark.requirement("X31")
def test_many_such_bombs_at_once_leave_room_for_others(hasty):
    def throw(_):
        with Connection(hasty.address) as client:
            first = block(*post_fields()) + literal(b"x", b"y" * 3900, indexed=True)
            client.send(headers(1, payload=first, ends=True))
            bomb = block(*post_fields()) + reference(62) * 15_000
            return client.send_until_refused(b"".join(headers(s, payload=bomb, ends=True) for s in range(3, 43, 2)), 1)

    with unharmed(hasty, most_memory=CALM), ThreadPoolExecutor(8) as pool:
        thrown = pool.map(throw, range(8))
        begun = time.monotonic()
        assert all(is_full_success(hasty.post(export_of(1))) for _ in range(20))
        assert time.monotonic() - begun < 5
        list(thrown)


@pytest.mark.requirement("X31")
def test_many_small_fields_are_431(hasty):
    with unharmed(hasty, most_memory=CALM), Connection(hasty.address) as client:
        client.send(headers(1, payload=block(*post_fields()) + literal(b"x", b"") * 4000, ends=True))
        assert client.status(1) == 431


@pytest.mark.requirement("X31")
def test_a_large_field_is_431_and_the_connection_goes_on(gateway):
    with unharmed(gateway), Connection(gateway.address) as client:
        client.send(headers(1, flags=0, payload=block(*post_fields(more=[(b"x", b"y" * 9000)])), ends=True))
        client.send(frame(CONTINUATION, END_HEADERS, 1, literal(b"z", b"y" * 9000)))
        assert client.status(1) == 431
        assert client.takes(3, export_of(1).body)


BROKEN_BLOCKS = {
    "a reference to nothing": reference(0),
    "a reference past the table": reference(5000),
    "an index without end": b"\xff" * 20,
    "a string past the end": b"\x00\x7f\xff\xff\xff\xff\x07",
    "half a field": literal(b"name", b"value")[:-2],
    "a table that is too large": b"\x3f\xe1\xff\x7f",
    "a table size behind a field": literal(b"a", b"b") + b"\x20",
    "bad Huffman code": b"\x00\x81\xff\x01a",
}


@pytest.mark.requirement("X30")
@pytest.mark.parametrize("broken", BROKEN_BLOCKS.values(), ids=BROKEN_BLOCKS)
def test_a_header_block_that_cannot_be_read_ends_the_connection(hasty, broken):
    """What both sides know of header fields would differ from then on (RFC 9113 4.3)."""
    COMPRESSION_ERROR = 9
    frames = attack(hasty, headers(1, payload=block(*post_fields()) + broken))
    assert goaway(frames) == COMPRESSION_ERROR


# Floods


@pytest.mark.requirement("X48")
@pytest.mark.parametrize(
    "flood",
    [
        frame(PING, payload=bytes(8)),
        settings(),
        settings(*[(HEADER_TABLE_SIZE, size) for size in (0, 4096) * 8]),
        window_update(0, 1),
        window_update(1, 1),
        data(1, ends=False),
        frame(DATA, PADDED, 1, b"\xff" + bytes(255)),
        frame(PRIORITY, stream=1, payload=b"\0\0\0\0\x10"),
        frame(PRIORITY, stream=2**31 - 1, payload=b"\0\0\0\0\x10"),
        frame(0x77, payload=bytes(100)),
        frame(PING, ACK, payload=bytes(8)),
    ],
    ids=[
        "ping", "settings", "table sizes", "window of the connection", "window of a stream", "empty data",
        "padding", "priority", "priority of no stream", "unknown frames", "answers to no ping",
    ],
)  # fmt: skip
def test_a_flood_of_small_frames_costs_no_memory_and_holds_up_nobody(hasty, flood):
    """By a client that never reads, so that answers to it would have to be held."""
    with unharmed(hasty, most_memory=CALM), Connection(hasty.address, receive_buffer=4096) as client:
        client.socket.settimeout(0.3)
        client.send(headers(1))
        begun = time.monotonic()
        served = 0
        for _ in range(20):
            if client.send_until_refused(flood * 2000, 1) == 0:
                break
            assert is_full_success(hasty.post(export_of(1)))
            served += 1
        assert served and time.monotonic() - begun < 10


@pytest.mark.requirement("X48")
@pytest.mark.parametrize("flood", [frame(PING, payload=bytes(8)), settings()], ids=["ping", "settings"])
def test_answers_that_are_not_read_end_the_connection(hasty, flood):
    with unharmed(hasty, most_memory=CALM), Connection(hasty.address, receive_buffer=4096) as client:
        client.socket.settimeout(1)
        with pytest.raises(OSError):
            while True:
                client.send(flood * 1000)
        wait_until(lambda: is_at_rest(hasty), "the connection is ended")


def test_settings_of_many_entries_end_the_connection(hasty):
    frames = attack(hasty, settings(*[(HEADER_TABLE_SIZE, 4096)] * 100))
    assert goaway(frames) == ENHANCE_YOUR_CALM


def test_a_window_that_overflows_ends_the_connection(hasty):
    assert goaway(attack(hasty, window_update(0, 2**31 - 1))) == 3


@pytest.mark.requirement("X48")
def test_answers_trickled_through_a_tiny_window_hold_up_nobody(hasty):
    """The "data dribble", CVE-2019-9511: a byte of each answer at a time."""
    with unharmed(hasty, most_memory=CALM), Connection(hasty.address, (INITIAL_WINDOW_SIZE, 1)) as client:
        client.send(b"".join(headers(stream, payload=NOWHERE, ends=True) for stream in range(1, 201, 2)))
        client.send(b"".join(window_update(stream, 1) for stream in range(1, 201, 2)) * 20)
        assert is_full_success(hasty.post(export_of(1)))
        assert client.ends_with_goaway() == 0


# What may be read in two ways

GOOD = post_fields()
MALFORMED = {
    "a transfer coding": [*GOOD, (b"transfer-encoding", b"chunked")],
    "an option of the connection": [*GOOD, (b"connection", b"keep-alive")],
    "a name in capitals": [*GOOD, (b"X-Name", b"a")],
    "a name with a space": [*GOOD, (b"x name", b"a")],
    "a name with a line end": [*GOOD, (b"x\r\nhost", b"a")],
    "a name of nothing": [*GOOD, (b"", b"a")],
    "a value with a line end": [*GOOD, (b"x", b"a\r\nhost: b")],
    "a value with a NUL": [*GOOD, (b"x", b"a\0b")],
    "no method": GOOD[1:],
    "no path": GOOD[:2] + GOOD[3:],
    "an empty path": [*GOOD[:2], (b":path", b""), *GOOD[3:]],
    "a path with a line end": [*GOOD[:2], (b":path", b"/v1/traces\r\n"), *GOOD[3:]],
    "two methods": [GOOD[0], *GOOD],
    "two paths": [*GOOD[:3], *GOOD[2:]],
    "a pseudo-header behind a header": [*GOOD[:2], GOOD[4], *GOOD[2:4]],
    "an unknown pseudo-header": [(b":more", b"a"), *GOOD],
    "a status": [(b":status", b"200"), *GOOD],
    "two lengths": [*GOOD, (b"content-length", b"0"), (b"content-length", b"5")],
    "a signed length": [*GOOD, (b"content-length", b"+0")],
    "a te of other than trailers": [*GOOD, (b"te", b"gzip")],
}


@pytest.mark.requirement("X27", "X30")
@pytest.mark.parametrize("fields", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_request_is_refused_and_takes_nothing(hasty, fields):
    before = hasty.metric("receiver_received_spans_total")
    assert verdict(hasty, headers(1, fields), data(1, export_of(1).body)).type == RST_STREAM
    # One more is that of `unharmed`.
    assert hasty.metric("receiver_received_spans_total") == before + 1


@pytest.mark.requirement("X21", "X27")
@pytest.mark.parametrize("told", [-1, 1, 1000])
def test_a_body_of_another_length_than_was_told_is_refused(hasty, told):
    before = hasty.metric("receiver_received_spans_total")
    body = export_of(1).body
    length = b"%d" % (len(body) + told)
    request = headers(1, post_fields(more=[(b"content-length", length)])) + data(1, body)
    assert verdict(hasty, request).type == RST_STREAM
    assert hasty.metric("receiver_received_spans_total") == before + 1


BROKEN_FRAMES = {
    "DATA on stream 0": data(0, b"x"),
    "DATA on a stream that was not begun": data(1, b"x"),
    "HEADERS on stream 0": headers(0),
    "HEADERS on a stream of the server": headers(2),
    "padding longer than the frame": frame(DATA, PADDED, 1, b"\xff"),
    "a frame of 16 MiB": frame(DATA, 0, 1, length=2**24 - 1),
    "a frame over 16 KiB": headers(1) + data(1, bytes(16_385)),
    "PING of 7 bytes": frame(PING, payload=bytes(7)),
    "PING on a stream": frame(PING, stream=1, payload=bytes(8)),
    "SETTINGS on a stream": frame(SETTINGS, stream=1),
    "SETTINGS of 5 bytes": frame(SETTINGS, payload=bytes(5)),
    "SETTINGS that acknowledge and say more": frame(SETTINGS, ACK, payload=bytes(6)),
    "a window of 2 GiB": settings((INITIAL_WINDOW_SIZE, 2**31)),
    "PUSH_PROMISE": frame(PUSH_PROMISE, END_HEADERS, 1, b"\0\0\0\2"),
    "RST_STREAM of a stream that was not begun": reset(9, CANCEL),
    "RST_STREAM of 3 bytes": headers(1) + frame(RST_STREAM, stream=1, payload=bytes(3)),
    "WINDOW_UPDATE of nothing": window_update(0, 0),
    "CONTINUATION out of nowhere": frame(CONTINUATION, END_HEADERS, 1, b""),
    "another frame in a header block": headers(1, flags=0) + frame(PING, payload=bytes(8)),
    "another stream in a header block": headers(1, flags=0) + headers(3),
}


@pytest.mark.requirement("X32")
@pytest.mark.parametrize("data", BROKEN_FRAMES.values(), ids=BROKEN_FRAMES)
def test_a_frame_against_the_protocol_ends_the_connection(hasty, data):
    assert goaway(attack(hasty, data)) not in (None, 0)


@pytest.mark.requirement("X32")
@pytest.mark.parametrize("cut", [3, 14, 18, 23])
def test_a_preface_that_goes_wrong_is_no_http_2(gateway, cut):
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    with unharmed(gateway), gateway.client() as client:
        client.send(preface[:cut] + b"X" + preface[cut + 1 :] + settings())
        response = client.receive()
        assert (response.status, response["connection"]) == (400, "close")
        client.end_sending()
        assert client.is_closed()


def test_an_attack_costs_itself_and_not_its_neighbours(hasty, upstream):
    """An honest connection is served on while others are ended."""
    with Connection(hasty.address) as honest:
        for number, flood in enumerate([headers(1, flags=0) + frame(CONTINUATION, 0, 1) * 100, window_update(0, 0)]):
            with Connection(hasty.address) as attacker:
                attacker.send_until_refused(flood, 1)
                assert attacker.ends_with_goaway() is not None
            sent = export_of(1)
            assert honest.takes(2 * number + 1, sent.body)
            upstream.record_of(sent.ids[0])


@pytest.mark.requirement("X22")
def test_a_post_in_one_write_with_the_preface_is_taken(gateway):
    with Connection(gateway.address) as client:
        client.send(b"".join(post(stream, export_of(1).body) for stream in range(1, 101, 2)))
        assert [client.status(stream) for stream in range(1, 101, 2)] == [200] * 50
