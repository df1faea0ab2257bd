"""gRPC calls as no library sends them: framing, labels, compression, limits (OTLP G; gRPC PROTOCOL-HTTP2)."""

import gzip
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.codings import PACK, gzip_bomb, zstd, zstd_bomb
from support.gateway import Gateway
from support.grpc_calls import INTERNAL, OK, Calls
from support.grpc_frames import Connection, Ended, call_fields, message
from support.http1 import Response
from support.otlp import INVALID_ARGUMENT, RESOURCE_EXHAUSTED, UNAVAILABLE, UNIMPLEMENTED, export_of, refusal
from support.program import MEMORY_FACTOR

KIB = 1024
MIB = 1024 * KIB


@pytest.fixture
def wire(gateway):
    with Connection(gateway.grpc_address) as connection:
        yield connection


# The message of a call


SENT = export_of(2)
BROKEN_FRAMING = {
    "no message": (b"", UNIMPLEMENTED, "no message"),
    "two messages": (message(SENT.body) * 2, UNIMPLEMENTED, "more than one message"),
    "half a prefix": (b"\x00\x00\x00", INTERNAL, "cut off: 2 bytes are missing"),
    "a prefix alone": (message(b"", length=1), INTERNAL, "cut off: 1 bytes are missing"),
    "a length past the end": (message(SENT.body, length=len(SENT.body) + 7), INTERNAL, "cut off: 7 bytes are missing"),
    "the largest length": (message(SENT.body, length=2**32 - 1), INTERNAL, "cut off"),
    "half a second prefix": (message(SENT.body) + b"\x00\x00", UNIMPLEMENTED, "more than one message"),
    "flag 2": (message(SENT.body, flag=2), INVALID_ARGUMENT, "this one is 2"),
    "flag 255": (message(SENT.body, flag=255), INVALID_ARGUMENT, "this one is 255"),
}


@pytest.mark.requirement("G22", "G10")
@pytest.mark.parametrize("body, code, says", BROKEN_FRAMING.values(), ids=BROKEN_FRAMING)
def test_broken_framing_is_a_final_failure_and_nothing_is_taken(gateway, wire, body, code, says):
    before = gateway.metric("receiver_received_spans_total")
    outcome = wire.call(body)
    assert outcome.code == code and outcome.is_final and says in outcome.message
    assert gateway.metric("receiver_received_spans_total") == before
    assert wire.call(message(b"")).is_full_success, "the connection goes on"


@pytest.mark.requirement("G22")
def test_no_message_at_all_is_told_when_the_header_fields_end_the_call(wire):
    outcome = wire.answer(wire.begin_call(b"", end=True)).outcome
    assert (outcome.code, outcome.message) == (UNIMPLEMENTED, "the call has no message; Export takes one")


@pytest.mark.requirement("G22")
@pytest.mark.parametrize("step", [1, 4, 7])
def test_frames_may_end_anywhere(wire, step, upstream):
    sent = export_of(2)
    body = message(gzip.compress(sent.body), flag=1)
    stream = wire.begin_call(grpc_encoding="gzip")
    for start in range(0, len(body), step):
        wire.data(stream, body[start : start + step])
    wire.data(stream, b"", end=True)
    assert wire.answer(stream).outcome.is_full_success
    for id in sent.ids:
        upstream.record_of(id)


@pytest.mark.requirement("G22")
def test_trailers_of_the_client_may_end_a_call(wire):
    stream = wire.begin_call(message(export_of(1).body), end=False)
    wire.send_trailers(stream, [("x-checksum", "1")])
    assert wire.answer(stream).outcome.is_full_success


# The shape of answers


@pytest.mark.requirement("G15")
def test_a_success_has_its_message_and_then_its_status_in_trailers(wire):
    answer = wire.answer(wire.begin_call(message(export_of(1).body)))
    head, trailers = answer.blocks
    assert (head[":status"], head["content-type"]) == ("200", "application/grpc")
    assert trailers == {"grpc-status": "0"} and answer.body == bytes(5)
    assert "grpc-status" not in head and "content-length" not in head


