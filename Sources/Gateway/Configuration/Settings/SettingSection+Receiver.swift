extension SettingSection {
    static let receiver = SettingSection(
        "Limits of the receiver",
        [
            Setting(
                "max_body_bytes",
                """
                bytes of a request body, as sent and again inflated; not more than `memory_limit`. \
                Where it is not set and there are many routes less, down to 4 MiB, see \
                [operations](operations.md#memory)
                """,
                bounds: "1KiB to 256MiB",
                default: "64MiB"
            ) { (text, configuration) throws(Expected) in
                configuration.maxBodyBytes = try ValueParsing.size(text, in: 1 << 10...1 << 28)
            },
            Setting(
                "memory_limit",
                """
                bytes of request bodies being received or inflated, over both listeners. The \
                queue has its own limit. Less in a small control group, see \
                [operations](operations.md#memory)
                """,
                bounds: "1MiB to 1TiB",
                default: "256MiB"
            ) { (text, configuration) throws(Expected) in
                configuration.memoryLimit = try ValueParsing.size(text, in: 1 << 20...1 << 40)
            },
            Setting(
                "max_connections",
                """
                connections of one listener at once; one more is closed. Lowered at the start to \
                what the descriptors of the process allow beside everything else, with a line in \
                the log. The admin listener has 64 of its own
                """,
                bounds: "1 to 1000000",
                default: "1024",
                takesRestart: true
            ) { (text, configuration) throws(Expected) in
                configuration.maxConnections = try ValueParsing.integer(text, in: 1...1_000_000)
            },
            Setting(
                "max_connections_per_ip",
                """
                connections that one IPv4 address, or one IPv6 network of 64 bits, may have to \
                one listener at once
                """,
                bounds: "1 to 1000000",
                default: "512",
                takesRestart: true
            ) { (text, configuration) throws(Expected) in
                configuration.maxConnectionsPerIP = try ValueParsing.integer(
                    text, in: 1...1_000_000)
            },
            Setting(
                "max_header_bytes",
                "bytes of a request line and its header fields; there may be 100 fields",
                bounds: "1KiB to 1MiB",
                default: "16KiB",
                takesRestart: true
            ) { (text, configuration) throws(Expected) in
                configuration.maxHeaderBytes = try ValueParsing.size(text, in: 1 << 10...1 << 20)
            },
            Setting(
                "header_timeout",
                "time for a request's head, and before that for a TLS handshake",
                bounds: "100ms to 10m",
                default: "10s",
                takesRestart: true
            ) { (text, configuration) throws(Expected) in
                configuration.headerTimeout = try ValueParsing.duration(
                    text, in: .milliseconds(100) ... .seconds(600))
            },
            Setting(
                "body_timeout",
                """
                time in which a body has to bring another KiB, or a thirtieth of its declared \
                length where that is more, or its end
                """,
                bounds: "100ms to 10m",
                default: "10s",
                takesRestart: true
            ) { (text, configuration) throws(Expected) in
                configuration.bodyTimeout = try ValueParsing.duration(
                    text, in: .milliseconds(100) ... .seconds(600))
            },
            Setting(
                "idle_timeout",
                "time for which a connection without a request is kept",
                bounds: "100ms to 1h",
                default: "75s",
                takesRestart: true
            ) { (text, configuration) throws(Expected) in
                configuration.idleTimeout = try ValueParsing.duration(
                    text, in: .milliseconds(100) ... .seconds(3600))
            },
            Setting(
                "event_loops",
                "threads that serve connections; 0: one a core, at most 8",
                bounds: "0 to 64",
                default: "0",
                takesRestart: true
            ) { (text, configuration) throws(Expected) in
                configuration.eventLoops = try ValueParsing.integer(text, in: 0...64)
            },
        ])
}
