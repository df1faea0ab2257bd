// What the list shows while there is nothing: how to send the first span.

import { copyButton, h, tabs } from "./dom.js";
import { remember, remembered } from "./store.js";

const INPUT = '[{"role":"user","parts":[{"type":"text","content":"How is the weather in Paris?"}]}]';
const OUTPUT = '[{"role":"assistant","parts":[{"type":"text","content":"It is sunny."}]}]';
const escaped = (text) => text.replaceAll('"', '\\"');

const curl = (http) => `trace=$(openssl rand -hex 16) agent=$(openssl rand -hex 8) now=$(date +%s)
curl -sS ${http}/v1/traces -H 'content-type: application/json' -d '{
  "resourceSpans": [{
    "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "weather"}}]},
    "scopeSpans": [{"spans": [{
      "traceId": "'$trace'", "spanId": "'$agent'", "name": "invoke_agent weather", "kind": 1,
      "startTimeUnixNano": "'$now'000000000", "endTimeUnixNano": "'$now'900000000",
      "attributes": [
        {"key": "gen_ai.operation.name", "value": {"stringValue": "invoke_agent"}},
        {"key": "gen_ai.agent.name", "value": {"stringValue": "weather"}}
      ]
    }, {
      "traceId": "'$trace'", "spanId": "'$(openssl rand -hex 8)'", "parentSpanId": "'$agent'",
      "name": "chat gpt-4o-mini", "kind": 3,
      "startTimeUnixNano": "'$now'100000000", "endTimeUnixNano": "'$now'800000000",
      "attributes": [
        {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
        {"key": "gen_ai.request.model", "value": {"stringValue": "gpt-4o-mini"}},
        {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "18"}},
        {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "5"}},
        {"key": "gen_ai.input.messages", "value": {"stringValue":
          "${escaped(INPUT)}"}},
        {"key": "gen_ai.output.messages", "value": {"stringValue":
          "${escaped(OUTPUT)}"}}
      ]
    }]}]
  }]
}'`;

const PYTHON = `import json

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
tracer = trace.get_tracer("example")


def messages(role, text):
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])


with tracer.start_as_current_span("chat gpt-4o-mini", kind=trace.SpanKind.CLIENT) as span:
    span.set_attribute("gen_ai.operation.name", "chat")
    span.set_attribute("gen_ai.request.model", "gpt-4o-mini")
    span.set_attribute("gen_ai.input.messages", messages("user", "How is the weather in Paris?"))
    # Here the model is called.
    span.set_attribute("gen_ai.output.messages", messages("assistant", "It is sunny."))
    span.set_attribute("gen_ai.usage.input_tokens", 18)
    span.set_attribute("gen_ai.usage.output_tokens", 5)

provider.shutdown()  # sends what is still held`;

const JAVASCRIPT = `import { SpanKind, trace } from "@opentelemetry/api";
import { NodeSDK } from "@opentelemetry/sdk-node";

const sdk = new NodeSDK(); // exporter and resource come from the environment
sdk.start();

const messages = (role, content) => JSON.stringify([{ role, parts: [{ type: "text", content }] }]);

trace.getTracer("example").startActiveSpan("chat gpt-4o-mini", { kind: SpanKind.CLIENT }, (span) => {
  span.setAttributes({
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.input.messages": messages("user", "How is the weather in Paris?"),
  });
  // Here the model is called.
  span.setAttributes({
    "gen_ai.output.messages": messages("assistant", "It is sunny."),
    "gen_ai.usage.input_tokens": 18,
    "gen_ai.usage.output_tokens": 5,
  });
  span.end();
});

await sdk.shutdown(); // sends what is still held`;

const GO = `package main

import (
	"context"
	"log"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

func main() {
	ctx := context.Background()
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		log.Fatal(err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter))

	_, span := provider.Tracer("example").Start(ctx, "chat gpt-4o-mini")
	span.SetAttributes(
		attribute.String("gen_ai.operation.name", "chat"),
		attribute.String("gen_ai.request.model", "gpt-4o-mini"),
		attribute.String("gen_ai.input.messages",
			\`${INPUT}\`),
		// Here the model is called.
		attribute.String("gen_ai.output.messages",
			\`${OUTPUT}\`),
		attribute.Int("gen_ai.usage.input_tokens", 18),
		attribute.Int("gen_ai.usage.output_tokens", 5),
	)
	span.End()

	// Sends what is still held.
	if err := provider.Shutdown(ctx); err != nil {
		log.Fatal(err)
	}
}`;

