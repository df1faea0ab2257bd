"""Traces in OTLP/JSON: how each kind of value is read, seen in the records that come of it (OTLP J)."""

import gzip
import itertools
import json

import pytest

from support import corpus
from support.codings import PACK
from support.curl import curl
from support.gateway import Gateway
from support.otlp_json import (
    attribute,
    encoded,
    is_full_success,
    partial_success,
    post_json,
    raw,
    request_json,
    span_json,
)

INVALID_IDS = "rejected: {}_id is not {} bytes or all zero"


@pytest.fixture(scope="module")
def gateway(upstream):
    """Nearly every test waits for a record."""
    with Gateway(upstream, "--max-batch-wait=10ms") as gateway:
        yield gateway


@pytest.fixture
def take(gateway, upstream):
    """Sends requests, or spans by themselves, that have to be taken whole; the record of the span in each."""

    def take(*documents):
        requests = [request_json(each) if isinstance(each, dict) and "traceId" in each else each for each in documents]
        for each in requests:
            assert is_full_success(post_json(gateway, each))
        return [upstream.record_of(id_of(json.loads(encoded(each)))) for each in requests]

    return take


def attributes_of(*values):
    """A span with these attribute values, called 0, 1 and so on."""
    return span_json(attributes=[{"key": str(number), "value": value} for number, value in enumerate(values)])


def in_order(record):
    """The attributes of such a span in a record."""
    return [record["attributes"][str(number)] for number in range(len(record["attributes"]))]


# Ids


@pytest.mark.requirement("J1", "J2")
def test_ids_are_hex_of_either_case(gateway, upstream):
    sent = span_json(
        traceId="5B8efff798038103d269b633813FC60C", spanId="EEE19b7ec3c1b174", parentSpanId="EEE19B7EC3C1B173",
        links=[{"traceId": "AbCdEf" + "0" * 26, "spanId": "fEdCbA9876543210"}],
    )  # fmt: skip
    assert is_full_success(post_json(gateway, request_json(sent)))
    record = upstream.record_of("eee19b7ec3c1b174")
    assert record["traceId"] == "5b8efff798038103d269b633813fc60c"
    assert record["parentSpanId"] == "eee19b7ec3c1b173"
    [link] = record["metadata"]["otel"]["links"]
    assert (link["traceId"], link["spanId"]) == ("abcdef" + "0" * 26, "fedcba9876543210")


NO_TRACE_IDS = ["", "0" * 32, "ab" * 15, "ab" * 17, "a" * 31, "0x" + "a" * 30, "zz" * 16, "W47/95gDgQPSabYzgT/GDA=="]
NO_SPAN_IDS = ["", "0" * 16, "ab" * 7, "ab" * 9, "a" * 15, "0x" + "a" * 14, "zz" * 8, "7uGbfsPBsXQ=", "ababab ababab"]


@pytest.mark.requirement("J3", "J26")
def test_ids_that_are_no_hex_of_their_length_cost_their_spans_alone(gateway, upstream):
    for name, ids, length in [("trace", NO_TRACE_IDS, 16), ("span", NO_SPAN_IDS, 8)]:
        good = span_json()
        response = post_json(gateway, request_json(*(span_json(**{f"{name}Id": id}) for id in ids), good))
        count = str(len(ids))
        assert partial_success(response) == (count, f"{count} {INVALID_IDS.format(name, length)}")
        assert upstream.record_of(good["spanId"])["traceId"] == good["traceId"]


@pytest.mark.requirement("J3")
@pytest.mark.parametrize("member", ["traceId", "spanId", "parentSpanId"])
@pytest.mark.parametrize("value", [12345, 0, True, ["ab"], {}], ids=str)
def test_ids_that_are_no_text_are_400(gateway, member, value):
    assert post_json(gateway, request_json(span_json(**{member: value}))).status == 400


