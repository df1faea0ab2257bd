import ArgumentParser
import Gateway

/// A flag for each setting that is no secret: `Setting.all` has their meaning, and a test compares both.
struct SettingOptions: ParsableArguments {
    @Option(name: .customLong("endpoint"), help: Setting.help("endpoint"))
    var endpoint: String?
    @Option(name: .customLong("http-listen"), help: Setting.help("http_listen"))
    var httpListen: String?
    @Option(name: .customLong("grpc-listen"), help: Setting.help("grpc_listen"))
    var grpcListen: String?
    @Option(name: .customLong("admin-listen"), help: Setting.help("admin_listen"))
    var adminListen: String?
    @Option(name: .customLong("traces-path"), help: Setting.help("traces_path"))
    var tracesPath: String?
    @Option(name: .customLong("cors-allowed-origins"), help: Setting.help("cors_allowed_origins"))
    var corsAllowedOrigins: String?
    @Option(name: .customLong("cors-allowed-headers"), help: Setting.help("cors_allowed_headers"))
    var corsAllowedHeaders: String?
    @Option(name: .customLong("cors-max-age"), help: Setting.help("cors_max_age"))
    var corsMaxAge: String?
    @Option(name: .customLong("listen-tls-cert-file"), help: Setting.help("listen_tls_cert_file"))
    var listenTLSCertFile: String?
    @Option(name: .customLong("listen-tls-key-file"), help: Setting.help("listen_tls_key_file"))
    var listenTLSKeyFile: String?
    @Option(
        name: .customLong("listen-tls-client-ca-file"),
        help: Setting.help("listen_tls_client_ca_file"))
    var listenTLSClientCAFile: String?
    @Option(
        name: .customLong("listen-tls-client-names"), help: Setting.help("listen_tls_client_names"))
    var listenTLSClientNames: String?
    @Option(
        name: .customLong("listen-tls-min-version"), help: Setting.help("listen_tls_min_version"))
    var listenTLSMinVersion: String?
    @Option(
        name: .customLong("listen-tls-reload-interval"),
        help: Setting.help("listen_tls_reload_interval"))
    var listenTLSReloadInterval: String?
    @Option(name: .customLong("project-id"), help: Setting.help("project_id"))
    var projectID: String?
    @Option(name: .customLong("dialect"), help: Setting.help("dialect"))
    var dialect: String?
    @Option(name: .customLong("publish-metrics"), help: Setting.help("publish_metrics"))
    var publishMetrics: String?
    @Option(name: .customLong("span-types"), help: Setting.help("span_types"))
    var spanTypes: String?
    @Option(name: .customLong("redaction"), help: Setting.help("redaction"))
    var redaction: String?
    @Option(name: .customLong("redact-keys"), help: Setting.help("redact_keys"))
    var redactKeys: String?
    @Option(name: .customLong("max-string-length"), help: Setting.help("max_string_length"))
    var maxStringLength: String?
    @Option(name: .customLong("max-value-depth"), help: Setting.help("max_value_depth"))
    var maxValueDepth: String?
    @Option(name: .customLong("max-array-items"), help: Setting.help("max_array_items"))
    var maxArrayItems: String?
    @Option(name: .customLong("max-object-keys"), help: Setting.help("max_object_keys"))
    var maxObjectKeys: String?
    @Option(
        name: .customLong("keep-embedding-vectors"), help: Setting.help("keep_embedding_vectors"))
    var keepEmbeddingVectors: String?
    @Option(name: .customLong("merge-nested-calls"), help: Setting.help("merge_nested_calls"))
    var mergeNestedCalls: String?
    @Option(name: .customLong("max-batch-size"), help: Setting.help("max_batch_size"))
    var maxBatchSize: String?
    @Option(name: .customLong("max-batch-wait"), help: Setting.help("max_batch_wait"))
    var maxBatchWait: String?
    @Option(name: .customLong("max-batch-wait-ms"), help: Setting.help("max_batch_wait_ms"))
    var maxBatchWaitMilliseconds: String?
    @Option(name: .customLong("max-batch-bytes"), help: Setting.help("max_batch_bytes"))
    var maxBatchBytes: String?
    @Option(name: .customLong("queue-max-bytes"), help: Setting.help("queue_max_bytes"))
    var queueMaxBytes: String?
    @Option(name: .customLong("queue-max-spans"), help: Setting.help("queue_max_spans"))
    var queueMaxSpans: String?
    @Option(
        name: .customLong("queue-directory"), help: Setting.help("queue_directory"))
    var queueDirectory: String?
    @Option(
        name: .customLong("queue-durability"), help: Setting.help("queue_durability"))
    var queueDurability: String?
    @Option(
        name: .customLong("queue-min-free"), help: Setting.help("queue_min_free"))
    var queueMinFree: String?
    @Option(
        name: .customLong("queue-max-age"), help: Setting.help("queue_max_age"))
    var queueMaxAge: String?
    @Option(
        name: .customLong("queue-overflow"), help: Setting.help("queue_overflow"))
    var queueOverflow: String?
    @Option(
        name: .customLong("queue-exit-on-sync-error"),
        help: Setting.help("queue_exit_on_sync_error"))
    var queueExitOnSyncError: String?
    @Option(
        name: .customLong("dead-letter-max-bytes"), help: Setting.help("dead_letter_max_bytes"))
    var deadLetterMaxBytes: String?
    @Option(name: .customLong("local-store"), help: Setting.help("local_store"))
    var localStore: String?
    @Option(
        name: .customLong("local-store-max-bytes"), help: Setting.help("local_store_max_bytes"))
    var localStoreMaxBytes: String?
    @Option(name: .customLong("local-store-max-age"), help: Setting.help("local_store_max_age"))
    var localStoreMaxAge: String?
    @Option(name: .customLong("viewer-listen"), help: Setting.help("viewer_listen"))
    var viewerListen: String?
    @Option(name: .customLong("viewer-credentials"), help: Setting.help("viewer_credentials"))
    var viewerCredentials: String?
    @Option(name: .customLong("viewer-hosts"), help: Setting.help("viewer_hosts"))
    var viewerHosts: String?
    @Option(
        name: .customLong("watchdog-timeout"), help: Setting.help("watchdog_timeout"))
    var watchdogTimeout: String?
    @Option(
        name: .customLong("process-memory-limit"), help: Setting.help("process_memory_limit"))
    var processMemoryLimit: String?
    @Option(name: .customLong("max-body-bytes"), help: Setting.help("max_body_bytes"))
    var maxBodyBytes: String?
    @Option(name: .customLong("memory-limit"), help: Setting.help("memory_limit"))
    var memoryLimit: String?
    @Option(name: .customLong("max-connections"), help: Setting.help("max_connections"))
    var maxConnections: String?
    @Option(
        name: .customLong("max-connections-per-ip"), help: Setting.help("max_connections_per_ip"))
    var maxConnectionsPerIP: String?
    @Option(name: .customLong("max-header-bytes"), help: Setting.help("max_header_bytes"))
    var maxHeaderBytes: String?
    @Option(name: .customLong("header-timeout"), help: Setting.help("header_timeout"))
    var headerTimeout: String?
    @Option(name: .customLong("body-timeout"), help: Setting.help("body_timeout"))
    var bodyTimeout: String?
    @Option(name: .customLong("idle-timeout"), help: Setting.help("idle_timeout"))
    var idleTimeout: String?
    @Option(name: .customLong("event-loops"), help: Setting.help("event_loops"))
    var eventLoops: String?
    @Option(name: .customLong("upload-concurrency"), help: Setting.help("upload_concurrency"))
    var uploadConcurrency: String?
    @Option(name: .customLong("upload-timeout"), help: Setting.help("upload_timeout"))
    var uploadTimeout: String?
    @Option(name: .customLong("connect-timeout"), help: Setting.help("connect_timeout"))
    var connectTimeout: String?
    @Option(name: .customLong("upload-http-version"), help: Setting.help("upload_http_version"))
    var uploadHTTPVersion: String?
    @Option(
        name: .customLong("retry-on-failure-initial-interval"),
        help: Setting.help("retry_on_failure_initial_interval"))
    var retryOnFailureInitialInterval: String?
    @Option(
        name: .customLong("retry-on-failure-max-interval"),
        help: Setting.help("retry_on_failure_max_interval"))
    var retryOnFailureMaxInterval: String?
    @Option(
        name: .customLong("retry-on-failure-multiplier"),
        help: Setting.help("retry_on_failure_multiplier"))
    var retryOnFailureMultiplier: String?
    @Option(
        name: .customLong("retry-on-failure-max-elapsed-time"),
        help: Setting.help("retry_on_failure_max_elapsed_time"))
    var retryOnFailureMaxElapsedTime: String?
    @Option(name: .customLong("tls-ca-file"), help: Setting.help("tls_ca_file"))
    var tlsCAFile: String?
    @Option(name: .customLong("tls-cert-file"), help: Setting.help("tls_cert_file"))
    var tlsCertFile: String?
    @Option(name: .customLong("tls-key-file"), help: Setting.help("tls_key_file"))
    var tlsKeyFile: String?
    @Option(name: .customLong("tls-insecure"), help: Setting.help("tls_insecure"))
    var tlsInsecure: String?
    @Option(name: .customLong("no-proxy"), help: Setting.help("no_proxy"))
    var noProxy: String?
    @Option(name: .customLong("log-level"), help: Setting.help("log_level"))
    var logLevel: String?
    @Option(name: .customLong("log-format"), help: Setting.help("log_format"))
    var logFormat: String?
    @Option(name: .customLong("shutdown-timeout"), help: Setting.help("shutdown_timeout"))
    var shutdownTimeout: String?
    @Option(name: .customLong("credentials"), help: Setting.help("credentials"))
    var credentials: String?
    @Option(name: .customLong("allow-unauthenticated"), help: Setting.help("allow_unauthenticated"))
    var allowUnauthenticated: String?
    @Option(name: .customLong("drop-spans"), help: Setting.help("drop_spans"))
    var dropSpans: String?
    @Option(name: .customLong("keep-ratio"), help: Setting.help("keep_ratio"))
    var keepRatio: String?
    @Option(name: .customLong("ai-only"), help: Setting.help("ai_only"))
    var aiOnly: String?
    @Option(name: .customLong("spans-per-second"), help: Setting.help("spans_per_second"))
    var spansPerSecond: String?
    @Option(name: .customLong("bytes-per-second"), help: Setting.help("bytes_per_second"))
    var bytesPerSecond: String?
    @Option(name: .customLong("queue-share"), help: Setting.help("queue_share"))
    var queueShare: String?
    @Option(name: .customLong("shared-uploads"), help: Setting.help("shared_uploads"))
    var sharedUploads: String?
    @Option(name: .customLong("reload-interval"), help: Setting.help("reload_interval"))
    var reloadInterval: String?

