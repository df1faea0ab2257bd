import CloudExport
import CurlUpload

extension SettingSection {
    static let uploads = SettingSection(
        "Uploads",
        [
            Setting(
                ofRoute: "upload_concurrency",
                """
                uploads, and connections to the upstream, at once, of one route; all but its first \
                are of the `shared_uploads`. With `publish_metrics` as many again for metrics, or \
                one where there are more routes
                """,
                bounds: "1 to 64",
                default: "4"
            ) { (text, route) throws(Expected) in
                route.uploadConcurrency = try ValueParsing.integer(text, in: 1...64)
            },
            Setting(
                "shared_uploads",
                """
                uploads that all routes together may have beyond the first of each, which take \
                them in turn
                """,
                bounds: "0 to 1024",
                unset: "8, or the largest `upload_concurrency` less one where that is more"
            ) { (text, configuration) throws(Expected) in
                configuration.sharedUploadsSetting = try ValueParsing.integer(text, in: 0...1024)
            },
            Setting(
                "upload_timeout",
                "time for one upload, connecting included",
                bounds: "100ms to 10m",
                default: "30s"
            ) { (text, configuration) throws(Expected) in
                configuration.uploadTimeout = try ValueParsing.duration(
                    text, in: .milliseconds(100) ... .seconds(600))
            },
            Setting(
                "connect_timeout",
                "time to connect: name resolution, proxy, TCP and TLS",
                bounds: "100ms to 5m",
                default: "10s"
            ) { (text, configuration) throws(Expected) in
                configuration.connectTimeout = try ValueParsing.duration(
                    text, in: .milliseconds(100) ... .seconds(300))
            },
            Setting(
                "upload_http_version",
                "HTTP/1.1, or HTTP/2 where the upstream's TLS offers it",
                bounds: "`1.1`, `2`",
                default: "1.1"
            ) { (text, configuration) throws(Expected) in
                configuration.uploadHTTPVersion = try ValueParsing.choice(
                    text, of: UploadHTTPVersion.self)
            },
            Setting(
                ofRoute: "retry_on_failure_initial_interval",
                "limit of the first delay; not longer than the maximum",
                bounds: "1ms to 1h",
                default: "500ms"
            ) { (text, route) throws(Expected) in
                route.backoff.initialInterval = try ValueParsing.duration(
                    text, in: .milliseconds(1) ... .seconds(3600))
            },
            Setting(
                ofRoute: "retry_on_failure_max_interval",
                "limit that delays grow to",
                bounds: "1ms to 1h",
                default: "30s"
            ) { (text, route) throws(Expected) in
                route.backoff.maxInterval = try ValueParsing.duration(
                    text, in: .milliseconds(1) ... .seconds(3600))
            },
            Setting(
                ofRoute: "retry_on_failure_multiplier",
                "growth of the limit with each failure",
                bounds: "1 to 10",
                default: "2"
            ) { (text, route) throws(Expected) in
                route.backoff.multiplier = try ValueParsing.number(text, in: 1...10)
            },
            Setting(
                ofRoute: "retry_on_failure_max_elapsed_time",
                "time from a batch's first attempt after which a failed attempt drops it; 0: never",
                bounds: "0 to 24h",
                unset: "`5m`; never with `queue_directory`"
            ) { (text, route) throws(Expected) in
                route.maxElapsedTime = try ValueParsing.duration(
                    text, in: .zero ... .seconds(86_400))
            },
            Setting(
                "tls_ca_file",
                "PEM file of authorities to trust for the upstream, in the place of the system's",
                bounds: "readable, not empty"
            ) { (text, configuration) throws(Expected) in
                configuration.tlsCAFile = text
            },
            Setting(
                "tls_cert_file",
                "PEM file of the client certificate for the upstream; goes with `tls_key_file`",
                bounds: "readable, not empty"
            ) { (text, configuration) throws(Expected) in
                configuration.tlsCertFile = text
            },
            Setting(
                "tls_key_file",
                "PEM file of its key, without a passphrase",
                bounds: "readable, not empty"
            ) { (text, configuration) throws(Expected) in
                configuration.tlsKeyFile = text
            },
            Setting(
                "tls_insecure",
                """
                allows `http://` with a token to another host. Certificates of `https://` are \
                verified always
                """,
                bounds: "`true`, `false`",
                default: "false"
            ) { (text, configuration) throws(Expected) in
                configuration.tlsInsecure = try ValueParsing.boolean(text)
            },
            Setting(
                "proxy_url",
                "proxy for uploads. The usual proxy variables are not read",
                bounds: """
                    `scheme://[user:password@]host[:port]`; `http`, `https`, `socks4`, `socks4a`, \
                    `socks5`, `socks5h`
                    """,
                isSecret: true
            ) { (text, configuration) throws(Expected) in
                configuration.proxyURL = text.isEmpty ? nil : Secret(text)
            },
            Setting(
                "no_proxy",
                "hosts, suffixes and address blocks that bypass the proxy, separated by commas"
            ) { (text, configuration) throws(Expected) in
                configuration.noProxy = text
            },
        ])
}
