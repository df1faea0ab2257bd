import Foundation
import Logging
import NIOSSL
import TestKit

@testable import HTTPServing

/// Certificates of a server and of clients, and both sides of TLS made of them.
final class TLSFixture: Sendable {
    let folder: CertificateFolder

    /// Made once for all tests.
    static let shared = Result { try TLSFixture() }

    private init() throws {
        atexit { if let made = try? TLSFixture.shared.get() { made.folder.remove() } }
        folder = try CertificateFolder()
        let here = "subjectAltName=IP:127.0.0.1,DNS:localhost"
        try folder.makeAuthority("other-ca")
        try folder.makeCertificate("server", here)
        try folder.makeCertificate("renewed", here, days: "3")
        try folder.makeCertificate("expired", here, days: "-1")
        try folder.makeCertificate("rsa", here, algorithm: "RSA")
        try folder.lockKey("server", as: "locked")
        try folder.makeCertificate(
            "collector", "subjectAltName=DNS:collector.example\nextendedKeyUsage=clientAuth")
        try folder.makeCertificate(
            "agent", "subjectAltName=DNS:a.agents.example,URI:spiffe://example/agent")
        try folder.makeCertificate("plain", "", subject: "/CN=Build 7")
        try folder.makeCertificate("stranger", "", by: "other-ca")
        try folder.makeCertificate("lapsed", "", days: "-1")
        try folder.makeCertificate("no-client", "extendedKeyUsage=serverAuth")
    }

    func path(_ name: String) -> String { folder.path(name) }

    // MARK: The server

    func configuration(
        certificate: String = "server", clientCA: String? = nil, allowed: [String] = [],
        change: (inout TLSServerConfiguration) -> Void = { _ in }
    ) -> TLSServerConfiguration {
        var configuration = TLSServerConfiguration(
            certificateFile: path(certificate + ".pem"), keyFile: path(certificate + ".key"))
        configuration.clientCAFile = clientCA.map { path($0 + ".pem") }
        configuration.allowedClients = allowed.compactMap { ClientNamePattern($0) }
        change(&configuration)
        return configuration
    }

    func source(
        _ configuration: TLSServerConfiguration? = nil, logger: Logger = .quiet,
        clock: @escaping @Sendable () -> Int = { Int(Date().timeIntervalSince1970) }
    ) throws -> TLSContextSource {
        try TLSContextSource(
            configuration: configuration ?? self.configuration(), logger: logger, clock: clock)
    }

    // MARK: Clients

    /// Trusts `ca`, and shows the certificate of that name where one is given.
    func client(
        showing name: String? = nil, trusting authority: String = "ca", alpn: [String] = [],
        change: (inout TLSConfiguration) -> Void = { _ in }
    ) throws -> NIOSSLContext {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .file(path(authority + ".pem"))
        tls.applicationProtocols = alpn
        if let name {
            tls.certificateChain = try NIOSSLCertificate.fromPEMFile(path(name + ".pem")).map {
                .certificate($0)
            }
            tls.privateKey = .privateKey(
                try NIOSSLPrivateKey(file: path(name + ".key"), format: .pem))
        }
        change(&tls)
        return try NIOSSLContext(configuration: tls)
    }

    func certificate(_ name: String) throws -> NIOSSLCertificate {
        try NIOSSLCertificate.fromPEMFile(path(name + ".pem"))[0]
    }
}
