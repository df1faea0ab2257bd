"""Messages that no exporter would write: deep, malformed, flooding, and damaged anywhere (X14-X18)."""

import random

import pytest

from support.gateway import Gateway
from support.otlp import (
    Export,
    export,
    export_of,
    field,
    is_full_success,
    partial_success,
    refusal,
    span,
    varint,
)
from support.soundness import MIB, unharmed
from support.upstream import Upstream

# Depth


def nested(levels, kind):
    """A span with an attribute of so many lists or maps, one in the other."""
    made = span()
    value = made.attributes.add(key="deep").value
    for _ in range(levels):
        if kind == "lists":
            value = value.array_value.values.add()
        else:
            value = value.kvlist_value.values.add(key="k").value
    value.string_value = "bottom"
    return export(made)


@pytest.mark.requirement("X14")
def test_deep_values_are_taken(gateway, upstream):
    sent = nested(20, "lists")
    assert is_full_success(gateway.post(sent))
    value = upstream.record_of(sent.ids[0])["attributes"]["deep"]
    # What the upstream gets keeps to Mastra's own limit, and says so.
    for _ in range(8):
        [value] = value
    assert value == "[MaxDepth]"


def wrapped(tags):
    """Messages in messages, written from the inside out: Python's protobuf would not do it."""
    parts, size = [], 0
    for tag in tags:
        head = tag + varint(size)
        parts.append(head)
        size += len(head)
    return b"".join(reversed(parts))


IN_A_SPAN = [b"\x12", b"\x4a", b"\x12", b"\x12", b"\x0a"]
DEEP = {
    "lists": wrapped([b"\x0a", b"\x2a"] * 10_000 + IN_A_SPAN),
    "maps": wrapped([b"\x12", b"\x0a", b"\x32"] * 10_000 + IN_A_SPAN),
    "lists in a million levels": wrapped([b"\x0a", b"\x2a"] * 1_000_000 + IN_A_SPAN),
}


@pytest.mark.requirement("X14")
@pytest.mark.parametrize("body", DEEP.values(), ids=DEEP)
def test_absurdly_deep_values_are_400(gateway, body):
    with unharmed(gateway, most_memory=64 * MIB):
        response = gateway.post(body)
        assert response.status == 400 and "is nested deeper than 64 levels" in refusal(response).message


@pytest.mark.requirement("X14")
@pytest.mark.parametrize("tags", [[b"\x0a", b"\x2a"], [b"\x12", b"\x0a", b"\x32"]], ids=["lists", "maps"])
def test_the_limit_of_depth_is_64_levels(gateway, tags):
    assert partial_success(gateway.post(wrapped(tags * 64 + IN_A_SPAN)))[0] == 1, "the span has no ids"
    assert gateway.post(wrapped(tags * 65 + IN_A_SPAN)).status == 400


@pytest.mark.requirement("X14")
def test_absurdly_deep_unknown_groups_are_400(gateway):
    levels = 1_000_000
    with unharmed(gateway, most_memory=64 * MIB):
        assert gateway.post(b"\x13" * levels + b"\x14" * levels).status == 400
        # Those of a message within a span, too, whose depth counts anew where it is forgotten.
        assert gateway.post(field(1, field(2, field(2, b"\xcb\x3e" * levels + b"\xcc\x3e" * levels)))).status == 400


# Wire format

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


@pytest.mark.requirement("X15", "H30", "H31")
@pytest.mark.parametrize("body, fault", BAD_PROTOBUF.values(), ids=BAD_PROTOBUF)
def test_malformed_protobuf_is_400_and_says_where(gateway, body, fault):
    response = gateway.post(body)
    assert response.status == 400
    [(name, description)] = refusal(response).violations
    assert refusal(response).message == f"the body is no ExportTraceServiceRequest: {fault}" == description
    assert name in ("body", "ExportTraceServiceRequest field 1")


@pytest.mark.requirement("X15")
@pytest.mark.parametrize("length", [2**31 - 1, 2**31, 2**32, 2**62, 2**63 - 1, 2**63, 2**64 - 1])
def test_a_length_of_any_size_past_the_end_is_400(gateway, length):
    with unharmed(gateway, most_memory=64 * MIB):
        for around in (lambda inner: inner, lambda inner: field(1, field(2, field(2, inner)))):
            assert gateway.post(around(b"\x0a" + varint(length))).status == 400
            assert gateway.post(around(b"\x0a" + varint(length) + b"rest")).status == 400


@pytest.mark.requirement("H30")
def test_nothing_of_bad_data_is_forwarded(gateway, upstream):
    lost, kept = export_of(1), export_of(1)
    assert gateway.post(lost.body + b"\x0a\xff").status == 400
    assert is_full_success(gateway.post(kept))
    upstream.record_of(kept.ids[0])
    assert lost.ids[0] not in upstream.deliveries


# Floods

COUNT = 4_000_000


def flooded(number, inside=lambda flood: flood):
    """8 MB of empty messages of that field."""
    return inside((varint(number << 3 | 2) + b"\0") * COUNT)


def in_a_span(flood):
    return field(1, field(2, field(2, span().SerializeToString() + flood)))


