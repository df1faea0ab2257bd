import NIOCore
import NIOSSL

/// What the files come to: everything that a new connection needs to know.
struct TLSIdentity: Sendable {
    let context: NIOSSLContext
    /// Of the certificate itself, the first of its file: seconds since 1970.
    let expiry: Int

    /// Names in ALPN (RFC 7301), the preferred one first. They are what is offered; which protocol
    /// is spoken, the first bytes say.
    private static let protocols = ["h2", "http/1.1"]

    /// With ephemeral keys and authenticated encryption: of the suites of TLS 1.2, those that HTTP/2
    /// may use (RFC 9113 9.2.2). TLS 1.3 has no others.
    private static let cipherSuites = "ECDHE+AESGCM:ECDHE+CHACHA20"

    init(files: TLSFiles, configuration: TLSServerConfiguration) throws(TLSError) {
        let chain = try Self.certificates(
            files.certificate, .certificate, configuration.certificateFile)
        let key = try Self.key(files.key, configuration.keyFile)
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        tls.minimumTLSVersion = configuration.minimumVersion == .tls1_3 ? .tlsv13 : .tlsv12
        tls.cipherSuites = Self.cipherSuites
        tls.applicationProtocols = Self.protocols
        tls.renegotiationSupport = .none
        // A connection is closed when our last bytes are written; the peer need not say goodbye
        // first (RFC 8446 6.1).
        tls.shutdownTimeout = .zero
        if let clientCA = files.clientCA, let path = configuration.clientCAFile {
            let authorities = try Self.certificates(clientCA, .clientCA, path)
            tls.trustRoots = .certificates(authorities)
            // A host name says nothing about a client.
            tls.certificateVerification = .noHostnameVerification
            tls.sendCANameList = true
        }
        context = try Self.context(tls, configuration)
        // The chain has at least one.
        expiry = Int(chain[0].notValidAfter)
    }

    private static func bytes(
        _ content: TLSFiles.Content, _ file: TLSError.File, _ path: String
    ) throws(TLSError) -> [UInt8] {
        switch content {
        case .bytes(let bytes): return bytes
        case .unusable(let reason): throw TLSError(file: file, path: path, reason: reason)
        }
    }

    private static func certificates(
        _ content: TLSFiles.Content, _ file: TLSError.File, _ path: String
    ) throws(TLSError) -> [NIOSSLCertificate] {
        let bytes = try bytes(content, file, path)
        do {
            return try NIOSSLCertificate.fromPEMBytes(bytes)
        } catch {
            throw TLSError(
                file: file, path: path,
                reason: "holds no certificate in PEM, or a broken one")
        }
    }

    private static func key(
        _ content: TLSFiles.Content, _ path: String
    ) throws(TLSError) -> NIOSSLPrivateKey {
        let bytes = try bytes(content, .key, path)
        do {
            return try NIOSSLPrivateKey(bytes: bytes, format: .pem)
        } catch {
            // PKCS #8 says so in its first line, the older form in a header (RFC 1421 4.6.1.1).
            let isLocked = String(decoding: bytes, as: UTF8.self).contains("ENCRYPTED")
            throw TLSError(
                file: .key, path: path,
                reason: isLocked
                    ? "is locked with a passphrase; only keys without one can be used"
                    : "holds no private key in PEM, or a broken one")
        }
    }

    private static func context(
        _ tls: TLSConfiguration, _ configuration: TLSServerConfiguration
    ) throws(TLSError) -> NIOSSLContext {
        do {
            return try NIOSSLContext(configuration: tls)
        } catch NIOSSLError.failedToLoadPrivateKey {
            throw TLSError(
                file: .key, path: configuration.keyFile,
                reason: "is not the key of the certificate in \(configuration.certificateFile)")
        } catch {
            // Parsed before; what is left is a key of a kind that TLS does not know.
            throw TLSError(
                file: .certificate, path: configuration.certificateFile,
                reason: "cannot be used for TLS: \(TLSHandshakeFailure.text(of: error))")
        }
    }
}
