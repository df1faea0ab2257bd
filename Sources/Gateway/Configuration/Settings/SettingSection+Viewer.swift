import OTLPReceiving

extension SettingSection {
    static let viewer = SettingSection(
        "Local store and viewer",
        preface: "[The viewer](viewer.md) has the whole of it.",
        [
            Setting(
                "local_store",
                """
                where spans are kept on this machine for the viewer, beside any other destination: \
                a SQLite file with Mastra's own table. Unset: `mastra.db` in the state directory \
                of the user where no route has an access token, else `off`
                """,
                bounds: "an absolute path, `memory`, or `off`",
                unset: "on without a token",
                takesRestart: true
            ) { (text, configuration) throws(Expected) in
                switch text {
                case "off": configuration.localStore = .off
                case "memory": configuration.localStore = .memory
                default:
                    guard text.hasPrefix("/"), !text.hasSuffix("/") else {
                        throw Expected("an absolute path of a file, memory, or off")
                    }
                    configuration.localStore = .file(text)
                }
            },
            Setting(
                "local_store_max_bytes",
                """
                bytes of the local store with its indexes; beyond them the oldest traces go for \
                new ones
                """,
                bounds: "4MiB to 1TiB",
                unset: "`1GiB` in a file, `64MiB` in memory",
                takesRestart: true
            ) { (text, configuration) throws(Expected) in
                configuration.localStoreMaxBytes = try ValueParsing.size(
                    text, in: 1 << 22...1 << 40)
            },
            Setting(
                "local_store_max_age",
                "age at which traces leave the local store, since their last span came; 0: never",
                bounds: "0, 1m to 87840h",
                default: "168h",
                takesRestart: true
            ) { (text, configuration) throws(Expected) in
                configuration.localStoreMaxAge =
                    text == "0"
                    ? nil
                    : try ValueParsing.duration(text, in: .seconds(60) ... .seconds(316_224_000))
            },
            Setting(
                "viewer_listen",
                """
                address of the viewer and its API, where there is a local store. Beyond this \
                machine only with `viewer_credentials`
                """,
                bounds: "`host:port`, or `off`",
                default: "127.0.0.1:4319",
                takesRestart: true
            ) { (text, configuration) throws(Expected) in
                configuration.viewerListen = text == "off" ? nil : try ValueParsing.listen(text)
            },
            Setting(
                "viewer_credentials",
                """
                what a browser or a program shows to look at traces, separated by commas or as a \
                list; `mastra-gateway credential hash --basic USER` makes the one that browsers \
                ask for. Unset: whoever reaches it
                """,
                bounds: """
                    `basic:sha256:` and 64 hex digits of `user:password`, or `sha256:` and those \
                    of a key; at most 64
                    """,
                takesRestart: true
            ) { (text, configuration) throws(Expected) in
                configuration.viewerCredentials = try ValueParsing.credentials(text)
            },
            Setting(
                "viewer_hosts",
                """
                names under which the viewer is opened, beside `localhost`, addresses of \
                loopback and the host of `viewer_listen`, separated by commas; others are \
                refused, so that no page of another name can read it
                """,
                bounds: "names or addresses without ports, IPv6 in brackets",
                takesRestart: true
            ) { (text, configuration) throws(Expected) in
                configuration.viewerHosts = try ValueParsing.hosts(text)
            },
        ])
}
