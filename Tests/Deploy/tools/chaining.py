"""Keys of peers' configurations, from their published references, for peers that cannot be run here. `*` is a name that
the configuration chooses; a key with a mapping of its own is not a leaf."""

import re

import yaml
from support.program import REPOSITORY

FOLDER = REPOSITORY / "deploy/chaining"

# How each file of deploy/chaining is shown to be right. docs/chaining/README.md has the same table, which a test compares.
SHOWN = {
    "otelcol-old-names.yaml": "executed: the exporter, by the Collector's own build without a receiver of traces",
    "otelcol.yaml": "the same but for the names of components; keys checked",
    "otelcol-grpc.yaml": "keys checked",
    "otelcol-only-models.yaml": "keys checked",
    "otelcol-chosen-services.yaml": "keys checked",
    "alloy.alloy": "keys checked",
    "vector.yaml": "keys checked",
    "fluent-bit.yaml": "keys checked",
    "rotel.env": "executed",
    "nginx.conf": "executed",
    "haproxy.cfg": "executed",
    "mastra.ts": "keys checked; payloads written after the exporter's source are mapped by other tests",
}

# Collector 0.144 to 0.162: exporter/exporterhelper/README.md, exporter/otlphttpexporter, config/confighttp, configgrpc.
_QUEUE = {
    "enabled", "num_consumers", "wait_for_result", "block_on_overflow", "sizer", "queue_size", "storage",
    "batch.flush_timeout", "batch.min_size", "batch.max_size", "batch.sizer",
}  # fmt: skip
_RETRY = {"enabled", "initial_interval", "max_interval", "max_elapsed_time", "multiplier", "randomization_factor"}
_TLS = {"insecure", "ca_file", "cert_file", "key_file", "server_name_override", "min_version"}
_EXPORTER = (
    {"endpoint", "compression", "timeout", "headers.*"}
    | {f"sending_queue.{key}" for key in _QUEUE}
    | {f"retry_on_failure.{key}" for key in _RETRY}
    | {f"tls.{key}" for key in _TLS}
)
COLLECTOR = (
    {f"exporters.{name}/*.{key}" for name in ("otlp_http", "otlp_grpc", "otlphttp", "otlp") for key in _EXPORTER}
    | {f"receivers.otlp.protocols.{protocol}.endpoint" for protocol in ("grpc", "http")}
    | {"receivers.otlp.protocols.grpc.max_recv_msg_size_mib", "receivers.otlp.protocols.http.max_request_body_size"}
    | {f"processors.memory_limiter.{key}" for key in ("check_interval", "limit_percentage", "spike_limit_percentage")}
    | {f"processors.memory_limiter.{key}" for key in ("limit_mib", "spike_limit_mib")}
    # contrib: processor/filterprocessor, connector/routingconnector, extension/storage/filestorage
    | {"processors.filter/*.error_mode", "processors.filter/*.traces.span"}
    | {f"connectors.routing/*.{key}" for key in ("error_mode", "default_pipelines", "table.context", "table.condition", "table.pipelines")}
    | {f"extensions.file_storage.{key}" for key in ("directory", "create_directory", "fsync", "timeout")}
    | {"service.extensions"}
    | {f"service.pipelines.{name}.{key}" for name in ("traces", "traces/*") for key in ("receivers", "processors", "exporters")}
)  # fmt: skip

# Vector 0.51: sources and sinks `opentelemetry`, whose `protocol` has the options of the sink `http`.
VECTOR = {
    "acknowledgements.enabled",
    "sources.*.type", "sources.*.grpc.address", "sources.*.http.address", "sources.*.use_otlp_decoding",
    "sinks.*.type", "sinks.*.inputs", "sinks.*.buffer.type", "sinks.*.buffer.max_size", "sinks.*.buffer.when_full",
    "sinks.*.protocol.type", "sinks.*.protocol.method", "sinks.*.protocol.uri", "sinks.*.protocol.compression",
    "sinks.*.protocol.encoding.codec", "sinks.*.protocol.request.headers.*",
}  # fmt: skip