FLOODS = {
    "resources": flooded(1),
    "scopes": flooded(2, lambda flood: field(1, flood)),
    "unknown fields": flooded(15),
}
SPAN_FLOODS = {
    "attributes": flooded(9, in_a_span),
    "events": flooded(11, in_a_span),
    "links": flooded(13, in_a_span),
}
MEMORY_OF_A_FLOOD = 96 * MIB


@pytest.mark.requirement("X17", "H39")
@pytest.mark.parametrize("body", FLOODS.values(), ids=FLOODS)
def test_a_flood_of_empty_messages_around_spans_costs_no_more_than_its_bytes(gateway, body):
    with unharmed(gateway, most_memory=MEMORY_OF_A_FLOOD):
        assert is_full_success(gateway.post(body))


@pytest.mark.requirement("X17")
def test_a_flood_of_empty_spans_is_rejected_by_number(gateway):
    with unharmed(gateway, most_memory=MEMORY_OF_A_FLOOD):
        spans = b"\x12\x00" * 1_000_000
        response = gateway.post(field(1, field(2, spans)))
        assert partial_success(response) == (1_000_000, "1000000 rejected: trace_id is not 16 bytes or all zero")
        assert gateway.post(field(1, field(2, spans + b"\x12\x00"))).status == 400


@pytest.mark.requirement("X17")
@pytest.mark.parametrize("body", SPAN_FLOODS.values(), ids=SPAN_FLOODS)
def test_a_flood_of_empty_messages_in_a_span_rejects_it(gateway, body):
    with unharmed(gateway, most_memory=MEMORY_OF_A_FLOOD):
        assert partial_success(gateway.post(body))[0] == 1


@pytest.mark.requirement("X17")
@pytest.mark.parametrize("kind", ["list", "map"])
def test_a_flood_of_empty_values_in_an_attribute_is_published_short(kind):
    """What is within the limits of a span is mapped, and must not grow there either."""
    value = field(5 if kind == "list" else 6, b"\x0a\x00" * COUNT)
    made = span()
    body = field(1, field(2, field(2, made.SerializeToString() + field(9, field(1, b"many") + field(2, value)))))
    with Upstream() as upstream, Gateway(upstream) as gateway, unharmed(gateway, most_memory=MEMORY_OF_A_FLOOD):
        [id] = gateway.accept(Export(body, (made.span_id.hex(),)))
        assert len(str(upstream.record_of(id))) < 10_000


@pytest.mark.requirement("X17")
def test_resources_that_each_span_repeats_are_bounded(gateway):
    """A small request that would become gigabytes of records."""
    resource = field(1, b"".join(field(1, field(1, b"k%d" % n) + field(2, field(1, b"x" * 900))) for n in range(60)))
    spans = b"".join(field(2, span().SerializeToString()) for _ in range(100_000))
    with unharmed(gateway, most_memory=256 * MIB):
        response = gateway.post(field(1, resource + field(2, spans)))
        assert response.status == 400 and "once for each span" in refusal(response).message


# Mutations


def rich():
    """A request with something of everything."""
    made = span("mutated", text="text", trace_state="a=b", flags=0x301, kind=3)
    made.parent_span_id = bytes(range(1, 9))
    made.attributes.add(key="list").value.array_value.values.add().int_value = -1
    made.attributes.add(key="map").value.kvlist_value.values.add(key="k").value.double_value = 0.5
    made.attributes.add(key="bytes").value.bytes_value = b"\0\xff"
    made.attributes.add(key="flag").value.bool_value = True
    made.events.add(name="event", time_unix_nano=made.start_time_unix_nano).attributes.add(key="e")
    made.links.add(trace_id=bytes(range(16)), span_id=bytes(range(8))).attributes.add(key="l")
    made.status.code, made.status.message = 2, "broken"
    return export(made).body


def mutated(chance, body):
    """A few bytes changed, cut out, doubled, or the end cut off."""
    changed = bytearray(body)
    for _ in range(chance.randint(1, 4)):
        if not changed:
            break
        start = chance.randrange(len(changed))
        match chance.randrange(5):
            case 0:
                changed[start] = chance.randrange(256)
            case 1:
                changed[start] ^= 1 << chance.randrange(8)
            case 2:
                del changed[start : start + chance.randint(1, 8)]
            case 3:
                changed[start:start] = changed[start : start + chance.randint(1, 20)]
            case 4:
                del changed[max(start, 1) :]
    return bytes(changed)


@pytest.mark.requirement("X18", "X46")
def test_every_mutation_of_a_request_is_200_or_400():
    """The upstream checks the shape of each record that comes of them."""
    chance, body = random.Random(20), rich()
    bodies = [body[:end] for end in range(len(body))] + [mutated(chance, body) for _ in range(3000)]
    with Upstream() as upstream, Gateway(upstream) as gateway, unharmed(gateway, most_memory=128 * MIB):
        with gateway.client() as client:
            statuses = {client.post(each).status for each in bodies}
        assert statuses == {200, 400}
        gateway.wait_for_metric("exporter_queue_size_spans", lambda held: held == 0)
        assert len(upstream.deliveries) > 1
