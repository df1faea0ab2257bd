"""Export requests in OTLP/JSON, as text: what a test changes in one may well be no JSON any more."""

import json

from support.otlp import span

SPAN_PATH = "resourceSpans[0].scopeSpans[0].spans[0]"


def span_json(name="work", **fields):
    """A span of the usual members with ids of its own; a field of None is left out."""
    made = span()
    members = {
        "traceId": made.trace_id.hex(), "spanId": made.span_id.hex(), "name": name, "kind": 1,
        "startTimeUnixNano": str(made.start_time_unix_nano), "endTimeUnixNano": str(made.end_time_unix_nano),
    }  # fmt: skip
    return {name: value for name, value in (members | fields).items() if value is not None}


def attribute(key, **value):
    return {"key": key, "value": value}


def request_json(*spans, **members):
    """A request of these spans; `members` stand beside the list of spans."""
    return {"resourceSpans": [{"scopeSpans": [{"spans": list(spans)} | members]}]}


def encoded(document):
    if isinstance(document, bytes):
        return document
    return document.encode() if isinstance(document, str) else json.dumps(document).encode()


def raw(span, member, text):
    """The request of a span with the JSON text of one member given as it is to stand there."""
    mark = "\0raw\0"
    return json.dumps(request_json(span | {member: mark})).replace(json.dumps(mark), text)


def post_json(gateway, document, **headers):
    return gateway.post(encoded(document), **{"content_type": "application/json"} | headers)


def is_full_success(response):
    """An empty object: `partialSuccess` is left out (J16)."""
    return (response.status, response["content-type"], response.body) == (200, "application/json", b"{}")


def partial_success(response):
    """`(rejectedSpans, errorMessage)` as they stand in the JSON."""
    assert (response.status, response["content-type"]) == (200, "application/json")
    found = json.loads(response.body)
    assert set(found) == {"partialSuccess"} and set(found["partialSuccess"]) == {"rejectedSpans", "errorMessage"}
    return found["partialSuccess"]["rejectedSpans"], found["partialSuccess"]["errorMessage"]