# Fluent Bit 4: service, buffering, inputs and outputs `opentelemetry`. Names have dots in them.
FLUENT_BIT = {
    "service": {
        "flush", "storage.path", "storage.sync", "storage.backlog.mem_limit", "scheduler.base", "scheduler.cap", "log_level",
    },
    "inputs": {"name", "listen", "port", "tag", "storage.type", "buffer_max_size"},
    "outputs": {
        "name", "match", "host", "port", "traces_uri", "compress", "header", "retry_limit", "storage.total_limit_size",
        "tls", "tls.ca_file", "http2", "grpc",
    },
}  # fmt: skip

# Alloy 1.13 and later: otelcol.receiver.otlp, otelcol.processor.memory_limiter, otelcol.storage.file,
# otelcol.exporter.otlphttp and the shared pages of the queue block and of its batch block.
ALLOY = {
    "otelcol.receiver.otlp": {
        "grpc.endpoint", "grpc.max_recv_msg_size", "http.endpoint", "http.max_request_body_size", "output.traces",
    },
    "otelcol.storage.file": {"directory", "create_directory", "directory_permissions", "fsync", "timeout"},
    "otelcol.processor.memory_limiter": {
        "check_interval", "limit", "limit_percentage", "spike_limit", "spike_limit_percentage", "output.traces",
    },
    "otelcol.exporter.otlphttp": {
        "client.endpoint", "client.compression", "client.timeout", "client.headers", "client.auth",
        "sending_queue.enabled", "sending_queue.queue_size", "sending_queue.block_on_overflow", "sending_queue.num_consumers",
        "sending_queue.storage", "sending_queue.sizer", "sending_queue.batch.sizer", "sending_queue.batch.flush_timeout",
        "sending_queue.batch.min_size", "sending_queue.batch.max_size",
        "retry_on_failure.enabled", "retry_on_failure.initial_interval", "retry_on_failure.max_interval",
        "retry_on_failure.max_elapsed_time",
    },
}  # fmt: skip

# Mastra 1: Observability's configuration, and OtelExporter's with a custom provider, both of its reference (reference/
# observability/tracing/exporters/otel) and of its types.ts.
MASTRA = {
    "observability", "configs", "gateway", "serviceName", "exporters", "provider", "custom", "endpoint", "protocol",
    "signals", "traces", "logs",
}  # fmt: skip


def leaves(value, path=()):
    """Paths of the values that are no mappings; those of a list of mappings are its members'."""
    if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        for each in value:
            yield from leaves(each, path)
    elif isinstance(value, dict) and value:
        for key, each in value.items():
            yield from leaves(each, (*path, str(key)))
    else:
        yield ".".join(path)


def unknown(path, known):
    """Whether no key of the table is that path. A `*` stands for one name, or for what is behind a slash."""
    patterns = [re.escape(key).replace(r"\*", r"[^.]+") for key in known]
    return not any(re.fullmatch(pattern, path) for pattern in patterns)


def load(name):
    return yaml.safe_load((FOLDER / name).read_text())


def blocks_of_alloy(text):
    """`(component, [path, …])` of each component: names of blocks and of what is assigned in them."""
    text = re.sub(r"//.*", "", text)
    found, stack = [], []
    for line in filter(None, map(str.strip, text.splitlines())):
        if match := re.fullmatch(r'([\w.]+)(?: +"(\w+)")? *\{', line):
            if not stack:
                found.append((match[1], []))
            stack.append(match[1])
        elif line == "}":
            stack.pop()
        else:
            name = re.match(r"(\w+) *=", line)
            assert name and stack, f"a line that is neither a block nor an assignment: {line}"
            found[-1][1].append(".".join([*stack[1:], name[1]]))
    assert not stack, "a block is not closed"
    return found
