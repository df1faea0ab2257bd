import CCurl
import CloudExport
import MastraRecords

/// A connection to an upstream as far as it comes, for people who ask why uploads fail.
///
/// It says nothing about trust: certificates are looked at and not verified, so that one can be shown that is
/// not trusted. Therefore nothing is sent, neither a request nor a token.
package struct PeerLook: Sendable {
    package enum Stage: Sendable, Hashable {
        case name
        case connection
        case tls
    }

    package struct Certificate: Sendable, Hashable {
        package let subject: String
        package let issuer: String
        /// As the TLS library writes it, such as `Nov 29 06:00:00 2026 GMT`.
        package let expires: String
    }

    /// The stage at which it ended, with curl's sentence; nil where the connection stood.
    package let failure: (stage: Stage, text: String)?
    /// Of the peer, or of the proxy.
    package let address: String?
    /// From the beginning to the end of each stage that was passed.
    package let lookupTime: Duration?
    package let connectTime: Duration?
    package let handshakeTime: Duration?
    /// The peer's own first.
    package let certificates: [Certificate]

    /// Blocks, for as long as the configuration's `connectTimeout`.
    package init(at url: String, _ configuration: CurlConfiguration) throws(CurlConfigurationError)
    {
        try configuration.checkValues()
        _ = CurlLibrary.startCode
        guard var easy = EasyHandle() else {
            throw .unavailable("libcurl has no memory for a transfer.")
        }
        easy.apply(configuration)
        easy.set(CURLOPT_HTTPGET, 1)
        easy.set(CURLOPT_CONNECT_ONLY, 1)
        easy.set(CURLOPT_SSL_VERIFYPEER, 0)
        easy.set(CURLOPT_SSL_VERIFYHOST, 0)
        easy.set(CURLOPT_CERTINFO, 1)
        easy.set(CURLOPT_URL, url)
        if let refusal = easy.refusal {
            throw .unavailable("libcurl refuses an option: \(CurlLibrary.text(for: refusal)).")
        }
        let code = easy.perform()
        address = easy.text(CURLINFO_PRIMARY_IP)
        lookupTime = easy.time(CURLINFO_NAMELOOKUP_TIME_T)
        connectTime = easy.time(CURLINFO_CONNECT_TIME_T)
        handshakeTime = easy.time(CURLINFO_APPCONNECT_TIME_T)
        certificates = easy.certificates.map(Certificate.init)
        let stage = Self.stage(code, hasName: lookupTime != nil, isConnected: address != nil)
        failure =
            code == CURLE_OK
            ? nil
            : (
                stage,
                FailureText.make(
                    code, curlText: easy.errorText,
                    request: UploadRequest(url: url, headers: [], body: ByteBlock(copying: [])),
                    configuration: configuration)
            )
    }

    private static func stage(_ code: CURLcode, hasName: Bool, isConnected: Bool) -> Stage {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .name
        case CURLE_COULDNT_CONNECT: .connection
        default: isConnected ? .tls : hasName ? .connection : .name
        }
    }
}

extension PeerLook.Certificate {
    init(_ lines: [String]) {
        func value(_ name: String) -> String {
            lines.first { $0.hasPrefix(name + ":") }.map { String($0.dropFirst(name.count + 1)) }
                ?? "unknown"
        }
        subject = value("Subject")
        issuer = value("Issuer")
        expires = value("Expire date")
    }
}
