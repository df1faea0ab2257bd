/// How listeners speak TLS. Ranges are checked where configuration is read, files when
/// `TLSContextSource` is made.
package struct TLSServerConfiguration: Sendable, Hashable {
    package enum Version: String, CaseIterable, Sendable {
        case tls1_2 = "1.2"
        case tls1_3 = "1.3"
    }

    /// PEM: the certificate, and behind it the rest of its chain without the root (RFC 8446 4.4.2).
    package var certificateFile: String
    /// PEM: the certificate's key, without a passphrase.
    package var keyFile: String
    /// PEM: authorities. Set, each client has to show a certificate of one of them.
    package var clientCAFile: String?
    /// Whom of these clients to serve; empty serves all. Means nothing without `clientCAFile`.
    package var allowedClients: [ClientNamePattern] = []
    /// RFC 8996: older versions must not be used.
    package var minimumVersion = Version.tls1_2
    /// How often the files are looked at for a change; nil looks at them once.
    package var reloadInterval: Duration? = .seconds(10)
    /// From the connection to the end of the handshake.
    package var handshakeTimeout = Duration.seconds(10)

    package init(certificateFile: String, keyFile: String) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }
}
