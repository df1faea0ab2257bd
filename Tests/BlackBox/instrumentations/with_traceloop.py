"""OpenAI's client under `opentelemetry-instrumentation-openai`, which is Traceloop's. Arguments: the scenario."""

import sys

import openai_scenarios
from opentelemetry.instrumentation.openai import OpenAIInstrumentor
from tracing import exporting

with exporting():
    OpenAIInstrumentor().instrument()
    openai_scenarios.run(sys.argv[1])
