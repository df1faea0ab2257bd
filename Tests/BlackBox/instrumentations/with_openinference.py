"""OpenAI's client under `openinference-instrumentation-openai`. Arguments: the scenario."""

import sys

import openai_scenarios
from openinference.instrumentation.openai import OpenAIInstrumentor
from tracing import exporting

with exporting():
    OpenAIInstrumentor().instrument()
    openai_scenarios.run(sys.argv[1])
