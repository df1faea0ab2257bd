package import HTTPServing

/// TLS of the listeners that take spans. The admin listener stays in clear text.
package struct ListenTLS: Sendable, Hashable {
    package var certFile: String?
    package var keyFile: String?
    package var clientCAFile: String?
    package var clientNames: [ClientNamePattern] = []
    package var minVersion = TLSServerConfiguration.Version.tls1_2
    /// Nil: never.
    package var reloadInterval: Duration? = .seconds(10)

    package init() {}
}

extension GatewayConfiguration {
    /// Nil where the listeners speak clear text.
    var tlsServer: TLSServerConfiguration? {
        guard let certFile = listenTLS.certFile, let keyFile = listenTLS.keyFile else { return nil }
        var server = TLSServerConfiguration(certificateFile: certFile, keyFile: keyFile)
        server.clientCAFile = listenTLS.clientCAFile
        server.allowedClients = listenTLS.clientNames
        server.minimumVersion = listenTLS.minVersion
        server.reloadInterval = listenTLS.reloadInterval
        server.handshakeTimeout = headerTimeout
        return server
    }

    /// What is wrong between the settings of TLS and in their files; `set` has the keys that were set.
    func tlsContradictions(among set: Set<String>) -> [(key: String, expected: String)] {
        let (cert, key) = ("listen_tls_cert_file", "listen_tls_key_file")
        let (clientCA, names) = ("listen_tls_client_ca_file", "listen_tls_client_names")
        if (listenTLS.certFile == nil) != (listenTLS.keyFile == nil) {
            return [
                (
                    listenTLS.certFile == nil ? key : cert,
                    "\(cert) and \(key) go together; one of them is missing"
                )
            ]
        }
        guard let server = tlsServer else {
            return set.filter { $0.hasPrefix("listen_tls_") }.sorted().map {
                ($0, "means nothing without \(cert) and \(key)")
            }
        }
        if server.clientCAFile == nil, set.contains(names) {
            return [(names, "means nothing without \(clientCA): no client shows a certificate")]
        }
        do throws(TLSError) {
            try TLSContextSource.validate(server)
            return []
        } catch {
            let setting =
                switch error.file {
                case .certificate: cert
                case .key: key
                case .clientCA: clientCA
                }
            return [(setting, "names \(error.path), which \(error.reason)")]
        }
    }
}
