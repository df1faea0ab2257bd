"""Content codings: of requests, whole and broken, and of answers (P1, P2, H8, H9, H11, X8-X11, X13)."""

import gzip
import json
import zlib

import pytest

from support.codings import PACK, damage, skippable, zstd, zstd_with_length
from support.gateway import Gateway
from support.http1 import request
from support.otlp import (
    INVALID_ARGUMENT,
    Export,
    export,
    export_of,
    field,
    filler,
    is_full_success,
    partial_success,
    refusal,
    span,
)

KIB = 1024


# Names


@pytest.mark.requirement("X8")
@pytest.mark.parametrize("coding", ["gzip", "GZIP", "x-gzip", "X-Gzip", " gzip "])
def test_gzip_has_two_names_of_any_case(gateway, coding):
    assert is_full_success(gateway.post(gzip.compress(export_of(2).body), content_encoding=coding))


@pytest.mark.requirement("X8", "X13")
@pytest.mark.parametrize("coding", ["deflate", "Deflate", "zstd", "ZSTD"])
def test_other_names_have_any_case_too(gateway, upstream, coding):
    sent = export_of(2)
    assert is_full_success(gateway.post(PACK[coding.lower()](sent.body), content_encoding=coding))
    for id in sent.ids:
        upstream.record_of(id)


@pytest.mark.requirement("P1", "X8")
@pytest.mark.parametrize("coding", ["identity", "Identity", ""])
def test_identity_is_no_coding(gateway, coding):
    assert is_full_success(gateway.post(export_of(1), content_encoding=coding))


@pytest.mark.requirement("X9")
@pytest.mark.parametrize("coding", ["br", "snappy", "gzip, gzip", "identity, br", "gzip;q=1", "x-deflate", "gzip gzip"])
def test_other_codings_are_415_and_say_what_is_taken(gateway, coding):
    response = gateway.post(export_of(1), content_encoding=coding)
    assert (response.status, response["accept-encoding"]) == (415, "gzip, deflate, zstd, identity")
    assert refusal(response).message == (
        f'the coding "{coding}" is not taken; send one of gzip, deflate, zstd, identity'
    )


@pytest.mark.requirement("X9")
def test_two_headers_are_a_list_of_codings(gateway):
    data = request(body=gzip.compress(export_of(1).body), content_encoding="gzip")
    with gateway.client() as client:
        client.send(data.replace(b"\r\n\r\n", b"\r\ncontent-encoding: gzip\r\n\r\n", 1))
        assert client.receive().status == 415


# What is taken


@pytest.mark.requirement("H21")
@pytest.mark.parametrize("coding", PACK)
@pytest.mark.parametrize("body", ["nothing packed", "no bytes"])
def test_nothing_is_an_empty_request_in_every_coding(gateway, coding, body):
    packed = PACK[coding](b"") if body == "nothing packed" else b""
    assert is_full_success(gateway.post(packed, content_encoding=coding))


def cut(data):
    """In three parts and an empty one."""
    return [data[:10], b"", data[10:100], data[100:]]


def sent_as(encode):
    """A request and its body as packed."""
    sent = export(*(span(text="x" * 500) for _ in range(50)))
    return sent, encode(sent.body)


NAMED = b"\x1f\x8b\x08\x08\0\0\0\0\0\xffspans\0"
WHOLE = {
    "gzip without compression": ("gzip", lambda data: gzip.compress(data, 0)),
    "gzip with a name in its head": ("gzip", lambda data: NAMED + gzip.compress(data)[10:]),
    "gzip of several members": ("gzip", lambda data: b"".join(map(gzip.compress, cut(data)))),
    "zlib without compression": ("deflate", lambda data: zlib.compress(data, 0)),
    "zlib with a small window": ("deflate", lambda data: zlib_with_window(data, 9)),
    "zstd without its length": ("zstd", zstd),
    "zstd with its length": ("zstd", zstd_with_length),
    "zstd without a checksum": ("zstd", lambda data: zstd(data, "--no-check")),
    "zstd with a long window": ("zstd", lambda data: zstd(data, "--long=27")),
    "zstd of several frames": ("zstd", lambda data: b"".join(map(zstd, cut(data)))),
    "zstd of frames with and without length": ("zstd", lambda data: zstd_with_length(data[:99]) + zstd(data[99:])),
    "zstd between skippable frames": ("zstd", lambda data: skippable(b"a") + zstd(data) + skippable(b"")),
}  # fmt: skip


