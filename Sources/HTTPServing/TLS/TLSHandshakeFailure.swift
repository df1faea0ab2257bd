import NIOSSL

/// Why a connection did not come to speak TLS, for the counters.
enum TLSHandshakeFailure: Int, CaseIterable {
    /// The first byte begins no TLS handshake.
    case notTLS
    /// It was not complete in its time.
    case timeout
    /// The client left in the middle.
    case closed
    /// The client ended it with an alert; most often it does not trust our certificate.
    case alert
    /// The client showed no certificate, or none that the configured authorities vouch for.
    case certificate
    /// Its certificate is good, and its name not in the list.
    case name
    /// No common version or cipher, broken messages, and all else.
    case protocolError

    var label: String {
        switch self {
        case .notTLS: "not_tls"
        case .timeout: "timeout"
        case .closed: "closed"
        case .alert: "client_alert"
        case .certificate: "client_certificate"
        case .name: "client_name"
        case .protocolError: "protocol"
        }
    }

    /// What NIOSSL ends a handshake with. BoringSSL's reasons are known by their names alone; a name
    /// that changes moves a count to `protocol`.
    init(_ error: any Error) {
        guard case NIOSSLError.handshakeFailed(let cause) = error else {
            // The socket failed.
            self = .closed
            return
        }
        let text = Self.text(of: cause)
        let isEnd = text.contains("EOF during handshake")
        let isAlert = text.contains("_ALERT_")
        let isCertificate =
            text.contains("PEER_DID_NOT_RETURN_A_CERTIFICATE")
            || text.contains("CERTIFICATE_VERIFY_FAILED")
        self = isEnd ? .closed : isAlert ? .alert : isCertificate ? .certificate : .protocolError
    }

    /// BoringSSL's names of what went wrong, without the places in its source.
    static func text(of error: any Error) -> String {
        let text = "\(error)"
        let names = text.split(separator: "OPENSSL_internal:").dropFirst().map { part in
            part.prefix { $0 != " " }
        }
        return names.isEmpty ? text : names.joined(separator: ", ")
    }
}
