"""What an application does with OpenAI's client. The instrumentation is the caller's affair."""

import json

import openai

MODEL = "gpt-4o-mini"
SYSTEM = {"role": "system", "content": "You tell the weather."}
QUESTION = {"role": "user", "content": "How is the weather in Paris?"}
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def chat(client):
    client.chat.completions.create(model=MODEL, messages=[SYSTEM, QUESTION], temperature=0.2, max_tokens=64)


def tools(client):
    """Two turns: the model asks for the tool, and answers with its result."""
    messages = [SYSTEM, QUESTION]
    first = client.chat.completions.create(model=MODEL, messages=messages, tools=[TOOL])
    [call] = first.choices[0].message.tool_calls
    messages += [_asked(call), _told(call)]
    client.chat.completions.create(model=MODEL, messages=messages, tools=[TOOL])


def _asked(call):
    function = {"name": call.function.name, "arguments": call.function.arguments}
    return {"role": "assistant", "tool_calls": [{"id": call.id, "type": "function", "function": function}]}


def _told(call):
    city = json.loads(call.function.arguments)["city"]
    return {"role": "tool", "tool_call_id": call.id, "content": json.dumps({"city": city, "celsius": 22})}


def streaming(client):
    _consume(client, messages=[SYSTEM, QUESTION])


def streamed_tool(client):
    _consume(client, messages=[SYSTEM, QUESTION], tools=[TOOL])


def _consume(client, **arguments):
    stream = client.chat.completions.create(
        model=MODEL, stream=True, stream_options={"include_usage": True}, **arguments
    )
    assert [chunk.usage for chunk in stream][-1]


def too_many_requests(client):
    try:
        client.chat.completions.create(model=MODEL + "-err-429", messages=[SYSTEM, QUESTION])
    except openai.RateLimitError:
        return
    raise AssertionError("no error")


SCENARIOS = [chat, tools, streaming, streamed_tool, too_many_requests]


def run(name):
    """The environment names server and key. The client's own retries would wait and call again."""
    [scenario] = [each for each in SCENARIOS if each.__name__ == name]
    with openai.OpenAI(max_retries=0) as client:
        scenario(client)
