import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Scope;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.concurrent.TimeUnit;

/** Two spans of OpenTelemetry's Java SDK: `Spans grpc|http ORIGIN none|gzip`. Prints their ids. */
public class Spans {
    public static void main(String[] arguments) {
        SdkTracerProvider provider = SdkTracerProvider.builder()
            .setResource(Resource.create(Attributes.builder().put("service.name", "java").build()))
            .addSpanProcessor(BatchSpanProcessor.builder(exporter(arguments)).build())
            .build();
        Tracer tracer = provider.get("checkout");
        Span root = tracer.spanBuilder("request").setSpanKind(SpanKind.SERVER).setAttribute("orders", 42L).startSpan();
        Span child;
        try (Scope scope = root.makeCurrent()) {
            child = tracer.spanBuilder("query").setAttribute("text", "Gr\u00fc\u00dfe").startSpan();
        }
        child.end();
        root.end();
        System.out.println(root.getSpanContext().getSpanId() + " " + child.getSpanContext().getSpanId());
        boolean isExported = provider.forceFlush().join(10, TimeUnit.SECONDS).isSuccess();
        provider.shutdown().join(10, TimeUnit.SECONDS);
        System.exit(isExported ? 0 : 1);
    }

    private static SpanExporter exporter(String[] arguments) {
        if (arguments[0].equals("grpc")) {
            return OtlpGrpcSpanExporter.builder().setEndpoint(arguments[1]).setCompression(arguments[2]).build();
        }
        return OtlpHttpSpanExporter.builder()
            .setEndpoint(arguments[1] + "/v1/traces").setCompression(arguments[2]).build();
    }
}
