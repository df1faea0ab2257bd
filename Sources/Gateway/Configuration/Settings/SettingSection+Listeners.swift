import OTLPReceiving

extension SettingSection {
    static let listeners = SettingSection(
        "Listeners",
        [
            Setting(
                "http_listen",
                "address of the OTLP/HTTP listener",
                bounds: "`host:port`, IPv6 in brackets; port 0 is any free one; or `off`",
                default: "127.0.0.1:4318",
                takesRestart: true
            ) { (text, configuration) throws(Expected) in
                configuration.httpListen = text == "off" ? nil : try ValueParsing.listen(text)
            },
            Setting(
                "grpc_listen",
                """
                address of the OTLP/gRPC listener. Both listeners speak both protocols, so that \
                a wrong port still works
                """,
                bounds: "as `http_listen`; one of the two is on",
                default: "127.0.0.1:4317",
                takesRestart: true
            ) { (text, configuration) throws(Expected) in
                configuration.grpcListen = text == "off" ? nil : try ValueParsing.listen(text)
            },
            Setting(
                "admin_listen",
                "address of `/metrics`, `/livez`, `/readyz` and the status page",
                bounds: "`host:port`, or `off`",
                default: "127.0.0.1:8888",
                takesRestart: true
            ) { (text, configuration) throws(Expected) in
                configuration.adminListen = text == "off" ? nil : try ValueParsing.listen(text)
            },
            Setting(
                "traces_path",
                "paths at which traces are taken over HTTP, separated by commas",
                bounds: "each begins with `/`, without `?`, `#`, `%` and spaces",
                default: "/v1/traces,/otlp/v1/traces"
            ) { (text, configuration) throws(Expected) in
                configuration.tracesPaths = try ValueParsing.paths(text)
            },
            Setting(
                "cors_allowed_origins",
                """
                origins whose pages may send spans from a browser, separated by commas; `*` for \
                all. Unset: no page may
                """,
                bounds: """
                    `http://` or `https://`, a host and perhaps a port, with at most one `*` in it; \
                    or `*`
                    """
            ) { (text, configuration) throws(Expected) in
                configuration.cors.allowedOrigins = try ValueParsing.origins(text)
            },
            Setting(
                "cors_allowed_headers",
                """
                headers that such a page may send beside `authorization`, `content-encoding`, \
                `content-type` and `x-api-key`, separated by commas
                """,
                bounds: "names of header fields"
            ) { (text, configuration) throws(Expected) in
                configuration.cors.allowedHeaders = try ValueParsing.headerNames(text)
            },
            Setting(
                "cors_max_age",
                "for how long a browser may keep the grant",
                bounds: "0 to 24h, in whole seconds",
                default: "2h"
            ) { (text, configuration) throws(Expected) in
                let age = try ValueParsing.duration(text, in: .zero ... .seconds(86_400))
                guard age.components.attoseconds == 0 else { throw Expected("whole seconds") }
                configuration.cors.maxAge = age
            },
        ])
}
