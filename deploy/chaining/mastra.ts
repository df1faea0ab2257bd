// A Mastra application that sends to a gateway, with its OtelExporter. Packages: @mastra/core, @mastra/observability,
// @mastra/otel-exporter, @opentelemetry/exporter-trace-otlp-proto.

import { Mastra } from "@mastra/core";
import { Observability } from "@mastra/observability";
import { OtelExporter } from "@mastra/otel-exporter";

export const mastra = new Mastra({
  observability: new Observability({
    configs: {
      gateway: {
        serviceName: "shop-assistant",
        exporters: [
          new OtelExporter({
            provider: {
              custom: {
                // With its path: the exporter adds none.
                endpoint: "http://mastra-gateway:4318/v1/traces",
                protocol: "http/protobuf",
              },
            },
            // The gateway takes traces; releases that know no logs do not know this option either.
            signals: { traces: true, logs: false },
          }),
        ],
      },
    },
  }),
});
