import HTTPServing

extension SettingSection {
    static let listenTLS = SettingSection(
        "TLS of the listener",
        preface: "The admin listener stays in clear text. See [TLS](tls.md).",
        [
            Setting(
                "listen_tls_cert_file",
                """
                PEM file of the listener's certificate, and behind it of its chain; unset: clear \
                text
                """,
                bounds: "a certificate; goes with `listen_tls_key_file`",
                takesRestart: true
            ) { (text, configuration) throws(Expected) in
                configuration.listenTLS.certFile = text
            },
            Setting(
                "listen_tls_key_file",
                "PEM file of its key",
                bounds: "the certificate's key, without a passphrase",
                takesRestart: true
            ) { (text, configuration) throws(Expected) in
                configuration.listenTLS.keyFile = text
            },
            Setting(
                "listen_tls_client_ca_file",
                "PEM file of authorities; set, each client has to show a certificate of one of them",
                bounds: "certificates",
                takesRestart: true
            ) { (text, configuration) throws(Expected) in
                configuration.listenTLS.clientCAFile = text
            },
            Setting(
                "listen_tls_client_names",
                """
                names of the clients that may connect, separated by commas; unset: all with a \
                good certificate
                """,
                bounds:
                    "whole names, `*.` and a name, or URIs; goes with `listen_tls_client_ca_file`",
                takesRestart: true
            ) { (text, configuration) throws(Expected) in
                configuration.listenTLS.clientNames = try ValueParsing.clientNames(text)
            },
            Setting(
                "listen_tls_min_version",
                "oldest version of TLS",
                bounds: "`1.2`, `1.3`",
                default: "1.2",
                takesRestart: true
            ) { (text, configuration) throws(Expected) in
                configuration.listenTLS.minVersion = try ValueParsing.choice(
                    text, of: TLSServerConfiguration.Version.self)
            },
            Setting(
                "listen_tls_reload_interval",
                "how often these files are looked at for a change; 0: never",
                bounds: "100ms to 24h, or 0",
                default: "10s",
                takesRestart: true
            ) { (text, configuration) throws(Expected) in
                let value = try ValueParsing.duration(text, in: .zero ... .seconds(86_400))
                guard value == .zero || value >= .milliseconds(100) else {
                    throw Expected("a duration from 100ms to 24h, such as 10s, or 0")
                }
                configuration.listenTLS.reloadInterval = value == .zero ? nil : value
            },
        ])
}

extension ValueParsing {
    static func clientNames(_ text: String) throws(Expected) -> [ClientNamePattern] {
        let names = text.split(separator: ",").map(\.trimmed)
        let patterns = names.compactMap(ClientNamePattern.init)
        guard !patterns.isEmpty, patterns.count == names.count else {
            throw Expected(
                "names separated by commas, such as collector.example, *.agents.example or spiffe://example/agent"
            )
        }
        return patterns
    }
}
