import Foundation
import Testing

@testable import Gateway

/// The table, the struct and the flags say the same.
@Suite struct SettingTableTests {
    /// For each setting a value that is not the default.
    private static let others: [String: String] = [
        "http_listen": "0.0.0.0:1", "admin_listen": "off", "traces_path": "/x",
        "access_token": "token", "endpoint": "https://example.com", "project_id": "p",
        "dialect": "cloud", "max_batch_size": "1", "max_batch_wait": "1s",
        "max_batch_wait_ms": "250", "max_batch_bytes": "1MiB", "queue_max_bytes": "1MiB",
        "queue_max_spans": "1", "max_body_bytes": "1MiB", "memory_limit": "128MiB",
        "max_connections": "1", "max_header_bytes": "1KiB", "header_timeout": "1s",
        "body_timeout": "1s", "idle_timeout": "1s", "event_loops": "1", "upload_concurrency": "1",
        "upload_timeout": "1s", "connect_timeout": "1s", "upload_http_version": "2",
        "retry_on_failure_initial_interval": "1s", "retry_on_failure_max_interval": "1s",
        "retry_on_failure_multiplier": "3", "retry_on_failure_max_elapsed_time": "0",
        "tls_ca_file": "/ca", "tls_cert_file": "/cert", "tls_key_file": "/key",
        "tls_insecure": "true", "proxy_url": "http://proxy", "no_proxy": "a,b",
        "log_level": "debug", "publish_metrics": "true", "log_format": "json",
        "shutdown_timeout": "1s", "span_types": "core", "redaction": "partial",
        "redact_keys": "card-number, pin", "max_string_length": "64", "max_value_depth": "9",
        "max_array_items": "1", "max_object_keys": "1", "keep_embedding_vectors": "true",
        "merge_nested_calls": "false", "grpc_listen": "off", "max_connections_per_ip": "1",
        "cors_allowed_origins": "https://a.example, http://localhost:*",
        "cors_allowed_headers": "X-Tenant", "cors_max_age": "1s",
        "listen_tls_cert_file": "/cert",
        "listen_tls_key_file": "/key", "listen_tls_client_ca_file": "/ca",
        "listen_tls_client_names": "a.example, *.b.example", "listen_tls_min_version": "1.3",
        "listen_tls_reload_interval": "0", "queue_directory": "/q", "queue_durability": "write",
        "queue_min_free": "0", "queue_max_age": "1h", "queue_overflow": "drop_oldest",
        "queue_exit_on_sync_error": "true", "dead_letter_max_bytes": "0",
        "watchdog_timeout": "0", "process_memory_limit": "1GiB",
        "credentials": "sha256:" + String(repeating: "a", count: 64),
        "allow_unauthenticated": "true", "spans_per_second": "1", "bytes_per_second": "1KiB",
        "queue_share": "50", "shared_uploads": "0", "reload_interval": "1s",
        "drop_spans": "name=GET /health*", "keep_ratio": "0.5", "ai_only": "true",
        "local_store": "memory", "local_store_max_bytes": "4MiB", "local_store_max_age": "0",
        "viewer_listen": "off", "viewer_hosts": "traces.example.com",
        "viewer_credentials": "sha256:" + String(repeating: "b", count: 64),
    ]

    @Test func `keys are unique and of small letters`() {
        let keys = Setting.all.map(\.key)
        #expect(Set(keys).count == keys.count)
        for key in keys {
            #expect(key.allSatisfy { $0.isASCII && ($0.isLowercase || $0 == "_") }, "\(key)")
        }
        #expect(Set(keys) == Set(Self.others.keys))
    }

    @Test(arguments: Setting.all.map(\.key))
    func `a setting changes its field, and its default text changes it back`(_ key: String) throws {
        let setting = try #require(Setting.all.first { $0.key == key })
        let other = try #require(Self.others[key])
        let fresh = GatewayConfiguration()
        var configuration = fresh
        try setting.apply(other, &configuration)
        if key == "endpoint" {
            // Resolved when the dialect and the project are known.
            #expect(configuration.fields == fresh.fields)
            return
        }
        let changed = fresh.fields.filter { configuration.fields[$0.key] != $0.value }
        #expect(changed.count == 1, "\(changed.keys)")
        guard let fallback = setting.defaultText else { return }
        try setting.apply(fallback, &configuration)
        #expect(configuration.fields == fresh.fields)
    }

