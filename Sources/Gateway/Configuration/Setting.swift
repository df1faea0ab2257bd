import CloudExport
import MastraRecords
import OTLPReceiving
import SendingQueue
import SpanMapping

/// One thing that can be configured: its key, under which it stands in the file, on the command line
/// (`--key-with-dashes`) and in the environment (`MASTRA_GATEWAY_KEY`).
package struct Setting: Sendable {
    package let key: String
    /// For `--help` and the manual: what it is, units, bounds.
    package let summary: String
    /// As it would be written; nil where unset has a meaning of its own.
    package let defaultText: String?
    /// Names besides `MASTRA_GATEWAY_…`, in the order of precedence.
    package let otherVariables: [String]
    /// Not on the command line, and never shown; `…_FILE` in the environment names a file with it.
    package let isSecret: Bool
    let apply: @Sendable (String, inout GatewayConfiguration) throws(Expected) -> Void

    init(
        _ key: String, _ summary: String, default defaultText: String? = nil,
        variables: [String] = [], isSecret: Bool = false,
        _ apply: @escaping @Sendable (String, inout GatewayConfiguration) throws(Expected) -> Void
    ) {
        self.key = key
        self.summary = summary
        self.defaultText = defaultText
        otherVariables = variables
        self.isSecret = isSecret
        self.apply = apply
    }

    /// Every name in the environment, first one first.
    package var variables: [String] { ["MASTRA_GATEWAY_" + key.uppercased()] + otherVariables }

    package var flag: String { "--" + key.split(separator: "_").joined(separator: "-") }
}

extension Setting {
    /// The endpoint is checked when the dialect and the project are known.
    static let endpoint = Setting(
        "endpoint",
        "origin of the upstream, or a whole URL that ends in /spans/publish; unset: the one of the dialect",
        variables: [
            "MASTRA_CLOUD_TRACES_ENDPOINT", "MASTRA_PLATFORM_OBSERVABILITY_ENDPOINT",
            "MASTRA_CLOUD_AI_TRACES_ENDPOINT",
        ]
    ) { (_, _) throws(Expected) in }

    package static let all: [Setting] = general + listenTLS

