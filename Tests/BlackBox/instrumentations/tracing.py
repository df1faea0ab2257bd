"""The OpenTelemetry set-up of the programs beside: the one that the README tells, configured by the environment."""

import json
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor


class _Ended(SpanProcessor):
    """Remembers the ids of the spans in the order in which they end."""

    def __init__(self):
        self.ids = []

    def on_end(self, span):
        self.ids.append(f"{span.context.span_id:016x}")


@contextmanager
def exporting():
    """Spans of the block have reached the gateway when it ends; their ids are printed, for the test to wait for."""
    ended = _Ended()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(ended)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    yield
    assert provider.force_flush()
    provider.shutdown()
    print(json.dumps(ended.ids))
