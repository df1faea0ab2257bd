"""The data of spans, from requests as strange as the schema allows to records (P4, P5 and D)."""

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from support.otlp import START, Export, export, field, is_full_success, span, varint


def published(gateway, upstream, made):
    """The record of a span that is taken."""
    [id] = gateway.accept(export(made))
    return upstream.record_of(id)


def told(record):
    """A record without what differs from one reception to the next."""
    return {name: value for name, value in record.items() if name != "createdAt"}


# What the schema has not

UNKNOWN = field(2000, b"hi") + varint(2001 << 3) + b"\x05" + varint(2002 << 3 | 1) + bytes(8) + varint(2003 << 3 | 5) + bytes(4)


def everywhere(made, more):
    """A request with that span, with `more` at the beginning and end of each message in it."""

    def message(*fields):
        return more + b"".join(fields) + more

    def text(number, value):
        return field(number, value.encode())

    value = field(2, message(text(1, "value")))
    attribute = message(text(1, "colour"), value)
    entries = field(2, message(field(6, message(field(1, attribute)))))
    items = field(2, message(field(5, message(field(1, message(text(1, "item")))))))
    event = field(11, message(text(2, "event"), field(3, attribute)))
    link = field(13, message(field(1, made.trace_id), field(2, made.span_id), field(4, attribute)))
    status = field(15, message(text(2, "why"), b"\x18\x02"))
    attributes = field(9, attribute) + field(9, message(text(1, "map"), entries)) + field(9, message(text(1, "list"), items))
    whole = field(2, message(made.SerializeToString(), attributes, event, link, status))
    scope = field(1, message(text(1, "scope"), text(2, "1"), field(3, attribute)))
    resource = field(1, message(field(1, attribute)))
    return message(field(1, message(resource, field(2, message(scope, whole)))))


@pytest.mark.requirement("P4")
def test_unknown_fields_of_every_message_change_nothing(gateway, upstream):
    made = span()
    sent = [Export(everywhere(made, more), (made.span_id.hex(),)) for more in (b"", UNKNOWN)]
    records = []
    for each in sent:
        before = upstream.deliveries[each.ids[0]]
        gateway.accept(each)
        gateway.wait_for_metric("exporter_queue_size_spans", lambda held: held == 0)
        assert upstream.deliveries[each.ids[0]] == before + 1
        records.append(told(upstream.record_of(each.ids[0])))
    assert records[0] == records[1]
    assert records[0]["attributes"] == {"colour": "value", "map": {"colour": "value"}, "list": ["item"]}


@pytest.mark.requirement("P4", "X16")
def test_unknown_groups_are_skipped(gateway, upstream):
    made = span()
    group = b"\xd3\x3e" + b"\xc2\x3e\x01a" + b"\xcb\x3e\xcc\x3e" + b"\xd4\x3e"
    gateway.accept(sent := Export(everywhere(made, group), (made.span_id.hex(),)))
    assert upstream.record_of(sent.ids[0])["attributes"]["colour"] == "value"


@pytest.mark.requirement("P5")
def test_the_reserved_field_1000_is_skipped(gateway, upstream):
    old, new = span("old"), span("new")
    library_spans = field(1, field(1, b"library")) + field(2, old.SerializeToString())
    scope_spans = field(2, field(2, new.SerializeToString()))
    assert is_full_success(gateway.post(field(1, field(1000, library_spans) + scope_spans + field(1000, b""))))
    assert upstream.record_of(new.span_id.hex())["name"] == "new"
    assert old.span_id.hex() not in upstream.deliveries


@pytest.mark.requirement("D9")
def test_indexes_into_a_table_of_strings_count_as_absent(gateway, upstream):
    made = span()
    made.attributes.add(key="text").value.string_value_strindex = 7
    made.attributes.add(key_strindex=9).value.string_value = "whose key is elsewhere"
    made.attributes.add(key="kept").value.string_value = "as it is"
    attributes = published(gateway, upstream, made)["attributes"]
    assert (attributes["text"], attributes["kept"]) == (None, "as it is")


# What is missing


