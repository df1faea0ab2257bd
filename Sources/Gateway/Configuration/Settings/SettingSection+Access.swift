import OTLPReceiving

extension SettingSection {
    static let access = SettingSection(
        "Access",
        preface:
            "Who may send, and for which route. [Tenancy](tenancy.md) has the whole of it.",
        [
            Setting(
                ofRoute: "credentials",
                """
                what a sender shows to be let in to this route, separated by commas or as a list; \
                `mastra-gateway credential new` makes them. Not inherited by routes: each \
                credential is of one route
                """,
                bounds: """
                    `sha256:` and 64 hex digits of a key, `basic:sha256:` and those of \
                    `user:password`, or `certificate:` and a name as in \
                    `listen_tls_client_names`; at most 64 a route
                    """
            ) { (text, route) throws(Expected) in
                route.credentials = try ValueParsing.credentials(text)
            },
            Setting(
                "allow_unauthenticated",
                """
                whether requests without a credential are taken, for the route of the settings at \
                the top
                """,
                bounds: "`true`, `false`",
                unset: "`true` where no route has a credential, else `false`"
            ) { (text, configuration) throws(Expected) in
                configuration.allowUnauthenticated = try ValueParsing.boolean(text)
            },
        ])
}
