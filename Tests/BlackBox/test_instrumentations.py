"""What real instrumentations of a model's client send becomes records that read alike (MAPPING 4 to 6).

Each scenario is a program of its own in `instrumentations`, which calls a local server of OpenAI's interface and
exports as the README tells. The rules of the mapping say what is expected; where two libraries differ, one of them does
not send the fact.
"""

import json
import subprocess
import sys
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import pytest

from support.openai_server import TEXT, TOOL_ARGUMENTS, TOOL_CALL_ID, OpenAIServer

PROGRAMS = Path(__file__).parent / "instrumentations"
# Importing these libraries takes a second of one core, and much longer beside a build.
PROGRAM_DEADLINE = 60

MODEL, SERVED_MODEL = "gpt-4o-mini", "gpt-4o-mini-2024-07-18"
SYSTEM = ("system", [{"type": "text", "text": "You tell the weather."}])
QUESTION = ("user", [{"type": "text", "text": "How is the weather in Paris?"}])
CALL = {"type": "tool-call", "toolCallId": TOOL_CALL_ID, "toolName": "get_weather", "input": TOOL_ARGUMENTS}
WEATHER = {"city": "Paris", "celsius": 22}
RESULT = {"type": "tool-result", "toolCallId": TOOL_CALL_ID, "output": {"type": "json", "value": WEATHER}}
ANSWERED = {"text": TEXT, "toolCalls": []}
ASKED_FOR_THE_TOOL = {
    "text": "",
    "toolCalls": [{"toolCallId": TOOL_CALL_ID, "toolName": "get_weather", "args": TOOL_ARGUMENTS}],
}
TOOL = {"type": "function", "name": "get_weather", "description": "The weather of a city"}
PARAMETERS = {"temperature": 0.2, "maxOutputTokens": 64}


@dataclass(frozen=True)
class Library:
    """One instrumentation, and what of a call it does not send."""

    program: str
    environment: dict[str, str] = field(default_factory=dict, hash=False)
    # What it calls the model, and whether it tells the model and the id of the answer besides.
    model: str = MODEL
    tells_response: bool = True
    tells_cached: bool = True
    tells_reasoning: bool = True
    tells_reasoning_when_streaming: bool = True
    tells_tools: bool = True
    # `streaming` of a call that does not stream, and of one that does.
    streaming: tuple[bool | None, bool | None] = (None, None)
    # The host of the server, from wherever it is told.
    server: str | None = None
    tells_input_of_failed: bool = True
    error_name: str = "openai.RateLimitError"
    records_exceptions: bool = True

    def __str__(self):
        return self.program.removeprefix("with_").removesuffix(".py")

    def call(self, **differences):
        """A call as `seen` shows it."""
        response = {"responseModel": SERVED_MODEL, "responseId": "chatcmpl-2"} if self.tells_response else {}
        return {
            "spanType": "model_generation", "provider": "openai", "model": self.model, "finishReason": "stop",
            "streaming": self.streaming[0], "serverAddress": self.server, "parameters": {}, "tools": [],
            "usage": self.usage(40, 14), "input": [SYSTEM, QUESTION], "output": ANSWERED, "error": None,
            "responseModel": None, "responseId": None,
        } | response | differences  # fmt: skip

    def usage(self, inputs, outputs, streaming=False):
        """Totals with their buckets; the text is what the others leave (MAPPING 5.4)."""
        found = {"inputTokens": inputs, "outputTokens": outputs}
        if self.tells_cached:
            found["inputDetails"] = {"text": inputs - 8, "cacheRead": 8}
        if self.tells_reasoning_when_streaming if streaming else self.tells_reasoning:
            found["outputDetails"] = {"text": outputs - 3, "reasoning": 3}
        return found

    def tools(self):
        return [TOOL] if self.tells_tools else []


# Messages stand on spans only with these two.
OPENAI_V2 = Library(
    "with_openai_v2.py",
    {
        "OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental",
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "span_only",
    },
    tells_cached=False, tells_reasoning=False, tells_reasoning_when_streaming=False, tells_tools=False,
    error_name="RateLimitError", records_exceptions=False,
)  # fmt: skip
# Then it sends messages in log records only, which the gateway does not take.
OPENAI_V2_BY_DEFAULT = replace(OPENAI_V2, environment={})
# It has one attribute for the model, and puts that of the answer there.
OPENINFERENCE = Library(
    "with_openinference.py", model=SERVED_MODEL, tells_response=False, streaming=(None, True),
)  # fmt: skip
TRACELOOP = Library(
    "with_traceloop.py", tells_reasoning_when_streaming=False, streaming=(False, True), server="127.0.0.1"
)
PYDANTIC_AI = Library(
    "with_pydantic_ai.py", server="127.0.0.1", tells_input_of_failed=False,
    error_name="pydantic_ai.exceptions.ModelRateLimitError",
)  # fmt: skip
LIBRARIES = [OPENAI_V2, OPENINFERENCE, TRACELOOP, PYDANTIC_AI]

