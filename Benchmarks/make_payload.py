"""Writes a request of 100 plain spans, for the steps where no payloads are at hand."""

import sys

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


def main(path: str) -> None:
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.add(key="service.name").value.string_value = "benchmark"
    spans = group.scope_spans.add()
    spans.scope.name = "benchmark"
    for number in range(100):
        span = spans.spans.add(
            trace_id=bytes([1]) * 16,
            span_id=(number + 1).to_bytes(8, "big"),
            name="GET /orders/{id}",
            kind=2,
            start_time_unix_nano=1_780_000_000_000_000_000 + number,
            end_time_unix_nano=1_780_000_000_050_000_000 + number,
        )
        for key in ("http.request.method", "url.path", "server.address", "user_agent.original"):
            span.attributes.add(key=key).value.string_value = "a value of usual length"
        span.attributes.add(key="http.response.status_code").value.int_value = 200
    with open(path, "wb") as file:
        file.write(request.SerializeToString())


main(sys.argv[1])