    private static let general: [Setting] = [
        Setting(
            "http_listen",
            "address and port of the OTLP/HTTP listener, or off; port 0 is any free one",
            default: "127.0.0.1:4318"
        ) { (text, configuration) throws(Expected) in
            configuration.httpListen = text == "off" ? nil : try ValueParsing.listen(text)
        },
        Setting(
            "grpc_listen",
            "address and port of the OTLP/gRPC listener, or off; both listeners speak both protocols",
            default: "127.0.0.1:4317"
        ) { (text, configuration) throws(Expected) in
            configuration.grpcListen = text == "off" ? nil : try ValueParsing.listen(text)
        },
        Setting(
            "admin_listen", "address and port of /metrics, /livez and /readyz, or off",
            default: "127.0.0.1:8888"
        ) { (text, configuration) throws(Expected) in
            configuration.adminListen = text == "off" ? nil : try ValueParsing.listen(text)
        },
        Setting(
            "traces_path", "paths at which traces are taken over HTTP, separated by commas",
            default: "/v1/traces,/otlp/v1/traces"
        ) { (text, configuration) throws(Expected) in
            configuration.tracesPaths = try ValueParsing.paths(text)
        },
        Setting(
            "cors_allowed_origins",
            "origins whose pages may send spans, separated by commas; * for all, or in a host; unset: none"
        ) { (text, configuration) throws(Expected) in
            configuration.cors.allowedOrigins = try ValueParsing.origins(text)
        },
        Setting(
            "cors_allowed_headers",
            "headers that pages may send beside authorization, content-encoding, content-type"
        ) { (text, configuration) throws(Expected) in
            configuration.cors.allowedHeaders = try ValueParsing.headerNames(text)
        },
        Setting(
            "cors_max_age", "time for which a browser keeps a grant, in whole seconds, 0 to 24h",
            default: "2h"
        ) { (text, configuration) throws(Expected) in
            let age = try ValueParsing.duration(text, in: .zero ... .seconds(86_400))
            guard age.components.attoseconds == 0 else { throw Expected("whole seconds") }
            configuration.cors.maxAge = age
        },
        Setting(
            "access_token", "token for Mastra Cloud; unset: records go to the console",
            variables: ["MASTRA_CLOUD_ACCESS_TOKEN", "MASTRA_PLATFORM_ACCESS_TOKEN"],
            isSecret: true
        ) { (text, configuration) throws(Expected) in
            guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
                throw Expected("a token of printable ASCII without spaces")
            }
            configuration.accessToken = text.isEmpty ? nil : Secret(text)
        },
        endpoint,
        Setting(
            "project_id", "project that the spans belong to; letters, digits, _ and -",
            variables: ["MASTRA_PROJECT_ID"]
        ) { (text, configuration) throws(Expected) in
            guard CloudEndpoint.isProjectID(text) else {
                throw Expected("letters, digits, _ and -")
            }
            configuration.projectID = text
        },
        Setting(
            "dialect",
            "fields of a record: platform (all), or cloud (the 15 of the original exporter)",
            default: "platform"
        ) { (text, configuration) throws(Expected) in
            configuration.dialect = try ValueParsing.choice(text, of: RecordDialect.self)
        },
        Setting(
            "publish_metrics",
            "derive metrics of durations and tokens from records, and publish them too: true, false",
            default: "false"
        ) { (text, configuration) throws(Expected) in
            configuration.publishMetrics = try ValueParsing.boolean(text)
        },
        Setting(
            "span_types",
            "types that a record may have: full (all), or core (those of Mastra's first release)",
            default: "full"
        ) { (text, configuration) throws(Expected) in
            configuration.mappingOptions.spanTypes = try ValueParsing.choice(
                text, of: MappingOptions.SpanTypes.self)
        },
        Setting(
            "redaction",
            "what stands for the value of a sensitive key: full ([REDACTED]), partial (its ends), off",
            default: "full"
        ) { (text, configuration) throws(Expected) in
            configuration.mappingOptions.policy.redaction = try ValueParsing.choice(
                text, of: ContentPolicy.Redaction.self)
        },
        Setting(
            "redact_keys",
            "more sensitive keys, separated by commas; case and punctuation are ignored"
        ) { (text, configuration) throws(Expected) in
            configuration.mappingOptions.policy.addSensitiveKeys(try ValueParsing.words(text))
        },
        Setting(
            "max_string_length", "UTF-16 units of a string in a record, 64 to 16777216",
            default: "131072"
        ) { (text, configuration) throws(Expected) in
            configuration.mappingOptions.policy.maxStringLength = try ValueParsing.integer(
                text, in: 64...(1 << 24))
        },
        Setting("max_value_depth", "levels of a value in a record, 1 to 64", default: "8") {
            (text, configuration) throws(Expected) in
            configuration.mappingOptions.policy.maxDepth = try ValueParsing.integer(
                text, in: 1...64)
        },
        Setting("max_array_items", "items of a list in a record, 1 to 65536", default: "50") {
            (text, configuration) throws(Expected) in
            configuration.mappingOptions.policy.maxArrayItems = try ValueParsing.integer(
                text, in: 1...65_536)
        },
        Setting(
            "max_object_keys", "members of an object in a record, 1 to 65536", default: "50"
        ) { (text, configuration) throws(Expected) in
            configuration.mappingOptions.policy.maxObjectKeys = try ValueParsing.integer(
                text, in: 1...65_536)
        },
        Setting(
            "keep_embedding_vectors",
            "embedding vectors themselves and not their number: true, false", default: "false"
        ) { (text, configuration) throws(Expected) in
            configuration.mappingOptions.keepsVectors = try ValueParsing.boolean(text)
        },
        Setting(
            "merge_nested_calls",
            "count a model call once that two instrumentations tell, one in the other: true, false",
            default: "true"
        ) { (text, configuration) throws(Expected) in
            configuration.mappingOptions.mergesNestedCalls = try ValueParsing.boolean(text)
        },
        Setting("max_batch_size", "records in a batch, 1 to 100000", default: "1000") {
            (text, configuration) throws(Expected) in
            configuration.maxBatchSize = try ValueParsing.integer(text, in: 1...100_000)
        },
        Setting(
            "max_batch_wait", "time from a span's acceptance to its batch's cut, 0 to 5m",
            default: "5s"
        ) { (text, configuration) throws(Expected) in
            configuration.maxBatchWait = try ValueParsing.duration(
                text, in: .zero ... .seconds(300))
        },
        Setting("max_batch_wait_ms", "max_batch_wait in milliseconds, 0 to 300000") {
            (text, configuration) throws(Expected) in
            configuration.maxBatchWait = .milliseconds(
                try ValueParsing.integer(text, in: 0...300_000))
        },
        Setting("max_batch_bytes", "bytes of JSON in a batch, 64KiB to 64MiB", default: "4MiB") {
            (text, configuration) throws(Expected) in
            configuration.maxBatchBytes = try ValueParsing.size(text, in: 1 << 16...1 << 26)
        },
        Setting(
            "queue_max_bytes",
            "bytes of requests that wait to be sent, 64KiB to 1TiB; unset: 1GiB on disk, 256MiB in memory"
        ) { (text, configuration) throws(Expected) in
            configuration.queueMaxBytes = try ValueParsing.size(text, in: 1 << 16...1 << 40)
        },
        Setting(
            "queue_max_spans", "spans that wait to be sent, 1 to 1000000000", default: "10000000"
        ) { (text, configuration) throws(Expected) in
            configuration.queueMaxSpans = try ValueParsing.integer(text, in: 1...1_000_000_000)
        },
        Setting(
            "queue_directory",
            "directory in which accepted spans outlive crashes and restarts; unset: memory"
        ) { (text, configuration) throws(Expected) in
            guard text.hasPrefix("/") else { throw Expected("an absolute path") }
            configuration.queueDirectory = text
        },
        Setting(
            "queue_durability",
            "what an answer waits for: fsync (the disk: survives a power cut), write (the system: survives a crash)",
            default: "fsync"
        ) { (text, configuration) throws(Expected) in
            configuration.queueDurability = try ValueParsing.choice(
                text, of: SegmentLogConfiguration.Durability.self)
        },
        Setting(
            "queue_min_free",
            "room on the queue's file system that is left to others, 0 to 1TiB; below it spans are refused",
            default: "256MiB"
        ) { (text, configuration) throws(Expected) in
            configuration.queueMinFree = try ValueParsing.size(text, in: 0...1 << 40)
        },
        Setting(
            "queue_max_age",
            "age at which spans on disk are dropped unsent, in whole segments, up to 8784h; 0: never",
            default: "0"
        ) { (text, configuration) throws(Expected) in
            let value = try ValueParsing.duration(text, in: .zero ... .seconds(31_622_400))
            configuration.queueMaxAge = value == .zero ? nil : value
        },
        Setting(
            "queue_overflow",
            "what a full queue on disk does: reject (refuse new spans), drop_oldest (drop the oldest segment)",
            default: "reject"
        ) { (text, configuration) throws(Expected) in
            configuration.queueOverflow = try ValueParsing.choice(
                text, of: QueueOverflow.self)
        },
        Setting(
            "queue_exit_on_sync_error",
            "end the process where the disk fails to sync, instead of going on in a new file: true, false",
            default: "false"
        ) { (text, configuration) throws(Expected) in
            configuration.queueExitOnSyncError = try ValueParsing.boolean(text)
        },
        Setting(
            "dead_letter_max_bytes",
            "bytes of refused spans that are kept in queue_directory for people, 1MiB to 1TiB; 0: none",
            default: "64MiB"
        ) { (text, configuration) throws(Expected) in
            configuration.deadLetterBytes =
                text == "0" ? 0 : try ValueParsing.size(text, in: 1 << 20...1 << 40)
        },
        Setting(
            "max_body_bytes", "bytes of a request body, as sent and inflated, 1KiB to 256MiB",
            default: "64MiB"
        ) { (text, configuration) throws(Expected) in
            configuration.maxBodyBytes = try ValueParsing.size(text, in: 1 << 10...1 << 28)
        },
        Setting(
            "memory_limit", "bytes of request bodies in flight, 1MiB to 1TiB", default: "256MiB"
        ) { (text, configuration) throws(Expected) in
            configuration.memoryLimit = try ValueParsing.size(text, in: 1 << 20...1 << 40)
        },
        Setting(
            "max_connections", "connections of a listener at once, 1 to 1000000", default: "1024"
        ) { (text, configuration) throws(Expected) in
            configuration.maxConnections = try ValueParsing.integer(text, in: 1...1_000_000)
        },
        Setting(
            "max_connections_per_ip",
            "connections of one IPv4 address or IPv6 /64 network at once, 1 to 1000000",
            default: "512"
        ) { (text, configuration) throws(Expected) in
            configuration.maxConnectionsPerIP = try ValueParsing.integer(text, in: 1...1_000_000)
        },
        Setting(
            "max_header_bytes", "bytes of a request line and its headers, 1KiB to 1MiB",
            default: "16KiB"
        ) { (text, configuration) throws(Expected) in
            configuration.maxHeaderBytes = try ValueParsing.size(text, in: 1 << 10...1 << 20)
        },
        Setting("header_timeout", "time for a request's head, 100ms to 10m", default: "10s") {
            (text, configuration) throws(Expected) in
            configuration.headerTimeout = try ValueParsing.duration(
                text, in: .milliseconds(100) ... .seconds(600))
        },
        Setting(
            "body_timeout",
            "time in which a body has to bring another KiB, or a thirtieth of its length, 100ms to 10m",
            default: "10s"
        ) { (text, configuration) throws(Expected) in
            configuration.bodyTimeout = try ValueParsing.duration(
                text, in: .milliseconds(100) ... .seconds(600))
        },
        Setting(
            "idle_timeout", "time for which an idle connection is kept, 100ms to 1h", default: "75s"
        ) {
            (text, configuration) throws(Expected) in
            configuration.idleTimeout = try ValueParsing.duration(
                text, in: .milliseconds(100) ... .seconds(3600))
        },
        Setting(
            "event_loops", "threads that serve connections, 0 to 64; 0: one a core, at most 8",
            default: "0"
        ) {
            (text, configuration) throws(Expected) in
            configuration.eventLoops = try ValueParsing.integer(text, in: 0...64)
        },
        Setting("upload_concurrency", "uploads at once, 1 to 64", default: "4") {
            (text, configuration) throws(Expected) in
            configuration.uploadConcurrency = try ValueParsing.integer(text, in: 1...64)
        },
        Setting("upload_timeout", "time for one upload, 100ms to 10m", default: "30s") {
            (text, configuration) throws(Expected) in
            configuration.uploadTimeout = try ValueParsing.duration(
                text, in: .milliseconds(100) ... .seconds(600))
        },
        Setting(
            "connect_timeout", "time to connect to the upstream, TLS included, 100ms to 5m",
            default: "10s"
        ) {
            (text, configuration) throws(Expected) in
            configuration.connectTimeout = try ValueParsing.duration(
                text, in: .milliseconds(100) ... .seconds(300))
        },
        Setting(
            "upload_http_version", "1.1, or 2 where the upstream's TLS offers it", default: "1.1"
        ) {
            (text, configuration) throws(Expected) in
            configuration.uploadHTTPVersion = try ValueParsing.choice(
                text, of: UploadHTTPVersion.self)
        },
        Setting(
            "retry_on_failure_initial_interval", "limit of the first delay, 1ms to 1h",
            default: "500ms"
        ) { (text, configuration) throws(Expected) in
            configuration.backoff.initialInterval = try ValueParsing.duration(
                text, in: .milliseconds(1) ... .seconds(3600))
        },
        Setting(
            "retry_on_failure_max_interval", "limit that delays grow to, 1ms to 1h", default: "30s"
        ) { (text, configuration) throws(Expected) in
            configuration.backoff.maxInterval = try ValueParsing.duration(
                text, in: .milliseconds(1) ... .seconds(3600))
        },
        Setting("retry_on_failure_multiplier", "growth of delays, 1 to 10", default: "2") {
            (text, configuration) throws(Expected) in
            configuration.backoff.multiplier = try ValueParsing.number(text, in: 1...10)
        },
        Setting(
            "retry_on_failure_max_elapsed_time",
            "time from a batch's first attempt after which it is dropped, up to 24h; 0: never; unset: 5m, never with queue_directory"
        ) { (text, configuration) throws(Expected) in
            configuration.maxElapsedTime = try ValueParsing.duration(
                text, in: .zero ... .seconds(86_400))
        },
        Setting("tls_ca_file", "PEM file of authorities for the upstream; unset: the system's") {
            (text, configuration) throws(Expected) in configuration.tlsCAFile = text
        },
        Setting("tls_cert_file", "PEM file of the client certificate for the upstream") {
            (text, configuration) throws(Expected) in configuration.tlsCertFile = text
        },
        Setting("tls_key_file", "PEM file of the client certificate's key") {
            (text, configuration) throws(Expected) in configuration.tlsKeyFile = text
        },
        Setting(
            "tls_insecure", "allow http:// to an upstream on another host", default: "false"
        ) { (text, configuration) throws(Expected) in
            configuration.tlsInsecure = try ValueParsing.boolean(text)
        },
        Setting(
            "proxy_url", "proxy for uploads; the usual proxy variables are not read", isSecret: true
        ) { (text, configuration) throws(Expected) in
            configuration.proxyURL = text.isEmpty ? nil : Secret(text)
        },
        Setting("no_proxy", "hosts that are reached without the proxy, separated by commas") {
            (text, configuration) throws(Expected) in configuration.noProxy = text
        },
        Setting("log_level", "debug, info, warn or error", default: "info") {
            (text, configuration) throws(Expected) in
            configuration.logLevel = try ValueParsing.choice(text, of: LogLevel.self)
        },
        Setting("log_format", "text or json; unset: text on a terminal, else json") {
            (text, configuration) throws(Expected) in
            configuration.logFormat = try ValueParsing.choice(text, of: LogFormat.self)
        },
        Setting(
            "watchdog_timeout",
            "time without progress of a part after which the process ends, 5s to 1h; 0: never",
            default: "60s"
        ) { (text, configuration) throws(Expected) in
            configuration.watchdogTimeout =
                text == "0"
                ? .zero : try ValueParsing.duration(text, in: .seconds(5) ... .seconds(3600))
        },
        Setting(
            "process_memory_limit",
            "bytes that all limits together may add up to, 64MiB to 1TiB; unset: 90 % of the control group's"
        ) { (text, configuration) throws(Expected) in
            configuration.processMemoryLimit = try ValueParsing.size(text, in: 1 << 26...1 << 40)
        },
        Setting(
            "shutdown_timeout", "time to deliver what is held when asked to stop, 0 to 10m",
            default: "20s"
        ) { (text, configuration) throws(Expected) in
            configuration.shutdownTimeout = try ValueParsing.duration(
                text, in: .zero ... .seconds(600))
        },
    ]
}
