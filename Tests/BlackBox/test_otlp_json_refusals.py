"""Requests in OTLP/JSON that are not taken, and answers in JSON (OTLP J3, J11, J17, J19, J20, J27, J28)."""

import gzip
import json

import pytest

from support.curl import curl
from support.gateway import Gateway
from support.http1 import request
from support.otlp import (
    DEADLINE_EXCEEDED,
    INVALID_ARGUMENT,
    NOT_FOUND,
    RESOURCE_EXHAUSTED,
    UNAVAILABLE,
    UNIMPLEMENTED,
    export_of,
    refusal,
)
from support.otlp import is_full_success as is_success_in_protobuf
from support.otlp_json import (
    SPAN_PATH,
    attribute,
    encoded,
    is_full_success,
    partial_success,
    post_json,
    raw,
    request_json,
    span_json,
)
from support.upstream import Answer, Upstream

JSON_TYPES = [
    "application/json", "application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8;a=b",
    "application/json ; x=y",
]  # fmt: skip


@pytest.mark.requirement("J11")
@pytest.mark.parametrize("content_type", JSON_TYPES)
def test_json_is_taken_by_its_media_type_and_answered_in_kind(gateway, content_type):
    taken = post_json(gateway, request_json(span_json()), content_type=content_type, accept="application/x-protobuf")
    assert is_full_success(taken)
    refused = post_json(gateway, "[", content_type=content_type, accept="application/x-protobuf")
    assert (refused.status, refused["content-type"]) == (400, "application/json")


@pytest.mark.requirement("J11")
@pytest.mark.parametrize("content_type", ["text/json", "application/jsonl", "application/x-json", "application/*+json"])
def test_what_is_only_like_the_media_type_is_415(gateway, content_type):
    response = post_json(gateway, request_json(span_json()), content_type=content_type)
    assert response.status == 415 and "application/json (http/json)" in refusal(response).message


# Not JSON


NOT_JSON = {
    "nothing": "",
    "white space": " \n",
    "null": "null",
    "an array": "[]",
    "text": '"{}"',
    "a number": "1",
    "a word": "resourceSpans",
    "no end": "{",
    "no end of a name": '{"resource',
    "no value": '{"a":',
    "no colon": '{"a" 1}',
    "no comma": '{"a":1 "b":2}',
    "a comma too much": '{"a":1,}',
    "an array with one": '{"a":[1,]}',
    "single quotes": "{'a':1}",
    "a bare name": "{a:1}",
    "a comment": '{"a":1}//',
    "a block comment": '{/**/"a":1}',
    "bare NaN": '{"a":NaN}',
    "bare Infinity": '{"a":-Infinity}',
    "True": '{"a":True}',
    "undefined": '{"a":undefined}',
    "a leading zero": '{"a":01}',
    "a leading point": '{"a":.5}',
    "a trailing point": '{"a":5.}',
    "a plus": '{"a":+1}',
    "hex": '{"a":0x1F}',
    "half an exponent": '{"a":1e}',
    "two signs": '{"a":--1}',
    "a line end in text": '{"a":"\n"}',
    "NUL in text": '{"a":"\0"}',
    "an unknown escape": '{"a":"\\x41"}',
    "half an escape": '{"a":"\\u12"}',
    "an escape that is no hex": '{"a":"\\u12G4"}',
    "the wrong bracket": '{"a":[1}',
    "something behind": "{}x",
    "a second request": "{}{}",
    "NUL behind": "{}\0",
    "two byte order marks": "\ufeff\ufeff{}",
    "a vertical tab": "\v{}",
    "a wide space": "\u00a0{}",
}


@pytest.mark.requirement("J19")
@pytest.mark.parametrize("text", NOT_JSON.values(), ids=NOT_JSON)
def test_what_is_no_json_or_no_object_is_400_and_says_where(gateway, text):
    response = post_json(gateway, text)
    assert response.status == 400
    status = refusal(response)
    assert status.code == INVALID_ARGUMENT
    [(_, description)] = status.violations
    assert description == status.message and ", at byte " in description
    assert description.startswith("the body is no ExportTraceServiceRequest in JSON: ")