def zlib_with_window(data, bits):
    packer = zlib.compressobj(9, zlib.DEFLATED, bits)
    return packer.compress(data) + packer.flush()


@pytest.mark.requirement("P2", "X11", "X13")
@pytest.mark.parametrize("coding, encode", WHOLE.values(), ids=WHOLE)
def test_every_form_of_a_coding_is_read_to_its_end(gateway, upstream, coding, encode):
    sent, packed = sent_as(encode)
    assert is_full_success(gateway.post(packed, content_encoding=coding))
    for id in sent.ids:
        upstream.record_of(id)


# What is broken

BODY = export_of(50).body
BROKEN = {
    coding: {
        "cut off in the middle": packed[: len(packed) // 2],
        "cut off by a byte": packed[:-1],
        "one byte": packed[:1],
        "with a damaged head": damage(packed, 0),
        "with damaged data": damage(packed, len(packed) // 2),
        "with a wrong checksum": damage(packed, -8 if coding == "gzip" else -1),
        "with garbage behind it": packed + b"garbage",
        "with the beginning of another behind it": packed + packed[:9],
        "in name only": BODY,
    }
    for coding, packed in ((coding, pack(BODY)) for coding, pack in PACK.items())
}
BROKEN["gzip"] |= {
    "without its trailer": PACK["gzip"](BODY)[:-8],
    "with a wrong length": damage(PACK["gzip"](BODY), -4),
    "of another container": zlib.compress(BODY),
}
BROKEN["deflate"] |= {
    "without its trailer": zlib.compress(BODY)[:-4],
    "of another container": gzip.compress(BODY),
    "without a container": zlib.compress(BODY)[2:-4],
    "with a dictionary that nobody has": b"\x78\xbb" + zlib.compress(BODY)[2:],
    "twice": zlib.compress(BODY) * 2,
}
BROKEN["zstd"] |= {
    "without its checksum": PACK["zstd"](BODY)[:-4],
    "of another container": gzip.compress(BODY),
    "with a skippable frame cut off behind it": PACK["zstd"](BODY) + skippable(b"abc")[:-1],
}
CASES = {f"{coding} {name}": (coding, body) for coding, cases in BROKEN.items() for name, body in cases.items()}


@pytest.mark.requirement("H8", "H30", "H31", "X10", "X13")
@pytest.mark.parametrize("coding, body", CASES.values(), ids=CASES)
def test_broken_codings_are_400(gateway, coding, body):
    response = gateway.post(body, content_encoding=coding)
    assert response.status == 400
    assert refusal(response).code == INVALID_ARGUMENT
    [(name, description)] = refusal(response).violations
    assert name == "content-encoding" and description.startswith("the body cannot be inflated: ")
    assert refusal(response).message == description


@pytest.mark.requirement("H8")
@pytest.mark.parametrize("coding", PACK)
def test_a_coding_without_its_header_is_400(gateway, coding):
    assert gateway.post(PACK[coding](BODY)).status == 400


@pytest.mark.requirement("H30", "X10", "X13")
def test_nothing_of_a_broken_body_is_forwarded(gateway, upstream):
    broken, whole = export_of(2), export_of(1)
    for coding, pack in PACK.items():
        assert gateway.post(pack(broken.body)[:-1], content_encoding=coding).status == 400
    gateway.accept(whole)
    upstream.record_of(whole.ids[0])
    assert not set(broken.ids) & set(upstream.deliveries)


# The limit


@pytest.fixture(scope="module")
def narrow(upstream):
    """A gateway that takes bodies of 64 KiB."""
    with Gateway(upstream, "--max-body-bytes=64KiB") as gateway:
        yield gateway


@pytest.mark.requirement("H11", "H14", "X13")
@pytest.mark.parametrize("coding, pack", [*PACK.items(), ("zstd", zstd_with_length)])
def test_the_limit_holds_to_the_byte_for_what_comes_out(narrow, coding, pack):
    assert is_full_success(narrow.post(pack(filler(64 * KIB)), content_encoding=coding))
    response = narrow.post(pack(filler(64 * KIB + 1)), content_encoding=coding)
    assert response.status == 413
    assert refusal(response).message == "the inflated body has more than max_body_bytes, which is 65536 bytes"


@pytest.mark.requirement("H11", "X11")
@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_the_limit_holds_for_all_members_together(narrow, coding):
    half = PACK[coding](filler(32 * KIB))
    assert is_full_success(narrow.post(half * 2, content_encoding=coding))
    assert narrow.post(half * 3, content_encoding=coding).status == 413


# Answers

# One event more than a span may have.
CROWDED = field(1, field(2, field(2, span().SerializeToString() + field(11, b"") * 65_537)))
LONG = export(span(trace_id=b""), span(trace_id=b""), span(span_id=b"")).body + CROWDED


def rejection(gateway, **headers):
    """A partial success of more than 128 bytes."""
    return gateway.post(LONG, **headers)


@pytest.mark.requirement("H9")
@pytest.mark.parametrize(
    "offer", ["gzip", "GZIP", "x-gzip", "br, gzip", "gzip;q=0.5, br", "deflate,gzip;q=1.0", "*", "*;q=0.1", "*;q=0, gzip"]
)
def test_a_long_answer_is_in_gzip_where_that_is_offered(gateway, offer):
    plain = rejection(gateway)
    assert plain["content-encoding"] is None and len(plain.body) >= 128
    packed = rejection(gateway, accept_encoding=offer)
    assert (packed["content-encoding"], packed["vary"]) == ("gzip", "accept-encoding")
    assert len(packed.body) < len(plain.body)
    assert partial_success(plain)[0] == 4
    assert gzip.decompress(packed.body) == plain.body


@pytest.mark.requirement("H9")
@pytest.mark.parametrize(
    "offer", [None, "", "identity", "br, deflate, zstd", "gzip;q=0", "gzip; q=0.000", "GZIP;Q=0", "*;q=0", "*, gzip;q=0"]
)
def test_it_is_plain_where_gzip_is_not_offered(gateway, offer):
    response = rejection(gateway, accept_encoding=offer)
    assert response["content-encoding"] is None
    assert partial_success(response)[0] == 4


@pytest.mark.requirement("H9", "H25")
def test_refusals_are_packed_too(gateway):
    path = "/" + "nowhere" * 20
    response = gateway.post(b"{}", path=path, content_type="application/json", accept_encoding="gzip")
    assert (response.status, response["content-encoding"]) == (404, "gzip")
    assert path in json.loads(gzip.decompress(response.body))["message"]


@pytest.mark.requirement("H9", "H19")
def test_a_short_answer_stays_as_it_is(gateway):
    response = gateway.post(export_of(1), accept_encoding="gzip")
    assert is_full_success(response) and response["content-encoding"] is None
    response = gateway.post(export(span(trace_id=b"")), accept_encoding="gzip")
    assert response["content-encoding"] is None and partial_success(response)[0] == 1


@pytest.mark.requirement("P2", "H9")
def test_both_ways_may_be_packed(gateway, upstream):
    good = span()
    sent = Export(export(good).body + LONG, (good.span_id.hex(),))
    response = gateway.post(gzip.compress(sent.body), content_encoding="gzip", accept_encoding="gzip")
    assert response["content-encoding"] == "gzip"
    response.body = gzip.decompress(response.body)
    assert partial_success(response)[0] == 4
    upstream.record_of(sent.ids[0])
