import NIOSSL

extension ClientNames {
    /// Reads them from a certificate that TLS has verified.
    init(_ certificate: NIOSSLCertificate) {
        self.init()
        // The one part of NIOSSL in use that it calls unstable; a change shows when it is built.
        for name in certificate._subjectAlternativeNames() {
            switch name.nameType {
            case .dnsName: dns.append(String(decoding: name.contents, as: UTF8.self))
            case .uri: uris.append(String(decoding: name.contents, as: UTF8.self))
            default: break
            }
        }
        commonName = certificate.subjectName.last { $0.type == .commonName }?.value
    }
}