@pytest.mark.requirement("J2", "J3")
def test_a_parent_id_that_is_none_leaves_a_root_with_a_warning(take):
    empty, none, bad = take(span_json(parentSpanId=""), span_json(), span_json(parentSpanId="7uGbfsPBsXQ="))
    assert empty["parentSpanId"] is none["parentSpanId"] is bad["parentSpanId"] is None
    assert "warnings" not in none["metadata"]["otel"] and "warnings" not in empty["metadata"]["otel"]
    [warning] = bad["metadata"]["otel"]["warnings"]
    assert warning.startswith("invalid_parent_span_id:")


# Enums


@pytest.mark.requirement("J4", "J5")
def test_enums_are_numbers_or_names_of_the_schema(take):
    kinds = [0, 1, 2, 3, 4, 5, 6, 99, -1, 2**31 - 1, "3", "SPAN_KIND_PRODUCER"]
    records = take(*(span_json(kind=kind) for kind in kinds))
    assert [record["metadata"]["otel"].get("kind") for record in records] == [
        None, "internal", "server", "client", "producer", "consumer", 6, 99, -1, 2**31 - 1, "client", "producer",
    ]  # fmt: skip
    codes = [0, 1, 2, 3, "STATUS_CODE_ERROR"]
    records = take(*(span_json(status={"code": code}) for code in codes))
    found = [record["metadata"]["otel"].get("statusCode") for record in records]
    assert found == [None, "ok", "error", 3, "error"]


@pytest.mark.requirement("J5")
@pytest.mark.parametrize("kind", ["CLIENT", "span_kind_client", "STATUS_CODE_OK", "", "SPAN_KIND_CLIENT "])
def test_other_names_of_enums_are_400(gateway, kind):
    assert post_json(gateway, request_json(span_json(kind=kind))).status == 400


# Names of members


UNKNOWN = [None, True, -1.5e300, "text", [], {}, [[{"a": [1, {"b": None}]}]], {"spans": [1], "traceId": 5}]


def with_unknown(value):
    """The same with unknown members in each object, before and behind the known ones."""
    if isinstance(value, list):
        return [with_unknown(each) for each in value]
    if not isinstance(value, dict):
        return value
    unknown = [(f"unknown{number}", each) for number, each in enumerate(UNKNOWN)]
    return dict(unknown[:4]) | {name: with_unknown(each) for name, each in value.items()} | dict(unknown[4:])


@pytest.mark.requirement("J6")
def test_members_of_unknown_names_are_skipped_at_every_depth(take):
    first, second = take(with_unknown(example()), example())
    assert comparable(first) == comparable(second)


