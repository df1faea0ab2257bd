"""Writes the .pb files beside this script; the .json files are written by hand.

Run with the Python package opentelemetry-proto: python3 make.py
"""

import pathlib

from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

HERE = pathlib.Path(__file__).parent
TRACE = bytes.fromhex("0102030405060708090a0b0c0d0e0f10")
START = 1_764_000_000_000_000_000  # 2025-11-24T16:00:00Z


def value(thing):
    if isinstance(thing, AnyValue):
        return thing
    if thing is None:
        return AnyValue()
    if isinstance(thing, bool):
        return AnyValue(bool_value=thing)
    if isinstance(thing, int):
        return AnyValue(int_value=thing)
    if isinstance(thing, float):
        return AnyValue(double_value=thing)
    if isinstance(thing, bytes):
        return AnyValue(bytes_value=thing)
    if isinstance(thing, str):
        return AnyValue(string_value=thing)
    if isinstance(thing, list):
        return AnyValue(array_value=ArrayValue(values=[value(item) for item in thing]))
    return AnyValue(kvlist_value=KeyValueList(values=pairs(thing)))


def pairs(attributes):
    return [KeyValue(key=key, value=value(thing)) for key, thing in attributes.items()]


def span(number, parent, name, start_ms, end_ms, attributes, **more):
    return Span(
        trace_id=TRACE,
        span_id=bytes([0] * 7 + [number]),
        parent_span_id=bytes([0] * 7 + [parent]) if parent else b"",
        name=name,
        start_time_unix_nano=START + start_ms * 1_000_000,
        end_time_unix_nano=START + end_ms * 1_000_000,
        attributes=pairs(attributes),
        **more,
    )


def write(name, groups):
    request = trace_service_pb2.ExportTraceServiceRequest()
    for resource, scopes in groups:
        group = request.resource_spans.add()
        group.resource.attributes.extend(pairs(resource))
        for scope, spans in scopes:
            spans_of_scope = group.scope_spans.add()
            spans_of_scope.scope.name = scope
            spans_of_scope.spans.extend(spans)
    (HERE / f"{name}.pb").write_bytes(request.SerializeToString(deterministic=True))


def agent_turn():
    """A web request, an agent in it, one tool call that fails, and an answer."""
    agent = {"gen_ai.agent.name": "Weather Agent", "gen_ai.conversation.id": "thread-1"}
    model = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
    }
    first = span(
        3, 2, "chat gpt-4o-mini", 20, 400,
        {
            **model,
            **agent,
            "gen_ai.usage.input_tokens": 28,
            "gen_ai.usage.output_tokens": 8,
            "gen_ai.response.finish_reasons": ["tool_call"],
            "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"Oslo?"}]}]',
            "gen_ai.output.messages": '[{"role":"assistant","parts":[{"type":"tool_call",'
            '"id":"c1","name":"weather","arguments":"{\\"city\\":\\"Oslo\\"}"}]}]',
        },
        kind=Span.SPAN_KIND_CLIENT,
    )
    tool = span(
        4, 2, "execute_tool weather", 410, 500,
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "weather",
            "gen_ai.tool.call.id": "c1",
            "gen_ai.tool.call.arguments": {"city": "Oslo"},
            "error.type": "TimeoutError",
        },
        status=Status(code=Status.STATUS_CODE_ERROR, message="no answer within 90 ms"),
    )
    second = span(
        5, 2, "chat gpt-4o-mini", 510, 900,
        {
            **model,
            **agent,
            "gen_ai.usage.input_tokens": 61,
            "gen_ai.usage.output_tokens": 14,
            "gen_ai.response.finish_reasons": ["stop"],
            "gen_ai.input.messages": [
                {
                    "role": "tool",
                    "parts": [{"type": "tool_call_response", "id": "c1", "response": "timeout"}],
                }
            ],
            "gen_ai.output.messages": [
                {"role": "assistant", "parts": [{"type": "text", "content": "I cannot tell."}]}
            ],
        },
        kind=Span.SPAN_KIND_CLIENT,
    )
    run = span(
        2, 1, "invoke_agent Weather Agent", 10, 950,
        {"gen_ai.operation.name": "invoke_agent", **agent, "gen_ai.usage.input_tokens": 89},
    )
    root = span(
        1, 0, "POST /ask", 0, 1000,
        {"http.request.method": "POST", "http.response.status_code": 200},
        kind=Span.SPAN_KIND_SERVER,
    )
    resource = {"service.name": "assistant", "deployment.environment.name": "test"}
    write("agent-turn", [(resource, [("weather", [first, tool, second, run]), ("http", [root])])])


def every_value():
    """One attribute of each kind of value, and of each kind inside the others."""
    one = {
        "string": "é\u0000\"\\\n🦊",
        "true": True,
        "false": False,
        "int": -42,
        "largest": 2**63 - 1,
        "smallest": -(2**63),
        "double": 0.1,
        "nan": float("nan"),
        "infinity": float("-inf"),
        "bytes": b"\x00\xff\xfe",
        "unset": None,
        "": "empty key",
        "model": "reserved",
    }
    attributes = {**one, "list": list(one.values()), "map": one, "deep": [[{"a": [{"b": []}]}], {}]}
    write("every-value", [({}, [("", [span(1, 0, "values", 0, 1, attributes)])])])


agent_turn()
every_value()
