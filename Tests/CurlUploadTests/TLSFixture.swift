import Foundation
import Glibc

/// Keys and certificates in a directory of their own: an authority, a certificate for 127.0.0.1 and
/// `localhost`, one for another name, one that has expired, and a client's.
final class TLSFixture: Sendable {
    let directory: String

    /// Made once for all tests, by the `openssl` command.
    static let shared = Result { try TLSFixture() }

    private init() throws {
        atexit { if let made = try? TLSFixture.shared.get() { made.remove() } }
        directory = NSTemporaryDirectory() + "curl-upload-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        try makeAuthority("ca")
        try makeAuthority("other-ca")
        try makeCertificate("server", "subjectAltName=IP:127.0.0.1,DNS:localhost")
        try makeCertificate("elsewhere", "subjectAltName=DNS:elsewhere.example")
        try makeCertificate("expired", "subjectAltName=IP:127.0.0.1", days: "-1")
        try makeCertificate("client", "extendedKeyUsage=clientAuth")
        try openssl(
            "pkey", "-in", path("client.key"), "-aes256", "-passout", "pass:secret",
            "-out", path("locked.key"))
    }

    private func remove() {
        try? FileManager.default.removeItem(atPath: directory)
    }

    func path(_ name: String) -> String { directory + "/" + name }

    func write(_ text: String, to name: String) throws -> String {
        try text.write(toFile: path(name), atomically: true, encoding: .utf8)
        return path(name)
    }

    private func makeAuthority(_ name: String) throws {
        try makeKey(name)
        try openssl(
            "req", "-x509", "-new", "-key", path(name + ".key"), "-days", "2",
            "-subj", "/CN=Test \(name)", "-out", path(name + ".pem"))
    }

    private func makeCertificate(_ name: String, _ extensions: String, days: String = "2") throws {
        try makeKey(name)
        try openssl(
            "req", "-new", "-key", path(name + ".key"), "-subj", "/CN=Test \(name)",
            "-out", path(name + ".csr"))
        try openssl(
            "x509", "-req", "-in", path(name + ".csr"), "-CA", path("ca.pem"),
            "-CAkey", path("ca.key"), "-CAcreateserial", "-days", days,
            "-extfile", try write(extensions, to: name + ".ext"), "-out", path(name + ".pem"))
    }

    private func makeKey(_ name: String) throws {
        try openssl(
            "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-out", path(name + ".key"))
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

struct OpenSSLError: Error {
    var arguments: [String]
}

/// An HTTPS server in a child process: Python's `ssl` over one socket on 127.0.0.1. Each request is
/// answered 200, with the TLS version and the client's common name as the body.
final class TLSServer {
    let port: Int
    private let process = Process()

    private static let program = """
        import http.server, ssl, sys
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                subject = (self.connection.getpeercert() or {}).get("subject", ())
                names = [v for part in subject for k, v in part if k == "commonName"]
                body = " ".join([self.connection.version()] + names).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def log_message(self, *arguments):
                pass
        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *arguments):
                pass
        certificate, key, authority, version = sys.argv[1:]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        if version == "1.1":
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        elif version == "1.2":
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        if authority:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(authority)
        server = Server(("127.0.0.1", 0), Handler)
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False)
        print(server.server_address[1], flush=True)
        server.serve_forever()
        """

    /// `clientAuthority` makes a client certificate of that authority a duty.
    init(
        _ fixture: TLSFixture, certificate: String = "server", clientAuthority: String? = nil,
        version: String = "any"
    ) throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "python3", "-W", "ignore", "-c", Self.program, fixture.path(certificate + ".pem"),
            fixture.path(certificate + ".key"), clientAuthority.map(fixture.path) ?? "", version,
        ]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let port = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            kill(process.processIdentifier, SIGKILL)
            throw TLSServerError(output: line)
        }
        self.port = port
    }

    var url: String { "https://127.0.0.1:\(port)/ai/spans/publish" }

    /// Ends the child, by its process number, and waits for its end. SIGTERM would not do: the child
    /// inherits the signal mask of the thread that started it, a worker with all of them blocked.
    func stop() {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}

struct TLSServerError: Error {
    var output: String
}
