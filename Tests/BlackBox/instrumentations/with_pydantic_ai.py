"""An agent of `pydantic-ai` on OpenAI's chat completions. Arguments: the scenario."""

import asyncio
import sys

from openai import AsyncOpenAI
from pydantic_ai import Agent, ModelHTTPError
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from tracing import exporting

MODEL = "gpt-4o-mini"
SYSTEM = "You tell the weather."
QUESTION = "How is the weather in Paris?"


def agent(model=MODEL, **settings):
    """The client's own retries would wait and call again."""
    provider = OpenAIProvider(openai_client=AsyncOpenAI(max_retries=0))
    return Agent(OpenAIChatModel(model, provider=provider), name="weather_agent", instructions=SYSTEM, **settings)


def get_weather(city: str) -> dict[str, str | int]:
    """The weather of a city"""
    return {"city": city, "celsius": 22}


async def chat():
    await agent(model_settings={"temperature": 0.2, "max_tokens": 64}).run(QUESTION)


async def tools():
    await agent(tools=[get_weather]).run(QUESTION)


async def streaming():
    await _consume(agent())


async def streamed_tool():
    await _consume(agent(tools=[get_weather]))


async def _consume(streaming_agent):
    async with streaming_agent.run_stream(QUESTION) as run:
        assert [piece async for piece in run.stream_text(delta=True)]


async def too_many_requests():
    try:
        await agent(MODEL + "-err-429").run(QUESTION)
    except ModelHTTPError:
        return
    raise AssertionError("no error")


SCENARIOS = [chat, tools, streaming, streamed_tool, too_many_requests]

with exporting():
    Agent.instrument_all()
    [scenario] = [each for each in SCENARIOS if each.__name__ == sys.argv[1]]
    asyncio.run(scenario())
