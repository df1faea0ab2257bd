"""OpenAI's client under `opentelemetry-instrumentation-openai-v2`. Arguments: the scenario."""

import sys

import openai_scenarios
from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor
from tracing import exporting

with exporting():
    OpenAIInstrumentor().instrument()
    openai_scenarios.run(sys.argv[1])