@pytest.mark.requirement("D10")
@pytest.mark.parametrize("missing", ["resource", "scope", "both"])
def test_spans_without_a_resource_or_a_scope_are_taken(gateway, upstream, missing):
    made, message = span(), ExportTraceServiceRequest()
    group = message.resource_spans.add()
    scope_spans = group.scope_spans.add(spans=[made])
    if missing == "scope":
        group.resource.attributes.add(key="service.name").value.string_value = "named"
    if missing == "resource":
        scope_spans.scope.name = "library"
    [id] = gateway.accept(Export(message.SerializeToString(), (made.span_id.hex(),)))
    metadata = upstream.record_of(id)["metadata"]
    assert ("resource" in metadata, "scope" in metadata) == (missing == "scope", missing == "resource")


@pytest.mark.requirement("D5")
def test_a_span_without_a_name_is_taken_and_gets_one(gateway, upstream):
    assert published(gateway, upstream, span(""))["name"] == "unknown"


@pytest.mark.requirement("D2")
def test_an_empty_parent_means_a_root(gateway, upstream):
    root = published(gateway, upstream, span())
    child = published(gateway, upstream, span(parent_span_id=b"\xabparents"))
    assert (root["parentSpanId"], root["isRootSpan"]) == (None, True)
    assert (child["parentSpanId"], child["isRootSpan"]) == (b"\xabparents".hex(), False)


@pytest.mark.requirement("H39")
@pytest.mark.parametrize("depth", ["resource", "scope"])
def test_envelopes_without_spans_succeed_and_produce_no_record(gateway, upstream, depth):
    before = gateway.metric("receiver_received_spans_total")
    message = ExportTraceServiceRequest()
    for _ in range(3):
        group = message.resource_spans.add()
        group.resource.attributes.add(key="service.name").value.string_value = "idle"
        if depth == "scope":
            group.scope_spans.add().scope.name = "idle"
    assert is_full_success(gateway.post(message.SerializeToString()))
    assert gateway.metric("receiver_received_spans_total") == before


# What is unusual

