"""Export requests as a client would send them, and answers as a client would read them."""

import itertools
import json
from dataclasses import dataclass

from google.rpc import error_details_pb2, status_pb2
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

_numbers = itertools.count(1)
SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND


@dataclass(frozen=True)
class Export:
    """A request's body and the ids of the spans in it, as records name them."""

    body: bytes
    ids: tuple[str, ...]


def span(name="work", text=None, **fields):
    """A span with an id of its own; `text` is put into an attribute, to give it weight."""
    number = next(_numbers)
    made = Span(
        trace_id=number.to_bytes(16, "big"),
        span_id=number.to_bytes(8, "big"),
        name=name,
        start_time_unix_nano=START,
        end_time_unix_nano=START + SECOND,
    )
    if text is not None:
        made.attributes.add(key="text").value.string_value = text
    for field, value in fields.items():
        setattr(made, field, value)
    return made


def export(*spans, service="test"):
    message = ExportTraceServiceRequest()
    group = message.resource_spans.add()
    group.resource.attributes.add(key="service.name").value.string_value = service
    group.scope_spans.add().spans.extend(spans)
    return Export(message.SerializeToString(), tuple(each.span_id.hex() for each in spans))


def varint(number):
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


def field(number, content):
    """A field of bytes, as it stands on the wire: for messages that the library would not write."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def filler(size):
    """A request of exactly so many bytes, up to 256 MiB, and without a span: one field that no schema has."""
    made = [field(1000, bytes(size - overhead)) for overhead in range(3, 7)]
    return next(each for each in made if len(each) == size)


def export_of(count, text=None):
    """A request with so many new spans."""
    return export(*(span(text=text) for _ in range(count)))


def partial_success(response):
    """`(rejected spans, message)` of a 200, or None where the field is unset (H20)."""
    assert (response.status, response["content-type"]) == (200, "application/x-protobuf")
    message = ExportTraceServiceResponse.FromString(response.body)
    if not message.HasField("partial_success"):
        return None
    return message.partial_success.rejected_spans, message.partial_success.error_message


def is_full_success(response):
    return partial_success(response) is None and response.body == b""


@dataclass
class Refusal:
    """A `google.rpc.Status`, whichever encoding it came in."""

    code: int
    message: str
    violations: list[tuple[str, str]]
    retry_seconds: int | None


INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND, RESOURCE_EXHAUSTED, UNIMPLEMENTED, UNAVAILABLE = 3, 4, 5, 8, 12, 14


def refusal(response):
    """The Status of a 4xx or 5xx (H25), by the encoding that its content type names (H7)."""
    assert response.status >= 400
    if response["content-type"] == "application/json":
        return _json_refusal(json.loads(response.body))
    assert response["content-type"] == "application/x-protobuf"
    return refusal_of(status_pb2.Status.FromString(response.body))


def refusal_of(status):
    """A decoded Status, each of whose details is one that we know."""
    result = Refusal(status.code, status.message, [], None)
    for detail in status.details:
        violation, retry = error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
        if detail.Unpack(violation):
            result.violations += [(each.field, each.description) for each in violation.field_violations]
        elif detail.Unpack(retry):
            result.retry_seconds = retry.retry_delay.seconds
        else:
            raise AssertionError(f"a detail of type {detail.type_url}")
    return result


def _json_refusal(status):
    result = Refusal(status["code"], status["message"], [], None)
    for detail in status.get("details", []):
        if detail["@type"].endswith("/google.rpc.BadRequest"):
            result.violations += [(each["field"], each["description"]) for each in detail["fieldViolations"]]
        else:
            assert detail["@type"].endswith("/google.rpc.RetryInfo")
            result.retry_seconds = int(detail["retryDelay"].removesuffix("s"))
    return result
