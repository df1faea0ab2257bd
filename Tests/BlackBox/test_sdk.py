"""What real OpenTelemetry SDKs send becomes these records, whole (P3, H5, D2, D6, D8, D12, D14, D18)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.trace.propagation import set_span_in_context

from support.gateway import Gateway
from support.sdk import ATTRIBUTES, ATTRIBUTES_IN_JSON, REMOTE, of_the_cloud, received, record, tracing
from support.upstream import PATH, Upstream


@pytest.mark.requirement("P3", "H5", "D2", "D6", "D8", "D18", "D19")
@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
@pytest.mark.parametrize("processor", [BatchSpanProcessor, SimpleSpanProcessor])
def test_attributes_of_every_kind_in_a_tree_of_spans(gateway, upstream, processor, compression):
    with tracing(gateway, processor, compression) as tracer:
        with tracer.start_as_current_span("request", kind=SpanKind.SERVER, attributes=ATTRIBUTES) as root:
            with tracer.start_as_current_span("query", kind=SpanKind.CLIENT) as child:
                with tracer.start_as_current_span("row") as grandchild:
                    pass
    assert received(upstream, root) == record(root, attributes=ATTRIBUTES_IN_JSON, otel={"kind": "server"})
    assert received(upstream, child) == record(child, otel={"kind": "client"})
    assert received(upstream, grandchild) == record(grandchild)


@pytest.mark.requirement("D8", "P3")
def test_attributes_that_became_legal_with_1_9_of_the_protocol(gateway, upstream):
    with tracing(gateway) as tracer:
        with tracer.start_as_current_span("new kinds") as span:
            span.set_attribute("bytes", b"\x00\xff\x10")
            span.set_attribute("map", {"list": [1, "two", {"three": None}], "empty": {}})
    assert received(upstream, span) == record(
        span, attributes={"bytes": "AP8Q", "map": {"list": [1, "two", {"three": None}], "empty": {}}}
    )


@pytest.mark.requirement("D14")
def test_events_links_and_status(gateway, upstream):
    linked = SpanContext(0x1234, 0x5678, is_remote=True, trace_flags=TraceFlags(1))
    remote = SpanContext(0xABC, 0xDEF, is_remote=True, trace_flags=TraceFlags(1))
    parent = set_span_in_context(trace.NonRecordingSpan(remote))
    with tracing(gateway) as tracer:
        links = [Link(linked, {"why": "batch"})]
        with tracer.start_as_current_span("job", parent, kind=SpanKind.CONSUMER, links=links) as span:
            span.add_event("retry", {"attempt": 1}, timestamp=1_700_000_000_123_456_789)
            span.set_status(Status(StatusCode.OK))
    assert received(upstream, span) == record(
        span,
        otel={
            "kind": "consumer", "flags": REMOTE, "statusCode": "ok",
            "events": [{"name": "retry", "timeUnixNano": "1700000000123456789", "attributes": {"attempt": 1}}],
            "links": [{
                "traceId": f"{0x1234:032x}", "spanId": f"{0x5678:016x}", "attributes": {"why": "batch"},
                "flags": REMOTE,
            }],
        },
    )  # fmt: skip


@pytest.mark.requirement("D14")
def test_a_recorded_exception_becomes_the_error(gateway, upstream):
    with tracing(gateway) as tracer, pytest.raises(ValueError):
        with tracer.start_as_current_span("failing", kind=SpanKind.PRODUCER) as span:
            raise ValueError("no such city")
    [event] = span.events
    error = {
        "message": "ValueError: no such city", "name": "ValueError", "stack": event.attributes["exception.stacktrace"],
    }  # fmt: skip
    assert received(upstream, span) == record(
        span,
        error=error,
        errorInfo=error,
        otel={
            "kind": "producer", "statusCode": "error",
            "events": [{
                "name": "exception", "timeUnixNano": str(event.timestamp),
                "attributes": {"exception.message": "no such city", "exception.escaped": "False"},
            }],
        },
    )  # fmt: skip


CHAT = {
    "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o-mini", "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
    "gen_ai.response.id": "chatcmpl-1", "gen_ai.response.finish_reasons": ["stop"],
    "gen_ai.request.temperature": 0.2, "gen_ai.request.max_tokens": 256,
    "gen_ai.usage.input_tokens": 30, "gen_ai.usage.output_tokens": 12,
    "gen_ai.conversation.id": "thread-1", "user.id": "u-9",
    "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"Weather in Paris?"}]}]',
    "gen_ai.output.messages":
        '[{"role":"assistant","parts":[{"type":"text","content":"Sunny."}],"finish_reason":"stop"}]',
    "team": "blue",
}  # fmt: skip


def chat_record(span):
    return record(
        span,
        "model_generation",
        attributes={
            "model": "gpt-4o-mini", "provider": "openai", "responseModel": "gpt-4o-mini-2024-07-18",
            "responseId": "chatcmpl-1", "finishReason": "stop",
            "parameters": {"temperature": 0.2, "maxOutputTokens": 256},
            "usage": {"inputTokens": 30, "outputTokens": 12},
            "gen_ai.operation.name": "chat", "team": "blue",
        },
        input={"messages": [{"role": "user", "content": [{"type": "text", "text": "Weather in Paris?"}]}]},
        output={"text": "Sunny.", "finish_reason": "stop"},
        otel={"kind": "client"},
        metadata={"threadId": "thread-1", "userId": "u-9"},
    )  # fmt: skip


def test_a_model_call_of_the_genai_conventions(gateway, upstream):
    with tracing(gateway, compression=Compression.Gzip) as tracer:
        with tracer.start_as_current_span("chat gpt-4o-mini", kind=SpanKind.CLIENT, attributes=CHAT) as span:
            pass
    assert received(upstream, span) == chat_record(span)


def test_the_cloud_dialect_has_the_fifteen_fields_of_the_original_exporter():
    with Upstream() as upstream, Gateway(upstream, "--dialect=cloud") as gateway:
        with tracing(gateway) as tracer:
            with tracer.start_as_current_span("chat gpt-4o-mini", kind=SpanKind.CLIENT, attributes=CHAT) as span:
                with tracer.start_as_current_span("plain") as plain:
                    plain.set_status(Status(StatusCode.ERROR, "broken"))
        assert received(upstream, span) == of_the_cloud(chat_record(span))
        expected = record(plain, error={"message": "broken"}, otel={"statusCode": "error"})
        assert received(upstream, plain) == of_the_cloud(expected)
        assert {publish.path for publish in upstream.publishes} == {PATH}


def test_a_project_has_its_own_route_and_stands_in_its_records():
    with Upstream() as upstream, Gateway(upstream, env={"MASTRA_PROJECT_ID": "shop_1"}) as gateway:
        with tracing(gateway) as tracer, tracer.start_as_current_span("work") as span:
            pass
        assert received(upstream, span) == record(span, projectId="shop_1")
        assert {publish.path for publish in upstream.publishes} == {"/projects/shop_1/ai/spans/publish"}


@pytest.mark.requirement("H37")
def test_forty_sdk_threads_lose_and_double_nothing(gateway, upstream):
    def work(number):
        with tracing(gateway, SimpleSpanProcessor) as tracer:
            spans = []
            for step in range(5):
                with tracer.start_as_current_span(f"{number}.{step}") as span:
                    spans.append(f"{span.context.span_id:016x}")
            return spans

    with ThreadPoolExecutor(8) as pool:
        ids = [id for spans in pool.map(work, range(40)) for id in spans]
    for id in ids:
        assert upstream.record_of(id)
    assert {upstream.deliveries[id] for id in ids} == {1}