    /// By key, those that were given.
    var values: [String: String] {
        let all: [(String, String?)] = [
            ("endpoint", endpoint),
            ("http_listen", httpListen), ("grpc_listen", grpcListen),
            ("cors_allowed_origins", corsAllowedOrigins),
            ("cors_allowed_headers", corsAllowedHeaders), ("cors_max_age", corsMaxAge),
            ("max_connections_per_ip", maxConnectionsPerIP),
            ("admin_listen", adminListen),
            ("traces_path", tracesPath),
            ("listen_tls_cert_file", listenTLSCertFile),
            ("listen_tls_key_file", listenTLSKeyFile),
            ("listen_tls_client_ca_file", listenTLSClientCAFile),
            ("listen_tls_client_names", listenTLSClientNames),
            ("listen_tls_min_version", listenTLSMinVersion),
            ("listen_tls_reload_interval", listenTLSReloadInterval),
            ("project_id", projectID),
            ("dialect", dialect),
            ("publish_metrics", publishMetrics), ("span_types", spanTypes),
            ("redaction", redaction), ("redact_keys", redactKeys),
            ("max_string_length", maxStringLength), ("max_value_depth", maxValueDepth),
            ("max_array_items", maxArrayItems), ("max_object_keys", maxObjectKeys),
            ("keep_embedding_vectors", keepEmbeddingVectors),
            ("merge_nested_calls", mergeNestedCalls),
            ("max_batch_size", maxBatchSize),
            ("max_batch_wait", maxBatchWait),
            ("max_batch_wait_ms", maxBatchWaitMilliseconds),
            ("max_batch_bytes", maxBatchBytes),
            ("queue_max_bytes", queueMaxBytes),
            ("queue_max_spans", queueMaxSpans),
            ("queue_directory", queueDirectory),
            ("queue_durability", queueDurability),
            ("queue_min_free", queueMinFree),
            ("queue_max_age", queueMaxAge),
            ("queue_overflow", queueOverflow),
            ("queue_exit_on_sync_error", queueExitOnSyncError),
            ("dead_letter_max_bytes", deadLetterMaxBytes),
            ("local_store", localStore), ("local_store_max_bytes", localStoreMaxBytes),
            ("local_store_max_age", localStoreMaxAge), ("viewer_listen", viewerListen),
            ("viewer_credentials", viewerCredentials), ("viewer_hosts", viewerHosts),
            ("watchdog_timeout", watchdogTimeout),
            ("process_memory_limit", processMemoryLimit),
            ("max_body_bytes", maxBodyBytes),
            ("memory_limit", memoryLimit),
            ("max_connections", maxConnections),
            ("max_header_bytes", maxHeaderBytes),
            ("header_timeout", headerTimeout),
            ("body_timeout", bodyTimeout),
            ("idle_timeout", idleTimeout),
            ("event_loops", eventLoops),
            ("upload_concurrency", uploadConcurrency),
            ("upload_timeout", uploadTimeout),
            ("connect_timeout", connectTimeout),
            ("upload_http_version", uploadHTTPVersion),
            ("retry_on_failure_initial_interval", retryOnFailureInitialInterval),
            ("retry_on_failure_max_interval", retryOnFailureMaxInterval),
            ("retry_on_failure_multiplier", retryOnFailureMultiplier),
            ("retry_on_failure_max_elapsed_time", retryOnFailureMaxElapsedTime),
            ("tls_ca_file", tlsCAFile),
            ("tls_cert_file", tlsCertFile),
            ("tls_key_file", tlsKeyFile),
            ("tls_insecure", tlsInsecure),
            ("no_proxy", noProxy),
            ("log_level", logLevel),
            ("log_format", logFormat),
            ("shutdown_timeout", shutdownTimeout),
            ("credentials", credentials),
            ("allow_unauthenticated", allowUnauthenticated),
            ("drop_spans", dropSpans),
            ("keep_ratio", keepRatio),
            ("ai_only", aiOnly),
            ("spans_per_second", spansPerSecond),
            ("bytes_per_second", bytesPerSecond),
            ("queue_share", queueShare),
            ("shared_uploads", sharedUploads),
            ("reload_interval", reloadInterval),
        ]
        return Dictionary(
            uniqueKeysWithValues: all.compactMap { key, value in value.map { (key, $0) } })
    }
}

extension Setting {
    /// The help text of a setting's flag.
    static func help(_ key: String) -> ArgumentHelp {
        guard let setting = all.first(where: { $0.key == key }) else {
            preconditionFailure("\(key) is no setting")
        }
        let bounds = setting.bounds.isEmpty ? "" : "; \(ManualText.plain(setting.bounds))"
        let fallback = setting.defaultText.map { " (default: \($0))" } ?? ""
        return ArgumentHelp(
            ManualText.headline(setting.about) + bounds + fallback,
            valueName: key.split(separator: "_").last.map(String.init) ?? key)
    }
}
