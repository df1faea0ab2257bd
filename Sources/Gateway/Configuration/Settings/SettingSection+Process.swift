extension SettingSection {
    static let process = SettingSection(
        "Process",
        [
            Setting(
                "log_level",
                "least level that is logged",
                bounds: "`debug`, `info`, `warn`, `error`",
                default: "info"
            ) { (text, configuration) throws(Expected) in
                configuration.logLevel = try ValueParsing.choice(text, of: LogLevel.self)
            },
            Setting(
                "log_format",
                "aligned text or JSON. Unset: text where standard error is a terminal, else JSON",
                bounds: "`text`, `json`",
                takesRestart: true
            ) { (text, configuration) throws(Expected) in
                configuration.logFormat = try ValueParsing.choice(text, of: LogFormat.self)
            },
            Setting(
                "reload_interval",
                """
                how often the files that the configuration was read from, tokens among them, are \
                looked at; what has changed is taken then. 0: on SIGHUP alone. See \
                [reload](operations.md#reload)
                """,
                bounds: "0, 1s to 1h",
                default: "10s"
            ) { (text, configuration) throws(Expected) in
                configuration.reloadInterval =
                    text == "0"
                    ? nil : try ValueParsing.duration(text, in: .seconds(1) ... .seconds(3600))
            },
            Setting(
                "shutdown_timeout",
                """
                time to deliver what is held when asked to stop; with `queue_directory`, time \
                for what is under way
                """,
                bounds: "0 to 10m",
                default: "20s"
            ) { (text, configuration) throws(Expected) in
                configuration.shutdownTimeout = try ValueParsing.duration(
                    text, in: .zero ... .seconds(600))
            },
            Setting(
                "watchdog_timeout",
                """
                time without progress of an event loop, the sender or the queue after which the \
                process ends itself, to be started anew; 0: never
                """,
                bounds: "0, 5s to 1h",
                default: "60s",
                takesRestart: true
            ) { (text, configuration) throws(Expected) in
                configuration.watchdogTimeout =
                    text == "0"
                    ? .zero : try ValueParsing.duration(text, in: .seconds(5) ... .seconds(3600))
            },
            Setting(
                "process_memory_limit",
                """
                bytes that all limits together may add up to; more ends the start. Unset: 90 % \
                of the control group's limit, if it has one
                """,
                bounds: "64MiB to 1TiB"
            ) { (text, configuration) throws(Expected) in
                configuration.processMemoryLimit = try ValueParsing.size(
                    text, in: 1 << 26...1 << 40)
            },
        ])
}