every_library = pytest.mark.parametrize("library", LIBRARIES, ids=str)


@pytest.fixture(scope="module")
def openai_server():
    with OpenAIServer() as server:
        yield server


@pytest.fixture(scope="module")
def play(gateway, upstream, openai_server):
    """Runs a scenario of a library once, to its end; the records of its spans, in the order in which they ended."""

    @cache
    def play(library, scenario):
        ids = _run(library.program, scenario, library.environment | _addresses(gateway, openai_server))
        return [upstream.record_of(id) for id in ids]

    return play


def _addresses(gateway, openai_server):
    host, port = gateway.address
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{host}:{port}", "OTEL_SERVICE_NAME": "weather",
        "OPENAI_BASE_URL": openai_server.url, "OPENAI_API_KEY": "sk-of-the-tests",
    }  # fmt: skip


def _run(program, scenario, environment):
    """Nothing of the machine's environment reaches the program: no proxies, no keys, no settings of OpenTelemetry."""
    done = subprocess.run(
        [sys.executable, PROGRAMS / program, scenario], env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"} | environment,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PROGRAM_DEADLINE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def of_type(records, span_type):
    return [record for record in records if record["spanType"] == span_type]


# Reading a record, without what the specification leaves open


def seen(record):
    """What matters of a model call; one comparison then shows all that differs."""
    attributes = record["attributes"]
    copied = ["provider", "model", "finishReason", "streaming", "serverAddress", "responseModel", "responseId"]
    return {name: attributes.get(name) for name in copied} | {
        "spanType": record["spanType"],
        "parameters": attributes.get("parameters", {}),
        "tools": [{name: tool.get(name) for name in TOOL} for tool in attributes.get("tools", [])],
        "usage": usage(record),
        "input": messages(record.get("input")),
        "output": answer(record.get("output")),
        "error": record["error"],
    }


def usage(record):
    """Buckets of nothing may be left out, and are here."""
    found = record["attributes"].get("usage")
    if not found:
        return None
    full = {name: _without_zeros(value) if isinstance(value, dict) else value for name, value in found.items()}
    return {name: value for name, value in full.items() if value != {}}


def _without_zeros(details):
    return {name: count for name, count in details.items() if count}


def messages(value):
    """Role and parts of each message; anything that is no list of messages comes back as it is."""
    if not isinstance(value, dict) or set(value) != {"messages"}:
        return value
    return [_message(message) for message in value["messages"]]


def _message(message):
    """A text may be content by itself. What a tool answered is of the role `tool`, whatever the library calls it."""
    content = message.get("content") or []
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else [_part(part) for part in content]
    only_results = parts and all(part["type"] == "tool-result" for part in parts)
    return "tool" if only_results else message["role"], parts


def _part(part):
    """Not every library tells the tool's name with its result."""
    return {name: value for name, value in part.items() if part["type"] != "tool-result" or name != "toolName"}


def answer(value):
    """Text and tool calls of an answer; anything of another form comes back as it is."""
    if not isinstance(value, dict) or not {"text", "toolCalls"} & set(value):
        return value
    return {"text": value.get("text") or "", "toolCalls": value.get("toolCalls") or []}


# The scenarios


@every_library
def test_a_chat(play, library):
    [call] = of_type(play(library, "chat"), "model_generation")
    assert seen(call) == library.call(parameters=PARAMETERS)


@every_library
def test_a_tool_call_in_two_turns(play, library):
    first, second = of_type(play(library, "tools"), "model_generation")
    assert seen(first) == library.call(
        output=ASKED_FOR_THE_TOOL, finishReason="tool-calls", usage=library.usage(40, 9), tools=library.tools()
    )
    expected = library.call(
        input=[SYSTEM, QUESTION, ("assistant", [CALL]), ("tool", [RESULT])],
        usage=library.usage(80, 14), tools=library.tools(),
    )  # fmt: skip
    assert seen(second) == expected | ({"responseId": "chatcmpl-4"} if library.tells_response else {})


@every_library
def test_a_stream_whose_usage_comes_last(play, library):
    [call] = of_type(play(library, "streaming"), "model_generation")
    assert seen(call) == library.call(usage=library.usage(40, 14, streaming=True), streaming=library.streaming[1])


@every_library
def test_a_tool_call_that_comes_in_pieces(play, library):
    first = of_type(play(library, "streamed_tool"), "model_generation")[0]
    assert seen(first) == library.call(
        output=ASKED_FOR_THE_TOOL, finishReason="tool-calls", usage=library.usage(40, 9, streaming=True),
        streaming=library.streaming[1], tools=library.tools(),
    )  # fmt: skip


@every_library
def test_a_call_that_is_refused_with_429(play, library):
    [call] = of_type(play(library, "too_many_requests"), "model_generation")
    error = call["error"]
    assert seen(call) == library.call(
        model=MODEL + "-err-429", responseModel=None, responseId=None, finishReason=None, usage=None, output=None,
        input=[SYSTEM, QUESTION] if library.tells_input_of_failed else None, error=error,
    )  # fmt: skip
    assert "429" in error["message"] and "Rate limit reached for requests" in error["message"]
    assert error["name"] == library.error_name
    assert ("Traceback" in error.get("stack", "")) == library.records_exceptions


# What single libraries do besides


@pytest.mark.client("instrumentation", "opentelemetry-instrumentation-openai-v2", "chat, tools, streams, errors", "pypi:opentelemetry-instrumentation-openai-v2")
@pytest.mark.parametrize("scenario", ["chat", "streaming"])
def test_openai_v2_by_default_has_no_messages_on_spans(play, scenario):
    [call] = play(OPENAI_V2_BY_DEFAULT, scenario)
    # In a stream it does not tell the reason of the end either.
    told = {"parameters": PARAMETERS} if scenario == "chat" else {"finishReason": None}
    assert seen(call) == OPENAI_V2_BY_DEFAULT.call(input=None, output=None, **told)


@pytest.mark.client("instrumentation", "OpenInference for OpenAI", "chat, tools, streams, errors", "pypi:openinference-instrumentation-openai")
def test_openinference_leaves_no_indexed_messages_over(play):
    for call in play(OPENINFERENCE, "tools"):
        families = ("llm.input_messages.", "llm.output_messages.", "llm.tools.")
        assert [name for name in call["attributes"] if name.startswith(families)] == []


@pytest.mark.parametrize("library", [OPENINFERENCE, TRACELOOP], ids=str)
def test_the_first_event_of_a_stream_is_the_time_to_its_first_token(play, library):
    [call] = play(library, "streaming")
    assert call["startedAt"] <= call["attributes"]["completionStartTime"] <= call["endedAt"]


@pytest.mark.client("instrumentation", "OpenLLMetry (Traceloop) for OpenAI", "chat, tools, streams, errors", "pypi:opentelemetry-instrumentation-openai")
def test_traceloops_events_of_single_chunks_are_collapsed(play):
    [call] = play(TRACELOOP, "streaming")
    events = call["metadata"]["otel"].get("events", [])
    assert len([event for event in events if event["name"] == "gen_ai.content.completion.chunk"]) <= 1


@pytest.mark.client("instrumentation", "Pydantic AI", "agent runs, model calls, tools", "pypi:pydantic-ai-slim")
def test_a_run_of_pydantic_ai_is_a_tree_of_agent_models_and_tool(play):
    records = play(PYDANTIC_AI, "tools")
    [agent] = of_type(records, "agent_run")
    others = [record for record in records if record is not agent]
    assert [record["spanType"] for record in others] == ["model_generation", "tool_call", "model_generation"]
    assert {record["parentSpanId"] for record in others} == {agent["spanId"]} and agent["parentSpanId"] is None
    assert len({record["metadata"]["threadId"] for record in records}) == 1
    assert len({record["metadata"].get("runId") for record in records} - {None}) == 1


def test_an_agent_run_of_pydantic_ai(play):
    [agent] = of_type(play(PYDANTIC_AI, "tools"), "agent_run")
    attributes = agent["attributes"]
    assert (agent["entityType"], agent["entityName"]) == ("agent", "weather_agent")
    assert attributes["instructions"] == "You tell the weather."
    assert attributes["conversationId"] == agent["metadata"]["threadId"]
    # The sum of the calls below is no usage: it would count twice (MAPPING A3).
    assert "usage" not in attributes and "internalUsage" not in attributes
    assert attributes["gen_ai.aggregated_usage.input_tokens"] == 120


def test_input_and_output_of_an_agent_run_of_pydantic_ai(play):
    [agent] = of_type(play(PYDANTIC_AI, "chat"), "agent_run")
    assert messages(agent.get("input")) == [QUESTION]
    output = agent.get("output")
    assert (output["text"] if isinstance(output, dict) else output) == TEXT


def test_a_tool_call_of_pydantic_ai(play):
    [tool] = of_type(play(PYDANTIC_AI, "tools"), "tool_call")
    assert (tool["entityType"], tool["entityName"]) == ("tool", "get_weather")
    assert (tool["input"], tool["output"], tool["error"]) == (TOOL_ARGUMENTS, WEATHER, None)
    assert (tool["attributes"]["toolCallId"], tool["attributes"]["success"]) == (TOOL_CALL_ID, True)


def test_a_refused_call_fails_the_agent_run_of_pydantic_ai(play):
    [agent] = of_type(play(PYDANTIC_AI, "too_many_requests"), "agent_run")
    assert agent["error"]["name"] == PYDANTIC_AI.error_name and "429" in agent["error"]["message"]
    assert messages(agent.get("input")) == [QUESTION]


def test_pydantic_ai_tells_what_a_call_cost(play):
    [call] = of_type(play(PYDANTIC_AI, "chat"), "model_generation")
    cost = call["attributes"]["costContext"]
    assert cost["estimatedCost"] > 0 and (cost["costUnit"], cost["provider"]) == ("USD", "openai")