    @Test func `settings of the table reach every field of the configuration`() throws {
        let fresh = GatewayConfiguration()
        var configuration = fresh
        for setting in Setting.all {
            try setting.apply(try #require(Self.others[setting.key]), &configuration)
        }
        let untouched = fresh.fields.filter { configuration.fields[$0.key] == $0.value }.keys
        #expect(Array(untouched) == ["endpoint"])
    }

    @Test func `a setting without a default text is unset by default`() throws {
        let unset = Setting.all.filter { $0.defaultText == nil }.map(\.key)
        #expect(
            Set(unset) == [
                "access_token", "endpoint", "project_id", "max_batch_wait_ms", "tls_ca_file",
                "tls_cert_file", "tls_key_file", "proxy_url", "no_proxy", "log_format",
                "redact_keys", "cors_allowed_origins", "cors_allowed_headers",
                "listen_tls_cert_file", "listen_tls_key_file",
                "listen_tls_client_ca_file", "listen_tls_client_names", "queue_directory",
                "queue_max_bytes", "retry_on_failure_max_elapsed_time", "process_memory_limit",
                "credentials", "allow_unauthenticated", "spans_per_second", "bytes_per_second",
                "queue_share", "drop_spans", "shared_uploads", "local_store",
                "local_store_max_bytes", "viewer_credentials", "viewer_hosts",
            ])
    }

    /// What the lists of the manual say of each setting.
    @Test func `settings of routes need no restart, and listeners do`() {
        for setting in Setting.all where setting.isOfRoute { #expect(!setting.takesRestart) }
        let listening = Setting.all.filter {
            $0.key.hasSuffix("_listen") || $0.key.hasPrefix("listen_tls_")
        }
        #expect(!listening.isEmpty && listening.allSatisfy(\.takesRestart))
    }

    // MARK: Flags

    private func matches(_ pattern: String, in text: String) throws -> [[String]] {
        let regex = try NSRegularExpression(pattern: pattern)
        let whole = NSRange(text.startIndex..., in: text)
        return regex.matches(in: text, range: whole).map { match in
            (1..<match.numberOfRanges).map { group in
                Range(match.range(at: group), in: text).map { String(text[$0]) } ?? ""
            }
        }
    }

    @Test func `every setting that is no secret has its flag, and no other has`() throws {
        let source = try ProjectFile.text("Sources/mastra-gateway/SettingOptions.swift")
        let options = try matches(
            #"customLong\("([a-z0-9-]+)"\),\s*help:\s*Setting\.help\("([a-z0-9_]+)"\)\s*\)\s*var (\w+): String\?"#,
            in: source)
        let expected = Setting.all.filter { !$0.isSecret }
        #expect(Set(options.map { $0[1] }) == Set(expected.map(\.key)))
        #expect(options.count == expected.count)
        for setting in expected {
            let option = try #require(options.first { $0[1] == setting.key })
            #expect("--" + option[0] == setting.flag)
            // The value goes into the dictionary under the same key.
            #expect(source.contains("(\"\(setting.key)\", \(option[2]))"), "\(setting.key)")
        }
    }

    @Test func `flags and variables follow from the key`() throws {
        let setting = try #require(Setting.all.first { $0.key == "max_batch_size" })
        #expect(setting.flag == "--max-batch-size")
        #expect(setting.variables == ["MASTRA_GATEWAY_MAX_BATCH_SIZE"])
    }

    @Test func `no two settings share a variable`() {
        let names = Setting.all.flatMap { setting in
            setting.variables + (setting.isSecret ? setting.variables.map { $0 + "_FILE" } : [])
        }
        #expect(Set(names).count == names.count)
    }

    // MARK: What `check` prints

    @Test func `each setting is a line with its value and where it is from`() throws {
        let resolved = try ConfigurationSources.fixture(
            flags: ["max_batch_size": "7"], ["MASTRA_CLOUD_ACCESS_TOKEN": "t"],
            yaml: "project_id: p\n"
        ).resolve()
        let lines = resolved.lines.map {
            $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
        }
        for line in [
            "max_batch_size 7 (flag --max-batch-size)",
            "access_token **** (environment MASTRA_CLOUD_ACCESS_TOKEN)",
            "project_id p (file g.yaml line 1)",
            "endpoint https://observability.mastra.ai/projects/p/ai/spans/publish (default)",
            "max_batch_wait 5s (default)", "proxy_url unset (default)",
            "log_format unset (default)",
        ] { #expect(lines.contains(line), "\(line)") }
        #expect(!lines.contains { $0.hasPrefix("max_batch_wait_ms") })
        #expect(lines.count == Setting.all.count - 1)
    }

    @Test func `the second spelling of a setting is a line where it is used`() throws {
        let lines = try ConfigurationSources.fixture(flags: ["max_batch_wait_ms": "250"]).resolve()
            .lines
        #expect(
            lines.contains { $0.hasPrefix("max_batch_wait_ms ") && $0.contains("  250  (flag") })
        #expect(lines.count == Setting.all.count)
    }
}