NOT_UTF8 = [b"\xff", b"\xc3", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x80", b"\xe2\x82"]


@pytest.mark.requirement("J18", "J19")
@pytest.mark.parametrize("data", NOT_UTF8, ids=lambda data: data.hex())
def test_bytes_that_are_no_utf8_are_400(gateway, data):
    body = encoded(request_json(span_json(name="MARK"))).replace(b"MARK", b"a" + data + b"b")
    response = post_json(gateway, body)
    assert response.status == 400 and f"{SPAN_PATH}.name, at byte " in refusal(response).message
    assert "not UTF-8" in refusal(response).message
    utf16 = json.dumps(request_json(span_json())).encode("utf-16")
    assert post_json(gateway, utf16).status == 400


@pytest.mark.requirement("J19")
def test_a_request_that_is_cut_off_anywhere_is_400(gateway):
    sent = span_json(attributes=[attribute("a\u00e9", arrayValue={"values": [{"intValue": "1"}]})])
    body = encoded(request_json(sent))
    with gateway.client() as client:
        for end in range(len(body)):
            assert client.post(body[:end], content_type="application/json").status == 400, body[:end]
        assert client.post(body, content_type="application/json").status == 200


# Wrong values


U64 = "an integer from 0 to 18446744073709551615"
I64 = "an integer from -9223372036854775808 to 9223372036854775807"
U32 = "an integer from 0 to 4294967295"
WRONG = {
    "a negative time": ("startTimeUnixNano", "-1", U64),
    "a negative time as text": ("startTimeUnixNano", '"-1"', U64),
    "2^64": ("endTimeUnixNano", "18446744073709551616", U64),
    "2^64 as text": ("endTimeUnixNano", '"18446744073709551616"', U64),
    "a huge exponent": ("endTimeUnixNano", "1e400", U64),
    "a fraction": ("startTimeUnixNano", "1.5", U64),
    "a fraction as text": ("startTimeUnixNano", '"1.5"', U64),
    "a date": ("startTimeUnixNano", '"2024-01-01T00:00:00Z"', U64),
    "text for a number": ("startTimeUnixNano", '"soon"', U64),
    "no digits": ("startTimeUnixNano", '""', U64),
    "a space in a number": ("startTimeUnixNano", '" 1"', U64),
    "hex for a number": ("startTimeUnixNano", '"0x1"', U64),
    "a bool for a number": ("startTimeUnixNano", "true", U64),
    "a list for a number": ("startTimeUnixNano", "[1]", U64),
    "2^32": ("droppedEventsCount", "4294967296", U32),
    "a negative count": ("droppedLinksCount", "-1", U32),
    "flags of 33 bits": ("flags", "4294967296", U32),
    "a number for text": ("name", "5", "a string"),
    "an object for text": ("name", "{}", "a string"),
    "an object for a list": ("attributes", "{}", "an array"),
    "text for a list": ("events", '"[]"', "an array"),
    "a list for an object": ("status", "[]", "an object"),
    "a fraction for an enum": ("kind", "1.5", "a number of 32 bits"),
    "2^31 for an enum": ("kind", "2147483648", "a number of 32 bits"),
    "a list for an enum": ("kind", "[]", "a number of 32 bits"),
}  # fmt: skip
WRONG_VALUES = {
    "a string for a bool": ("boolValue", '"true"', "true or false"),
    "a number for a bool": ("boolValue", "1", "true or false"),
    "2^63": ("intValue", "9223372036854775808", I64),
    "below -2^63": ("intValue", '"-9223372036854775809"', I64),
    "a fraction for an integer": ("intValue", "0.5", I64),
    "NaN for an integer": ("intValue", '"NaN"', I64),
    "text for a double": ("doubleValue", '"much"', "a number up to 1.8e308"),
    "another NaN": ("doubleValue", '"nan"', "a number up to 1.8e308"),
    "an infinity with a plus": ("doubleValue", '"+Infinity"', "a number up to 1.8e308"),
    "a double too large": ("doubleValue", "1e309", "a number up to 1.8e308"),
    "a bool for a double": ("doubleValue", "false", "a number up to 1.8e308"),
    "a list for bytes": ("bytesValue", "[1,2]", "base64 as a string"),
    "a list for an array value": ("arrayValue", "[]", "an object"),
    "text for a map": ("kvlistValue", '"{}"', "an object"),
    "a number for text": ("stringValue", "5", "a string"),
}


def is_refused_at(response, path, expected, value):
    """The place, what would have been right, and what stood there (as far as it goes)."""
    assert (response.status, response["content-type"]) == (400, "application/json")
    status = refusal(response)
    [(field, description)] = status.violations
    assert field == path and description == status.message
    assert f"{path}, at byte " in description and f": expected {expected}" in description
    return f" and saw {value[0] if value[0] in '[{' else value[:10]}" in description


@pytest.mark.requirement("J20")
@pytest.mark.parametrize("member, value, expected", WRONG.values(), ids=WRONG)
def test_a_wrong_value_is_400_with_its_path(gateway, member, value, expected):
    assert is_refused_at(post_json(gateway, raw(span_json(), member, value)), f"{SPAN_PATH}.{member}", expected, value)


@pytest.mark.requirement("J20")
@pytest.mark.parametrize("member, value, expected", WRONG_VALUES.values(), ids=WRONG_VALUES)
def test_a_wrong_attribute_value_is_400_with_its_path(gateway, member, value, expected):
    attributes = f'[{{"key":"a"}},{{"key":"b","value":{{"{member}":{value}}}}}]'
    response = post_json(gateway, raw(span_json(), "attributes", attributes))
    assert is_refused_at(response, f"{SPAN_PATH}.attributes[1].value.{member}", expected, value)


@pytest.mark.requirement("J20", "J17")
def test_the_path_counts_and_nothing_of_the_request_is_taken(gateway, upstream):
    lost, kept = [span_json() for _ in range(3)], span_json()
    document = request_json(*lost)
    document["resourceSpans"].append({"scopeSpans": [{}, {"spans": [span_json(), span_json(kind=[])]}]})
    response = post_json(gateway, document)
    [(field, _)] = refusal(response).violations
    assert field == "resourceSpans[1].scopeSpans[1].spans[1].kind"
    assert is_full_success(post_json(gateway, request_json(kept)))
    upstream.record_of(kept["spanId"])
    assert not {each["spanId"] for each in lost} & set(upstream.deliveries)


# Depth


@pytest.mark.requirement("J27")
@pytest.mark.parametrize("levels", [65, 1000, 100_000, 5_000_000])
@pytest.mark.parametrize("opening", ["[", '{"a":'], ids=["arrays", "objects"])
def test_an_unknown_member_of_too_many_levels_is_400(gateway, levels, opening):
    response = post_json(gateway, '{"unknown":' + opening * levels)
    assert response.status == 400
    assert refusal(response).message.endswith("nested deeper than 64 levels")
    assert len(response.body) < 2000


def nested(levels):
    """An attribute value of so many arrays, one in the other, as text."""
    return '{"arrayValue":{"values":[' * levels + '{"boolValue":true}' + "]}}" * levels


@pytest.mark.requirement("J27")
def test_attribute_values_are_taken_down_to_64_levels(gateway, upstream):
    sent = span_json()
    assert is_full_success(post_json(gateway, raw(sent, "attributes", f'[{{"key":"a","value":{nested(64)}}}]')))
    upstream.record_of(sent["spanId"])
    for levels in (65, 100, 50_000):
        response = post_json(gateway, raw(span_json(), "attributes", f'[{{"key":"a","value":{nested(levels)}}}]'))
        assert response.status == 400 and "nested deeper than 64 levels" in refusal(response).message
    assert is_full_success(post_json(gateway, request_json(span_json())))


# Labels


@pytest.mark.requirement("J28")
def test_json_that_is_called_protobuf_is_400_in_protobuf_and_the_reverse_in_json(gateway):
    called_protobuf = gateway.post(encoded(request_json(span_json())))
    assert (called_protobuf.status, called_protobuf["content-type"]) == (400, "application/x-protobuf")
    assert refusal(called_protobuf).violations
    called_json = post_json(gateway, export_of(3).body)
    assert (called_json.status, called_json["content-type"]) == (400, "application/json")
    assert refusal(called_json).violations


@pytest.mark.requirement("J28", "J11")
def test_two_content_types_are_415_whichever_comes_first(gateway):
    for types in (["application/json", "application/x-protobuf"], ["application/json", "application/json"]):
        for first, second in (types, reversed(types)):
            fields = request(content_type=first).replace(b"\r\n\r\n", f"\r\ncontent-type: {second}\r\n\r\n".encode())
            with gateway.client() as client:
                client.send(fields)
                response = client.receive()
                assert response.status == 415 and f'"{first}, {second}" is not taken' in refusal(response).message


@pytest.mark.requirement("J11", "H35")
def test_both_encodings_go_over_one_connection(gateway):
    with gateway.client() as client:
        for _ in range(3):
            assert client.post(b"{}", content_type="application/json").body == b"{}"
            assert is_success_in_protobuf(client.post(export_of(1).body))
            assert client.post(b"{", content_type="application/json")["content-type"] == "application/json"


# Answers


@pytest.mark.requirement("J26")
def test_rejected_spans_are_counted_in_a_string(gateway, upstream, tmp_path):
    good = span_json()
    bad = [span_json(traceId="ab"), span_json(spanId="0" * 16), span_json(traceId="zz" * 16)]
    document = request_json(bad[0], good, *bad[1:])
    file = tmp_path / "some.json"
    file.write_bytes(encoded(document))
    message = "2 rejected: trace_id is not 16 bytes or all zero; 1 rejected: span_id is not 8 bytes or all zero"
    assert partial_success(post_json(gateway, document)) == ("3", message)
    assert partial_success(curl(gateway.address, file)) == ("3", message)
    upstream.record_of(good["spanId"])


def is_status_in_json(response, status, code):
    """Whole and strict: `code` a number, `message` a text, `details` with `@type`."""
    assert (response.status, response["content-type"]) == (status, "application/json")
    found = json.loads(response.body)
    assert set(found) <= {"code", "message", "details"} and isinstance(found["message"], str) and found["message"]
    assert type(found["code"]) is int
    assert refusal(response).message == found["message"]
    return found["code"] == code


@pytest.fixture(scope="module")
def narrow(upstream):
    """A gateway that takes little and waits briefly."""
    with Gateway(upstream, "--max-body-bytes=4KiB", "--body-timeout=200ms") as gateway:
        yield gateway


@pytest.mark.requirement("J17")
def test_every_refusal_of_a_json_request_is_a_status_in_json(narrow):
    def post(body=b"{}", **fields):
        return post_json(narrow, body, **fields)

    assert is_status_in_json(post(b"{"), 400, INVALID_ARGUMENT)
    assert is_status_in_json(post(b"no gzip", content_encoding="gzip"), 400, INVALID_ARGUMENT)
    assert is_status_in_json(post(path='/now"here\\'), 404, NOT_FOUND)
    assert is_status_in_json(post(path="/v1/logs"), 404, UNIMPLEMENTED)
    assert is_status_in_json(post(b" " * 5000), 413, RESOURCE_EXHAUSTED)
    assert is_status_in_json(post(gzip.compress(b" " * 5000), content_encoding="gzip"), 413, RESOURCE_EXHAUSTED)
    assert is_status_in_json(post(content_encoding="br"), 415, UNIMPLEMENTED)
    assert is_status_in_json(post(expect="a-miracle"), 417, INVALID_ARGUMENT)
    with narrow.client() as client:
        client.send(request("PUT", body=b"{}", content_type="application/json"))
        response = client.receive()
        assert is_status_in_json(response, 405, UNIMPLEMENTED) and "POST" in response["allow"]
    with narrow.client() as client:
        client.send(request(content_type="application/json", content_length="100"))
        assert is_status_in_json(client.receive(), 408, DEADLINE_EXCEEDED)


@pytest.mark.requirement("J17")
def test_overload_is_told_in_json_with_its_delay():
    with Upstream(then=Answer(503)) as upstream, Gateway(upstream, "--queue-max-spans=1") as gateway:
        gateway.accept(export_of(1))
        response = post_json(gateway, request_json(span_json()))
        assert is_status_in_json(response, 503, UNAVAILABLE)
        [detail] = json.loads(response.body)["details"]
        seconds = response["retry-after"]
        assert detail == {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{seconds}s"}


def test_a_body_that_can_never_fit_into_memory_is_refused_for_good(upstream):
    with Gateway(upstream, "--memory-limit=1MiB", "--max-body-bytes=1MiB") as gateway:
        response = post_json(gateway, request_json(span_json(name="x" * 600 * 1024)))
        assert is_status_in_json(response, 413, RESOURCE_EXHAUSTED)


@pytest.mark.requirement("J17", "J20")
def test_the_error_of_a_request_sent_by_curl_reads_well(gateway, tmp_path):
    file = tmp_path / "wrong.json"
    file.write_text(raw(span_json(), "kind", '"CLIENT"'))
    response = curl(gateway.address, file, content_type="application/json;charset=utf-8")
    expected = "a number of 32 bits or a name such as SPAN_KIND_INTERNAL"
    assert is_refused_at(response, f"{SPAN_PATH}.kind", expected, '"CLIENT"')