def snake(value):
    """The same with the names of the `.proto` files."""
    if isinstance(value, list):
        return [snake(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {"".join("_" + c.lower() if c.isupper() else c for c in name): snake(each) for name, each in value.items()}


@pytest.mark.requirement("J7", "J8")
def test_original_names_are_read_like_those_of_the_specification(gateway, upstream):
    document, plain = example(), example()
    assert "start_time_unix_nano" in json.dumps(snake(document))
    assert is_full_success(post_json(gateway, snake(document)))
    assert is_full_success(post_json(gateway, plain))
    first, second = (upstream.record_of(id_of(each)) for each in (document, plain))
    assert comparable(first) == comparable(second)


@pytest.mark.requirement("J24")
def test_members_may_stand_in_any_order(take):
    """Also the id behind the attributes, and the spans before their resource."""

    def reversed_members(value):
        if isinstance(value, list):
            return [reversed_members(each) for each in value]
        return {k: reversed_members(v) for k, v in reversed(value.items())} if isinstance(value, dict) else value

    first, second = take(reversed_members(example()), example())
    assert comparable(first) == comparable(second)


@pytest.mark.requirement("J24")
def test_of_a_member_that_comes_twice_the_last_counts(gateway, upstream):
    sent = span_json(name="last")
    text = json.dumps(request_json(sent)).replace('"name": "last"', '"name": "first", "kind": 3, "name": "last"')
    assert is_full_success(post_json(gateway, text))
    assert upstream.record_of(sent["spanId"])["name"] == "last"


# Numbers


@pytest.mark.requirement("J9", "J10", "J23")
def test_integers_keep_their_value_however_they_are_written(take):
    exact = {
        "0": 0, '"0"': 0, "-0": 0, "42": 42, '"42"': 42, "-7": -7, "9007199254740991": 2**53 - 1,
        "9007199254740993": str(2**53 + 1), '"9007199254740993"': str(2**53 + 1),
        "9223372036854775807": str(2**63 - 1), '"-9223372036854775808"': str(-(2**63)),
        "1e3": 1000, "1E+3": 1000, '"1e3"': 1000, "1000.0": 1000, "10000e-1": 1000, "1.5e1": 15,
        "9.223372036854775807e18": str(2**63 - 1),
    }  # fmt: skip
    texts = ",".join(f'{{"key":"{number}","value":{{"intValue":{text}}}}}' for number, text in enumerate(exact))
    [record] = take(raw(span_json(), "attributes", f"[{texts}]"))
    assert in_order(record) == list(exact.values())


@pytest.mark.requirement("J9", "J10")
def test_times_are_exact_as_numbers_and_as_strings(take):
    for start, end in [(1_700_000_000_123_456_789, 1_700_000_001_987_654_321), (2**53 + 1, 2**60 + 1)]:
        for text in (str, int):
            [record] = take(span_json(startTimeUnixNano=text(start), endTimeUnixNano=text(end)))
            otel = record["metadata"]["otel"]
            assert (otel["startTimeUnixNano"], otel["endTimeUnixNano"]) == (str(start), str(end))
    # The largest there is can be no time of a record, but it is no mistake in JSON.
    take(span_json(startTimeUnixNano=2**64 - 1, endTimeUnixNano=str(2**64 - 1)))


@pytest.mark.requirement("J13")
def test_doubles_are_numbers_strings_and_three_words(take):
    exact = {
        "0.1": 0.1, "1e10": 1e10, "-0.0": 0, "5e-324": 5e-324, "1.7976931348623157e308": 1.7976931348623157e308,
        "0.30000000000000004": 0.30000000000000004, "123456789012345678901234567890": 1.2345678901234568e29,
        '"0.1"': 0.1, '"-1e-3"': -0.001, "3": 3, '"3"': 3, '"NaN"': "NaN", '"Infinity"': "Infinity",
        '"-Infinity"': "-Infinity",
    }  # fmt: skip
    texts = ",".join(f'{{"key":"{number}","value":{{"doubleValue":{text}}}}}' for number, text in enumerate(exact))
    [record] = take(raw(span_json(), "attributes", f"[{texts}]"))
    assert in_order(record) == list(exact.values())


# Other values


@pytest.mark.requirement("J12")
def test_bytes_are_base64_of_either_alphabet_padded_or_not(take):
    texts = ["", "AA==", "AA", "+/+/", "-_-_", "-_8=", "+/8", "SGVsbG8gd29ybGQ="]
    [record] = take(attributes_of(*({"bytesValue": text} for text in texts)))
    assert in_order(record) == ["", "AA==", "AA==", "+/+/", "+/+/", "+/8=", "+/8=", "SGVsbG8gd29ybGQ="]


@pytest.mark.requirement("J12", "J20")
@pytest.mark.parametrize("text", ["A", "AAAAA", "AA=", "A A=", "A===", "ab!d", "Ä", "=", "AA==AA"])
def test_bytes_that_are_no_base64_are_400(gateway, text):
    assert post_json(gateway, request_json(attributes_of({"bytesValue": text}))).status == 400


@pytest.mark.requirement("J21")
def test_every_kind_of_attribute_value_is_taken(take):
    deep = {"kvlistValue": {"values": [attribute("list", arrayValue={"values": [{"intValue": "1"}, {}]})]}}
    values = [
        {"stringValue": "text"}, {"stringValue": ""}, {"boolValue": True}, {"boolValue": False}, {"intValue": "7"},
        {"doubleValue": 0.5}, {"bytesValue": "AP8Q"}, {}, {"arrayValue": {}}, {"arrayValue": {"values": []}},
        {"kvlistValue": {}}, {"arrayValue": {"values": [{"stringValue": "a"}, {"boolValue": True}, deep]}}, deep,
    ]  # fmt: skip
    [record] = take(attributes_of(*values))
    assert in_order(record) == [
        "text", "", True, False, 7, 0.5, "AP8Q", None, [], [], {},
        ["a", True, {"list": [1, None]}], {"list": [1, None]},
    ]  # fmt: skip


@pytest.mark.requirement("J14")
def test_null_is_the_default_of_every_member(take):
    names = [
        "traceState", "parentSpanId", "name", "kind", "endTimeUnixNano", "attributes", "droppedAttributesCount",
        "events", "droppedEventsCount", "links", "droppedLinksCount", "status", "flags",
    ]  # fmt: skip
    nothing, null = span_json(), span_json()
    for name in names:
        nothing.pop(name, None)
        null[name] = None
    first, second = take(request_json(nothing), request_json(null, scope=None, schemaUrl=None))
    assert comparable(first) == comparable(second)
    take(span_json() | {"startTimeUnixNano": None})
    values = ["stringValue", "boolValue", "intValue", "doubleValue", "arrayValue", "kvlistValue", "bytesValue"]
    [record] = take(attributes_of(*({name: None} for name in values), {"intValue": 1, "stringValue": None}, None))
    assert in_order(record) == [None] * 7 + [1, None]


@pytest.mark.requirement("J14", "J15", "J16")
@pytest.mark.parametrize(
    "text",
    [
        "{}", " { } ", '{"resourceSpans":null}', '{"resourceSpans":[]}', '{"resourceSpans":[{}]}', '{"a":1}',
        '{"resourceSpans":[{"resource":null,"scopeSpans":[{"spans":[]}]}]}',
    ],
)  # fmt: skip
def test_an_empty_request_succeeds(gateway, text):
    assert is_full_success(post_json(gateway, text))


# Text


@pytest.mark.requirement("J18")
def test_text_is_read_raw_and_escaped(take):
    texts = {
        '"Grüße 漢字"': "Grüße 漢字", '"\N{PARTY POPPER}"': "\N{PARTY POPPER}",
        r'"\ud83c\udf89"': "\N{PARTY POPPER}",
        r'"\uD83C\uDF89"': "\N{PARTY POPPER}", r'"\"\\\/\b\f\n\r\t"': '"\\/\b\f\n\r\t', r'"a\u0000b"': "a\0b",
        r'"\u2028"': "\u2028", '"\u2028"': "\u2028", '"\x7f"': "\x7f",
        r'"\ud83c"': "\ufffd", r'"\udf89\ud83c!"': "\ufffd\ufffd!",
        r'"\ud83cA"': "\ufffdA", '"\ufeff"': "\ufeff", '"' + "x" * 500 + r'\u00e9"': "x" * 500 + "é",
    }  # fmt: skip
    values = ",".join(f'{{"key":"{number}","value":{{"stringValue":{text}}}}}' for number, text in enumerate(texts))
    [record] = take(raw(span_json(), "attributes", f"[{values}]"))
    assert in_order(record) == list(texts.values())


@pytest.mark.requirement("J18")
def test_names_may_be_escaped_and_keys_may_be_anything(take):
    escaped = raw(span_json(), "name", r'"\u0077ork"').replace('"name"', r'"n\u0061me"').replace("spans", r"sp\u0061ns")
    text = escaped.replace('"kind"', r'"attributes":[{"key":"a\u0000\ud83c\udf89","value":{"boolValue":true}}],"kind"')
    [record] = take(text)
    assert (record["name"], record["attributes"]) == ("work", {"a\0\N{PARTY POPPER}": True})


def test_a_byte_order_mark_and_white_space_are_skipped(gateway, take):
    sent = span_json()
    text = json.dumps(request_json(sent), indent="\t").replace("\n", "\r\n  ")
    assert is_full_success(post_json(gateway, b"\xef\xbb\xbf \n" + text.encode() + b"\n\t "))


# Whole requests


@pytest.mark.requirement("J22")
@pytest.mark.parametrize("coding, pack", PACK.items())
def test_compressed_bodies_are_taken(gateway, upstream, coding, pack):
    sent = span_json()
    assert is_full_success(post_json(gateway, pack(encoded(request_json(sent))), content_encoding=coding))
    upstream.record_of(sent["spanId"])
    assert post_json(gateway, pack(encoded(request_json(sent)))[:-1], content_encoding=coding).status == 400


_examples = itertools.count(1)


def example():
    """A request with the features of the example in the protocol's repository: one span, with a parent, of a scope with
    version and attributes, of a resource; ids in capitals, times as strings, the kind as a number."""
    number = next(_examples)
    return {
        "resourceSpans": [{
            "resource": {"attributes": [attribute("service.name", stringValue="bakery")]},
            "scopeSpans": [{
                "scope": {
                    "name": "bakery.oven", "version": "2.0.1",
                    "attributes": [attribute("oven.door", stringValue="left")],
                },
                "spans": [{
                    "traceId": f"C0FFEE{number:026X}", "spanId": f"BADCAFE{number:09X}",
                    "parentSpanId": "DEADBEEF00C0FFEE",
                    "name": "bake a loaf",
                    "startTimeUnixNano": "1732300000000000000", "endTimeUnixNano": "1732300001500000000",
                    "kind": 2,
                    "attributes": [attribute("loaf.kind", stringValue="rye")],
                }],
            }],
        }],
    }  # fmt: skip


def id_of(document):
    [span] = document["resourceSpans"][0]["scopeSpans"][0]["spans"]
    return span["spanId"].lower()


def comparable(record):
    """Without what differs from span to span."""
    return {name: value for name, value in record.items() if name not in ("id", "spanId", "traceId", "createdAt")}


@pytest.mark.requirement("J25", "J7")
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_the_example_of_the_protocol_sent_by_curl_gives_its_record(gateway, upstream, tmp_path, packed):
    document = example()
    file = tmp_path / "trace.json"
    text = json.dumps(document, indent=2).encode()
    file.write_bytes(gzip.compress(text) if packed else text)
    options = ["--header", "content-encoding: gzip"] if packed else []
    response = curl(gateway.address, file, *options)
    assert is_full_success(response)
    record = dict(upstream.record_of(id_of(document)))
    begin, end = "2024-11-22T18:26:40.000Z", "2024-11-22T18:26:41.500Z"
    assert record.pop("createdAt") > end
    assert record == {
        "id": id_of(document), "spanId": id_of(document), "parentSpanId": "deadbeef00c0ffee", "isRootSpan": False,
        "traceId": document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["traceId"].lower(),
        "name": "bake a loaf", "type": "generic", "spanType": "generic", "isEvent": False,
        "startTime": begin, "startedAt": begin, "endTime": end, "endedAt": end,
        "attributes": {"loaf.kind": "rye"}, "error": None, "updatedAt": None,
        "metadata": {
            "serviceName": "bakery", "resource": {"service.name": "bakery"},
            "scope": {"name": "bakery.oven", "version": "2.0.1", "attributes": {"oven.door": "left"}},
            "otel": {
                "startTimeUnixNano": "1732300000000000000", "endTimeUnixNano": "1732300001500000000", "kind": "server",
            },
        },
    }  # fmt: skip


@pytest.mark.requirement("J1", "J2", "J9", "J10", "J12", "J13", "J21")
def test_real_payloads_give_the_records_of_their_protobuf_byte_for_byte():
    def in_json(gateway, payload):
        response = post_json(gateway, payload.json)
        assert (response.status, response["content-type"]) == (200, "application/json")
        return json.loads(response.body)

    def in_protobuf(gateway, payload):
        rejected, message = corpus.rejection(corpus.post_protobuf(gateway, payload))
        return {"partialSuccess": {"rejectedSpans": str(rejected), "errorMessage": message}} if rejected else {}

    json_walk, protobuf_walk = corpus.walk(in_json), corpus.walk(in_protobuf)
    assert json_walk.answers == protobuf_walk.answers
    assert json_walk.records == protobuf_walk.records and json_walk.records.total() > 250
