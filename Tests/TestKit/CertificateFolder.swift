import Foundation

/// Keys and certificates in a directory of their own, made by the `openssl` command.
///
/// `name.key` and `name.pem` are what belongs to a name. Keys are ECDSA on P-256 unless said
/// otherwise, and everything is valid for two days.
package final class CertificateFolder: Sendable {
    package let directory: String

    /// With an authority called `ca`.
    package init() throws {
        directory = NSTemporaryDirectory() + "certificates-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        try makeAuthority("ca")
    }

    package func remove() {
        try? FileManager.default.removeItem(atPath: directory)
    }

    package func path(_ name: String) -> String { directory + "/" + name }

    /// The path of what was written.
    @discardableResult
    package func write(_ text: String, to name: String) throws -> String {
        try text.write(toFile: path(name), atomically: true, encoding: .utf8)
        return path(name)
    }

    package func text(of name: String) throws -> String {
        try String(contentsOfFile: path(name), encoding: .utf8)
    }

    package func makeAuthority(_ name: String) throws {
        try makeKey(name)
        try openssl(
            "req", "-x509", "-new", "-key", path(name + ".key"), "-days", "2",
            "-subj", "/CN=Test \(name)", "-out", path(name + ".pem"))
    }

    /// - Parameter extensions: lines of an openssl configuration, such as
    ///   `subjectAltName=DNS:localhost`; empty for none.
    package func makeCertificate(
        _ name: String, _ extensions: String, by authority: String = "ca", days: String = "2",
        subject: String? = nil, algorithm: String = "EC"
    ) throws {
        try makeKey(name, algorithm)
        try openssl(
            "req", "-new", "-key", path(name + ".key"), "-subj", subject ?? "/CN=Test \(name)",
            "-out", path(name + ".csr"))
        try openssl(
            "x509", "-req", "-in", path(name + ".csr"), "-CA", path(authority + ".pem"),
            "-CAkey", path(authority + ".key"), "-CAcreateserial", "-days", days,
            "-extfile", try write(extensions, to: name + ".ext"), "-out", path(name + ".pem"))
    }

    /// A copy of a key that a passphrase locks.
    package func lockKey(_ name: String, as copy: String) throws {
        try openssl(
            "pkey", "-in", path(name + ".key"), "-aes256", "-passout", "pass:secret",
            "-out", path(copy + ".key"))
    }

    private func makeKey(_ name: String, _ algorithm: String = "EC") throws {
        let option =
            algorithm == "EC" ? "ec_paramgen_curve:P-256" : "rsa_keygen_bits:2048"
        try openssl(
            "genpkey", "-algorithm", algorithm, "-pkeyopt", option, "-out", path(name + ".key"))
    }

    private func openssl(_ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw OpenSSLError(arguments: arguments) }
    }
}

package struct OpenSSLError: Error {
    package var arguments: [String]
}