@pytest.mark.requirement("G15", "G12")
def test_a_failure_is_one_header_block_with_all_there_is_to_say(wire):
    answer = wire.answer(wire.begin_call(message(b"\xff")))
    assert answer.is_trailers_only
    [head] = answer.blocks
    assert (head[":status"], head["content-type"], head["grpc-status"]) == ("200", "application/grpc", "3")
    assert "content-length" not in head
    assert answer.outcome.status.details[0].type_url == "type.googleapis.com/google.rpc.BadRequest"


@pytest.mark.requirement("G15")
def test_a_message_for_people_is_percent_encoded(wire):
    answer = wire.answer(wire.begin_call(message(b""), path="/ü%\u2028\N{PARTY POPPER}"))
    raw = answer.blocks[0]["grpc-message"]
    assert raw.startswith("no method /%C3%BC%25%E2%80%A8%F0%9F%8E%89; ") and raw.isascii()
    assert answer.outcome.message.startswith("no method /ü%\u2028\N{PARTY POPPER}; ")


# Labels


GRPC_TYPES = [
    "application/grpc", "application/grpc+proto", "Application/GRPC", "APPLICATION/GRPC+PROTO",
    "application/grpc;charset=utf-8", "application/grpc+proto ; a=b",
]  # fmt: skip


@pytest.mark.requirement("G30", "H25")
@pytest.mark.parametrize("is_first", [True, False])
def test_too_much_metadata_is_told_in_the_form_of_a_call_wherever_it_stands(wire, is_first):
    fields = call_fields(x_large="x" * 17_000)
    large = fields.pop()
    stream = wire.open(fields + [large] if is_first else fields[:4] + [large] + fields[4:])
    assert wire.answer(stream).outcome.code == RESOURCE_EXHAUSTED


@pytest.mark.requirement("G15")
@pytest.mark.parametrize("content_type", GRPC_TYPES)
def test_both_content_types_of_grpc_are_taken_in_any_case(wire, content_type):
    assert wire.call(message(export_of(1).body), content_type=content_type).is_full_success


@pytest.mark.requirement("G16")
@pytest.mark.parametrize(
    "content_type", ["application/grpc+json", "application/grpc-web", "application/grpcx", "text/plain", "", None]
)
def test_another_content_type_is_415_of_http(wire, content_type):
    answer = wire.answer(wire.begin_call(message(export_of(1).body), content_type=content_type))
    head = answer.blocks[0]
    assert (answer.status, "grpc-status" in head) == (415, False)
    response = Response(answer.status, list(head.items()), answer.body)
    assert refusal(response).code == INVALID_ARGUMENT and "send application/grpc" in refusal(response).message


def test_a_method_other_than_post_is_unimplemented(wire):
    for method in ("GET", "PUT", "OPTIONS"):
        outcome = wire.call(message(b""), method=method)
        assert (outcome.code, "use POST" in outcome.message) == (UNIMPLEMENTED, True)


def test_te_is_not_insisted_on(wire):
    """gRPC uses it to find out about proxies, which does not concern us."""
    assert wire.call(message(export_of(1).body), te=None).is_full_success


def test_protobuf_without_framing_is_told_where_it_is_taken(wire):
    answer = wire.answer(wire.begin_call(export_of(1).body, content_type="application/x-protobuf"))
    status = refusal(Response(answer.status, list(answer.blocks[0].items()), answer.body))
    assert answer.status == 415 and "send application/x-protobuf" not in status.message


# Compression


@pytest.mark.requirement("G2", "G17")
@pytest.mark.parametrize("encoding", PACK)
def test_a_flagged_message_is_unpacked_as_the_encoding_says(wire, upstream, encoding):
    sent = export_of(3)
    assert wire.call(message(PACK[encoding](sent.body), flag=1), grpc_encoding=encoding).is_full_success
    for id in sent.ids:
        upstream.record_of(id)


@pytest.mark.requirement("G17")
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "identity", None])
def test_a_message_without_the_flag_is_taken_as_it_is(wire, upstream, encoding):
    sent = export_of(1)
    assert wire.call(message(sent.body), grpc_encoding=encoding).is_full_success
    upstream.record_of(sent.ids[0])
    assert wire.call(message(gzip.compress(sent.body)), grpc_encoding=encoding).code == INVALID_ARGUMENT


