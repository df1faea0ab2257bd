"""A gateway with a local store, what its viewer answers, and traces to look at."""

import http.client
import json
import random
from contextlib import contextmanager
from urllib.parse import urlencode, urlsplit

from opentelemetry import trace as api
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import StatusCode

from support.gateway import Gateway
from support.waiting import wait_until

MILLISECOND = 1_000_000
# A time of today's kind, of which tests count from.
BEGIN = 1_780_000_000_000 * MILLISECOND


class Viewer:
    """What a program sees of a gateway's viewer."""

    def __init__(self, gateway):
        self.gateway = gateway
        address = urlsplit(gateway.start_line["viewer.listen"])
        self.host, self.port = address.hostname, address.port
        self.url = f"http://{self.host}:{self.port}"

    def request(self, path, method="GET", body=None, **headers):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            response.content = response.read()
            return response
        finally:
            connection.close()

    def get(self, path, **query):
        """JSON of an answer that has to be well."""
        response = self.request(path + ("?" + urlencode(query, doseq=True) if query else ""))
        assert response.status == 200, (path, query, response.status, response.content[:500])
        return json.loads(response.content)

    def problem(self, path, code, /, **query):
        """The message of an answer that has to be none."""
        response = self.request(path + ("?" + urlencode(query) if query else ""))
        assert response.status == code, (response.status, response.content[:500])
        return json.loads(response.content)["error"]["message"]

    def traces(self, **query):
        return self.get("/api/viewer/traces", **query)["traces"]

    def names(self, **query):
        return [trace["name"] for trace in self.traces(**query)]

    def wait_for(self, count, **query):
        """Until lists have so many traces."""
        shown = []

        def holds():
            shown[:] = self.traces(limit=100, **query)
            return len(shown) == count

        wait_until(holds, f"{count} traces in the list (last {len(shown)})")
        return shown

    def wait_for_spans(self, trace_id, count):
        return wait_until(
            lambda: [each for each in self.traces(trace=trace_id) if each["spans"] == count], f"{count} spans"
        )[0]


@contextmanager
def viewing(*flags, upstream=None, store="memory", **options):
    """A gateway whose spans can be looked at."""
    with Gateway(upstream, f"--local-store={store}", "--viewer-listen=127.0.0.1:0", *flags, **options) as gateway:
        yield Viewer(gateway)


# What is sent


class Sent:
    """Spans of one trace, to be put together by hand and sent in one request."""

    def __init__(self, number=None, service="shop", begin=BEGIN):
        self.begin = begin
        self.trace_id = (number or random.getrandbits(127)).to_bytes(16, "big")
        self.request = ExportTraceServiceRequest()
        resource = self.request.resource_spans.add()
        resource.resource.attributes.add(key="service.name").value.string_value = service
        self.spans = resource.scope_spans.add().spans
        self.count = 0

    @property
    def id(self):
        return self.trace_id.hex()

    def span(self, name="work", parent=None, start=0, milliseconds=10, error=None, **attributes):
        """Adds a span, `start` milliseconds behind the trace's begin; its id is answered."""
        self.count += 1
        span = self.spans.add(trace_id=self.trace_id, span_id=self.count.to_bytes(8, "big"), name=name)
        if parent is not None:
            span.parent_span_id = parent
        span.start_time_unix_nano = self.begin + int(start * MILLISECOND)
        span.end_time_unix_nano = span.start_time_unix_nano + int(milliseconds * MILLISECOND)
        if error is not None:
            span.status.code, span.status.message = 2, error
        for key, value in attributes.items():
            key = key.replace("__", ".")
            attribute = span.attributes.add(key=key)
            if isinstance(value, int):
                attribute.value.int_value = value
            elif isinstance(value, float):
                attribute.value.double_value = value
            else:
                attribute.value.string_value = value if isinstance(value, str) else json.dumps(value)
        return span.span_id

    def model(self, parent=None, prompt="Hello", answer="Hi", model="gpt-4o-mini", tokens=(30, 12), **options):
        return self.span(
            f"chat {model}", parent, gen_ai__operation__name="chat", gen_ai__request__model=model,
            gen_ai__usage__input_tokens=tokens[0], gen_ai__usage__output_tokens=tokens[1],
            gen_ai__input__messages=[{"role": "user", "parts": [{"type": "text", "content": prompt}]}],
            gen_ai__output__messages=[{"role": "assistant", "parts": [{"type": "text", "content": answer}]}],
            **options,
        )  # fmt: skip

    def to(self, viewer):
        response = viewer.gateway.post(self.request.SerializeToString())
        assert (response.status, response.body) == (200, b"")
        return self


def conversation(viewer, thread="thread-1", question="What is the weather in Paris?", service="weather-api", at=None):
    """An agent that calls a model, a tool, and the model again, sent by OpenTelemetry's SDK; the trace's id."""
    host, port = viewer.gateway.address
    provider = TracerProvider(resource=Resource({"service.name": service}), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(endpoint=f"http://{host}:{port}/v1/traces")))
    tracer = provider.get_tracer("weather")

    def messages(role, text):
        return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])

    with tracer.start_as_current_span("invoke_agent weather") as agent:
        agent.set_attributes(
            {
                "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "weather",
                "gen_ai.conversation.id": thread, "gen_ai.input.messages": messages("user", question),
                "gen_ai.output.messages": messages("assistant", "It is sunny, 21 C."),
            }
        )  # fmt: skip
        with tracer.start_as_current_span("chat gpt-4o-mini", kind=api.SpanKind.CLIENT) as model:
            model.set_attributes(
                {
                    "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o-mini",
                    "gen_ai.provider.name": "openai", "gen_ai.usage.input_tokens": 120,
                    "gen_ai.usage.output_tokens": 30, "gen_ai.usage.cost": 0.0012,
                    "gen_ai.input.messages": messages("user", question),
                    "gen_ai.output.messages": json.dumps(
                        [{"role": "assistant", "parts": [
                            {"type": "tool_call", "id": "call_1", "name": "get_weather", "arguments": {"city": "Paris"}}
                        ]}]
                    ),
                }
            )  # fmt: skip
        with tracer.start_as_current_span("execute_tool get_weather") as tool:
            tool.set_attributes(
                {
                    "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "get_weather",
                    "gen_ai.tool.call.id": "call_1", "gen_ai.tool.call.arguments": '{"city": "Paris"}',
                    "gen_ai.tool.call.result": '{"celsius": 21, "sky": "clear"}',
                }
            )  # fmt: skip
            tool.add_event("cache miss", {"key": "paris"})
        trace_id = f"{agent.get_span_context().trace_id:032x}"
    provider.shutdown()
    return trace_id