const JAVA = `import io.opentelemetry.api.trace.Span;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import java.util.concurrent.TimeUnit;

public class Example {
    public static void main(String[] arguments) {
        // Exporter and resource come from the environment.
        var sdk = AutoConfiguredOpenTelemetrySdk.initialize().getOpenTelemetrySdk();
        Span span = sdk.getTracer("example").spanBuilder("chat gpt-4o-mini").startSpan();
        span.setAttribute("gen_ai.operation.name", "chat");
        span.setAttribute("gen_ai.request.model", "gpt-4o-mini");
        span.setAttribute("gen_ai.input.messages",
            "${escaped(INPUT)}");
        // Here the model is called.
        span.setAttribute("gen_ai.output.messages",
            "${escaped(OUTPUT)}");
        span.setAttribute("gen_ai.usage.input_tokens", 18L);
        span.setAttribute("gen_ai.usage.output_tokens", 5L);
        span.end();
        sdk.getSdkTracerProvider().shutdown().join(10, TimeUnit.SECONDS);
    }
}`;

const LANGUAGES = [
  { id: "curl", label: "curl", what: "Needs nothing else. Paste it into a terminal.", code: curl },
  { id: "python", label: "Python", install: "pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http", run: "python example.py", file: "example.py", code: () => PYTHON },
  { id: "javascript", label: "JavaScript", install: "npm install @opentelemetry/api @opentelemetry/sdk-node", run: "node example.mjs", file: "example.mjs", code: () => JAVASCRIPT },
  {
    id: "go", label: "Go", run: "go run .", file: "main.go", code: () => GO,
    install: "go mod init example\ngo get go.opentelemetry.io/otel go.opentelemetry.io/otel/sdk \\\n  go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp",
  },
  {
    id: "java", label: "Java", run: "java Example", file: "Example.java", code: () => JAVA, extra: "export OTEL_METRICS_EXPORTER=none OTEL_LOGS_EXPORTER=none\n",
    what: "Needs the packages io.opentelemetry:opentelemetry-sdk-extension-autoconfigure and opentelemetry-exporter-otlp.",
  },
];

function snippet(title, code) {
  return h("figure.snippet", h("figcaption", title, copyButton(`Copy ${title}`, () => code)), h("pre", { tabindex: 0, "aria-label": title }, h("code", code)));
}

/** The page that waits for the first span; `state` says where the gateway listens. */
export function createFirstSpan(state) {
  const http = state.http ?? "http://127.0.0.1:4318";
  const environment = state.http || !state.grpc
    ? `export OTEL_EXPORTER_OTLP_ENDPOINT=${http}\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\n`
    : `export OTEL_EXPORTER_OTLP_ENDPOINT=${state.grpc}\nexport OTEL_EXPORTER_OTLP_PROTOCOL=grpc\n`;
  const items = LANGUAGES.map((language) => ({
    id: language.id,
    label: language.label,
    render: () => h("div.language",
      language.what && h("p", language.what),
      language.install && snippet("Install", language.install),
      snippet(language.file ?? "Send a trace", language.code(http)),
      language.run && snippet("Run", `export OTEL_SERVICE_NAME=weather\n${environment}${language.extra ?? ""}${language.run}`)),
  }));
  return h("div.first",
    h("p.waiting", { role: "status" }, h("span.dot"), "Waiting for the first span"),
    h("h2", "Send the first span"),
    h("p", "It shows here as soon as it has come. A service that has OpenTelemetry already needs these two variables:"),
    snippet("Environment", environment.trimEnd()),
    !state.http && state.grpc && h("p", "OTLP over HTTP is switched off here, so that curl and HTTP exporters are not answered."),
    h("p", "A sample, without a program of your own:"),
    snippet("Sample", "mastra-gateway send --sample"),
    h("p", "Or a whole program:"),
    tabs("Language", items, remembered("language", "curl"), (id) => remember("language", id)).element);
}