@pytest.mark.requirement("G18", "G19")
@pytest.mark.parametrize("encoding", ["snappy", "br", "GZIP", "x-gzip", "gzip, gzip", ""])
@pytest.mark.parametrize("flag", [0, 1])
def test_another_encoding_is_unimplemented_and_told_which_are_known(wire, encoding, flag):
    answer = wire.answer(wire.begin_call(message(export_of(1).body, flag), grpc_encoding=encoding))
    assert answer.outcome.code == UNIMPLEMENTED and answer.outcome.is_final
    assert answer.blocks[0]["grpc-accept-encoding"] == "identity,gzip,deflate,zstd"
    assert f'"{encoding}" is not taken; send one of gzip, deflate, zstd, identity' in answer.outcome.message


@pytest.mark.requirement("G20")
@pytest.mark.parametrize("encoding", ["identity", None])
def test_compression_that_nothing_declares_is_a_final_failure(wire, encoding):
    outcome = wire.call(message(gzip.compress(export_of(1).body), flag=1), grpc_encoding=encoding)
    assert (outcome.code, outcome.is_final) == (INTERNAL, True)
    assert outcome.message == "the message is marked as compressed, and grpc-encoding does not say how"


PACKED = gzip.compress(export_of(50).body)
BROKEN = {
    "gzip that is cut off": ("gzip", PACKED[: len(PACKED) // 2]),
    "gzip without its trailer": ("gzip", PACKED[:-8]),
    "gzip with a wrong checksum": ("gzip", PACKED[:-8] + bytes(4) + PACKED[-4:]),
    "gzip in name only": ("gzip", SENT.body),
    "gzip with garbage behind it": ("gzip", PACKED + b"garbage"),
    "zlib called gzip": ("gzip", zlib.compress(SENT.body)),
    "gzip called deflate": ("deflate", gzip.compress(SENT.body)),
    "deflate that is cut off": ("deflate", zlib.compress(SENT.body)[:-4]),
    "zstd that is cut off": ("zstd", zstd(SENT.body)[:-1]),
}


@pytest.mark.requirement("G20", "G10")
@pytest.mark.parametrize("encoding, packed", BROKEN.values(), ids=BROKEN)
def test_broken_compression_is_a_final_failure(wire, encoding, packed):
    outcome = wire.call(message(packed, flag=1), grpc_encoding=encoding)
    assert outcome.code == INVALID_ARGUMENT and outcome.is_final
    [(_, description)] = outcome.refusal.violations
    assert description == outcome.message and description.startswith("the body cannot be inflated: ")


def test_the_violation_of_broken_compression_names_a_field_of_grpc(wire):
    [(field, _)] = wire.call(message(b"no gzip", flag=1), grpc_encoding="gzip").refusal.violations
    assert field in ("grpc-encoding", "message")


# Limits


@pytest.fixture(scope="module")
def narrow(upstream):
    """A gateway that takes messages of 64 KiB."""
    with Gateway(upstream, "--max-body-bytes=64KiB") as gateway:
        yield gateway


def filler(count):
    """So many bytes of a request, in a field that nobody knows."""
    length, size = count, b""
    while len(b"\xc2\x3e" + size) + length != count:
        length = count - len(b"\xc2\x3e" + size)
        size = varint(length)
    return b"\xc2\x3e" + size + bytes(length)


def test_a_message_within_both_limits_is_taken_where_they_are_equal(upstream):
    with Gateway(upstream, "--memory-limit=1MiB", "--max-body-bytes=1MiB") as gateway:
        with Connection(gateway.grpc_address) as wire:
            assert wire.call(message(filler(720 * KIB))).is_full_success


def varint(number):
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


def is_too_large(outcome):
    """The failure of G4, which nothing lets a client repeat."""
    assert (outcome.code, outcome.status) == (RESOURCE_EXHAUSTED, None)
    return "max_body_bytes" in outcome.message


@pytest.mark.requirement("G4", "G5")
@pytest.mark.parametrize("pack, encoding", [(bytes, None), *((pack, name) for name, pack in PACK.items())])
def test_the_limit_holds_to_the_byte_packed_or_not(narrow, pack, encoding):
    flag = 1 if encoding else 0
    with Connection(narrow.grpc_address) as wire:
        assert wire.call(message(pack(filler(64 * KIB)), flag), grpc_encoding=encoding).is_full_success
        assert is_too_large(wire.call(message(pack(filler(64 * KIB + 1)), flag), grpc_encoding=encoding))
        assert wire.call(message(export_of(1).body)).is_full_success, "the connection goes on"


@pytest.mark.requirement("G4")
def test_a_message_that_is_too_large_is_stopped_while_it_comes(narrow):
    """At the limit, not at the end of the message: there is none."""
    with Connection(narrow.grpc_address) as wire:
        stream = wire.begin_call(message(bytes(200 * KIB), length=2**31), end=False)
        assert is_too_large(wire.answer(stream).outcome)


@pytest.mark.requirement("G4")
def test_an_absurd_length_is_refused_from_the_header_fields_alone(gateway, wire):
    for length in (64 * MIB + 6, 2**40, 2**63 - 1):
        assert is_too_large(wire.answer(wire.begin_call(content_length=str(length))).outcome)


@pytest.mark.requirement("G5")
def test_the_default_limit_is_64_mib(gateway):
    with Calls(gateway.grpc_address) as calls:
        assert calls.call(filler(64 * MIB)).is_full_success
        assert is_too_large(calls.call(filler(64 * MIB + 1)))


@pytest.mark.requirement("G21")
def test_bombs_are_stopped_at_the_limit_while_others_are_served(upstream):
    bombs = [("gzip", message(gzip_bomb(), flag=1)), ("zstd", message(zstd_bomb(), flag=1))]
    stop = threading.Event()
    with Gateway(upstream) as gateway:

        def throw(number):
            encoding, body = bombs[number % 2]
            with Connection(gateway.grpc_address) as wire:
                return wire.call(body, grpc_encoding=encoding)

        def be_served():
            codes = set()
            with Calls(gateway.grpc_address) as calls:
                while not stop.is_set():
                    codes.add(calls.call(export_of(1)).code)
            return codes

        with ThreadPoolExecutor(9) as pool:
            other = pool.submit(be_served)
            outcomes = list(pool.map(throw, range(8)))
            stop.set()
            assert other.result() == {OK}
        codes = [outcome.code for outcome in outcomes]
        # One that finds no memory is to be sent again.
        assert set(codes) <= {RESOURCE_EXHAUSTED, UNAVAILABLE} and codes.count(RESOURCE_EXHAUSTED) >= 2
        assert all(is_too_large(outcome) for outcome in outcomes if outcome.code == RESOURCE_EXHAUSTED)
        # Each would be 1 GiB; memory_limit is 256 MiB.
        assert gateway.metric("process_peak_resident_bytes") < 512 * MIB * MEMORY_FACTOR
        assert gateway.metric("receiver_reserved_bytes") == 0


# Metadata


@pytest.mark.requirement("G30", "G23")
def test_metadata_of_16_kib_is_taken_and_more_is_refused(wire):
    assert wire.call(message(export_of(1).body), x_large="x" * 15 * KIB).is_full_success
    for flood in [{"x_large": "x" * 17 * KIB}, {f"x_{number}": "1" for number in range(150)}]:
        outcome = wire.call(message(export_of(1).body), **flood)
        assert (outcome.code, outcome.is_final) == (RESOURCE_EXHAUSTED, True)
    assert wire.call(message(export_of(1).body)).is_full_success, "the connection goes on"


def test_too_many_fields_are_told_by_their_number(wire):
    outcome = wire.call(message(b""), **{f"x_{number}": "1" for number in range(150)})
    assert "100" in outcome.message


@pytest.mark.requirement("G30")
@pytest.mark.parametrize("size", [100 * KIB, MIB, 4 * MIB])
def test_a_flood_of_metadata_ends_its_connection_and_no_other(gateway, wire, size):
    with Connection(gateway.grpc_address) as flooder:
        with pytest.raises((Ended, BrokenPipeError, ConnectionResetError)):
            flooder.call(message(export_of(1).body), x_large="x" * size)
    assert wire.call(message(export_of(1).body)).is_full_success