def failure(viewer, service="billing-api"):
    """A request that fails at a tool; the trace's id."""
    host, port = viewer.gateway.address
    provider = TracerProvider(resource=Resource({"service.name": service}), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(endpoint=f"http://{host}:{port}/v1/traces")))
    tracer = provider.get_tracer("billing")
    with tracer.start_as_current_span("invoke_agent billing") as agent:
        agent.set_attributes({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "billing"})
        with tracer.start_as_current_span("execute_tool charge_card", record_exception=False) as tool:
            tool.set_attributes({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "charge_card"})
            tool.record_exception(ValueError("the card was declined"))
            tool.set_status(StatusCode.ERROR, "the card was declined")
        trace_id = f"{agent.get_span_context().trace_id:032x}"
    provider.shutdown()
    return trace_id


QUESTIONS = [
    "Which of my orders are late?", "What is the weather in Paris this weekend?", "Summarise the open tickets of this week.",
    "Draft an answer to the customer about the refund.", "Is the blue jacket in stock in size M?",
    "Plan a day in Lisbon with two children.", "Why was my card declined?", "Compare the last two invoices.",
]  # fmt: skip
AGENTS = [("support-api", "support"), ("travel-api", "planner"), ("shop-api", "shopping")]
MODELS = [("gpt-4o-mini", 420, 0.00012), ("claude-sonnet-4-5", 1350, 0.0061), ("gemini-2.5-flash", 610, 0.0007)]


def day_at_work(viewer, now):
    """Traces of a day that ends at `now`, in nanoseconds: the same each time. The id of one with all that a trace can have."""
    chance = random.Random(7)
    shown = None
    for number in range(48):
        age = int((number * 29 + chance.random() * 20) * 60_000) if number else 4_000
        service, agent_name = AGENTS[number % 3]
        model, usual, price = MODELS[(number * 7) % 3]
        question = QUESTIONS[number % len(QUESTIONS)]
        trace = Sent(service=service, begin=now - (age + 6_000) * MILLISECOND)
        has_failed = number in (2, 17, 33)
        think = usual * (1 + chance.random())
        tool = 180 + 400 * chance.random()
        write = usual * (0.8 + chance.random())
        common = {"gen_ai__conversation__id": f"{agent_name}-{number // 6}"}
        agent = trace.span(
            f"invoke_agent {agent_name}", milliseconds=think + tool + write + 130, error="the order service is down" if has_failed else None,
            gen_ai__operation__name="invoke_agent", gen_ai__agent__name=agent_name,
            gen_ai__input__messages=[{"role": "user", "parts": [{"type": "text", "content": question}]}],
            gen_ai__output__messages=[{"role": "assistant", "parts": [{"type": "text", "content": ANSWER}]}], **common,
        )  # fmt: skip
        tokens = (int(300 + 900 * chance.random()), int(30 + 60 * chance.random()))
        first = trace.model(agent, prompt=question, answer="", model=model, tokens=tokens, start=40, milliseconds=think,
                            gen_ai__usage__cost=round(price * (1 + chance.random()), 5), gen_ai__provider__name=model.split("-")[0])  # fmt: skip
        for attribute in trace.spans[-1].attributes:
            if attribute.key == "gen_ai.output.messages":
                attribute.value.string_value = json.dumps([{"role": "assistant", "parts": [
                    {"type": "text", "content": "I will look at the orders first."},
                    {"type": "tool_call", "id": "call_7", "name": "find_orders", "arguments": {"customer": "C-1042", "open": True}},
                ]}])  # fmt: skip
        call = trace.span(
            "execute_tool find_orders", agent, start=60 + think, milliseconds=tool, error="the order service is down" if has_failed else None,
            gen_ai__operation__name="execute_tool", gen_ai__tool__name="find_orders", gen_ai__tool__call__id="call_7",
            gen_ai__tool__call__arguments={"customer": "C-1042", "open": True},
            gen_ai__tool__call__result=[{"order": "A-7781", "due": "2026-11-24", "state": "in transit"}],
        )  # fmt: skip
        trace.span("GET /orders", call, start=75 + think, milliseconds=tool - 40, http__request__method="GET", http__response__status_code=200)
        if not has_failed:
            trace.model(agent, prompt=question, answer=ANSWER, model=model, tokens=(tokens[0] + 210, int(90 + 200 * chance.random())),
                        start=90 + think + tool, milliseconds=write, gen_ai__usage__cost=round(price * 1.6, 5))  # fmt: skip
        trace.to(viewer)
        if number == 0:
            shown = trace.id, first.hex()
    wait_until(lambda: viewer.get("/api/viewer/state")["traces"] == 48, "all traces of the day")
    return shown


ANSWER = (
    "Order A-7781 is late: it should have come on 24 November and is still in transit.\n\nI have asked the carrier for a new date "
    "and will write to you as soon as there is one."
)
