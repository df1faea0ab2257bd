"""Makes requests of plain spans; as a command it writes one of 100 spans, for the steps where no payloads are at hand."""

import base64
import json
import sys

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


def message(count, rejected=False):
    """Rejected spans are walked like others, and held by nobody."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.add(key="service.name").value.string_value = "benchmark"
    spans = group.scope_spans.add()
    spans.scope.name = "benchmark"
    for number in range(count):
        span = spans.spans.add(
            trace_id=bytes([0 if rejected else 1]) * 16,
            span_id=(number + 1).to_bytes(8, "big"),
            name="GET /orders/{id}",
            kind=2,
            start_time_unix_nano=1_780_000_000_000_000_000 + number,
            end_time_unix_nano=1_780_000_000_050_000_000 + number,
        )
        for key in ("http.request.method", "url.path", "server.address", "user_agent.original"):
            span.attributes.add(key=key).value.string_value = "a value of usual length"
        span.attributes.add(key="http.response.status_code").value.int_value = 200
    return request


def protobuf(count, rejected=False):
    return message(count, rejected).SerializeToString()


def otlp_json(count, rejected=False):
    """As OTLP writes it: ids in hex and enums as numbers."""
    request = MessageToDict(message(count, rejected), use_integers_for_enums=True)
    for group in request["resourceSpans"]:
        for scope in group["scopeSpans"]:
            for span in scope["spans"]:
                for key in ("traceId", "spanId"):
                    span[key] = base64.b64decode(span[key]).hex()
    return json.dumps(request, separators=(",", ":")).encode()


if __name__ == "__main__":
    with open(sys.argv[1], "wb") as file:
        file.write(protobuf(100))