KINDS = {0: None, 1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer", 6: 6, 77: 77, 2**31 - 1: 2**31 - 1}


@pytest.mark.requirement("D4", "D11")
@pytest.mark.parametrize("kind, shown", KINDS.items())
def test_every_kind_is_taken(gateway, upstream, kind, shown):
    assert published(gateway, upstream, span(kind=kind))["metadata"]["otel"].get("kind") == shown


@pytest.mark.requirement("D11")
def test_unknown_numbers_of_enums_are_taken(gateway, upstream):
    made = span(kind=-1)
    made.status.code = 9
    otel = published(gateway, upstream, made)["metadata"]["otel"]
    assert (otel["kind"], otel["statusCode"]) == (-1, 9)


@pytest.mark.requirement("D3")
def test_all_bits_of_flags_are_kept(gateway, upstream):
    made = span(flags=0xFFFFFC01)
    made.links.add(trace_id=made.trace_id, span_id=b"8 bytes!", flags=0xFFFFFFFF)
    otel = published(gateway, upstream, made)["metadata"]["otel"]
    assert (otel["flags"], otel["links"][0]["flags"]) == (0xFFFFFC01, 0xFFFFFFFF)


@pytest.mark.requirement("D13")
def test_of_attributes_with_one_key_the_last_counts(gateway, upstream):
    made = span()
    for value in ("first", "second"):
        made.attributes.add(key="colour").value.string_value = value
    record = published(gateway, upstream, made)
    assert record["attributes"] == {"colour": "second"}
    assert record["metadata"]["otel"]["duplicates"] == [{"key": "colour", "value": "first"}]


@pytest.mark.requirement("D14")
def test_dropped_counts_and_the_message_of_a_status_are_kept(gateway, upstream):
    made = span(dropped_attributes_count=1, dropped_events_count=2, dropped_links_count=3)
    made.events.add(name="event", dropped_attributes_count=4)
    made.links.add(trace_id=made.trace_id, span_id=b"8 bytes!", dropped_attributes_count=5)
    made.status.code, made.status.message = made.status.STATUS_CODE_ERROR, "no such city"
    record = published(gateway, upstream, made)
    otel = record["metadata"]["otel"]
    assert [otel[f"dropped{what}Count"] for what in ("Attributes", "Events", "Links")] == [1, 2, 3]
    assert otel["events"][0]["droppedAttributesCount"] == 4 and otel["links"][0]["droppedAttributesCount"] == 5
    assert record["error"]["message"] == "no such city"


@pytest.mark.requirement("D15")
def test_schema_urls_trace_state_and_entities_are_taken(gateway, upstream):
    made, message = span(trace_state="vendor=1,other=2"), ExportTraceServiceRequest()
    group = message.resource_spans.add(schema_url="https://example.test/resource")
    group.resource.entity_refs.add(type="service", schema_url="https://example.test/entity", id_keys=["service.name"])
    group.scope_spans.add(schema_url="https://example.test/scope", spans=[made]).scope.name = "library"
    [id] = gateway.accept(Export(message.SerializeToString(), (made.span_id.hex(),)))
    metadata = upstream.record_of(id)["metadata"]
    assert metadata["otel"]["traceState"] == "vendor=1,other=2"
    assert metadata["otel"]["resourceSchemaUrl"] == "https://example.test/resource"
    assert metadata["scope"] == {"name": "library", "schemaUrl": "https://example.test/scope"}


@pytest.mark.requirement("D8")
def test_an_attribute_without_a_value_is_null(gateway, upstream):
    made = span()
    made.attributes.add(key="none")
    made.attributes.add(key="empty").value.SetInParent()
    made.attributes.add(key="mixed").value.array_value.values.add()
    assert published(gateway, upstream, made)["attributes"] == {"none": None, "empty": None, "mixed": [None]}


TEXTS = {
    "a stray byte": (b"w\xffrk", "w\ufffdrk"),
    "half a character": (b"w\xc3", "w\ufffd"),
    "a surrogate": (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),
    "an overlong slash": (b"\xc0\xaf", "\ufffd\ufffd"),
    "a NUL": (b"w\0rk", "w\0rk"),
}


@pytest.mark.requirement("D17")
@pytest.mark.parametrize("raw, shown", TEXTS.values(), ids=TEXTS)
def test_invalid_utf8_is_replaced(gateway, upstream, raw, shown):
    made = span("")
    named = field(5, raw) + field(9, field(1, b"k" + raw) + field(2, field(1, raw)))
    body = field(1, field(2, field(2, made.SerializeToString() + named)))
    [id] = gateway.accept(Export(body, (made.span_id.hex(),)))
    record = upstream.record_of(id)
    assert record["name"] == shown
    assert record["attributes"] == {"k" + shown: shown}


@pytest.mark.requirement("D7")
def test_absurd_times_are_published_and_never_break_a_batch(gateway, upstream):
    cases = [(0, 0), (5, 0), (0, 5), (2 * 10**18, 10**18), (2**64 - 1, 2**64 - 1), (1, 2**64 - 1)]
    sent = export(*(span(start_time_unix_nano=start, end_time_unix_nano=end) for start, end in cases))
    gateway.accept(sent)
    for id in sent.ids:
        upstream.record_of(id)  # Its shape is checked when the upstream ends.


@pytest.mark.requirement("D6")
def test_times_are_exact(gateway, upstream):
    record = published(gateway, upstream, span(start_time_unix_nano=START + 999_999_999, end_time_unix_nano=START + 10**9))
    assert (record["startedAt"], record["endedAt"]) == ("2023-11-14T22:13:20.999Z", "2023-11-14T22:13:21.000Z")
    otel = record["metadata"]["otel"]
    assert (otel["startTimeUnixNano"], otel["endTimeUnixNano"]) == (str(START + 999_999_999), str(START + 10**9))


@pytest.mark.requirement("D18")
@pytest.mark.parametrize("number", [0, -1, 2**53 - 1, 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63)])
def test_integers_stay_exact(gateway, upstream, number):
    made = span()
    made.attributes.add(key="n").value.int_value = number
    shown = published(gateway, upstream, made)["attributes"]["n"]
    assert shown == (number if abs(number) < 2**53 else str(number))


@pytest.mark.requirement("D19")
@pytest.mark.parametrize("number, shown", [("nan", "NaN"), ("inf", "Infinity"), ("-inf", "-Infinity")])
def test_what_json_has_not_is_text(gateway, upstream, number, shown):
    made = span()
    made.attributes.add(key="x").value.double_value = float(number)
    assert published(gateway, upstream, made)["attributes"] == {"x": shown}
