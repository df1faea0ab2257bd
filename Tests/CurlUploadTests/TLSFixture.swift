import Foundation
import Glibc
import TestKit

/// Keys and certificates: an authority, a certificate for 127.0.0.1 and `localhost`, one for another
/// name, one that has expired, and a client's.
final class TLSFixture: Sendable {
    private let folder: CertificateFolder

    /// Made once for all tests.
    static let shared = Result { try TLSFixture() }

    private init() throws {
        atexit { if let made = try? TLSFixture.shared.get() { made.folder.remove() } }
        folder = try CertificateFolder()
        try folder.makeAuthority("other-ca")
        try folder.makeCertificate("server", "subjectAltName=IP:127.0.0.1,DNS:localhost")
        try folder.makeCertificate("elsewhere", "subjectAltName=DNS:elsewhere.example")
        try folder.makeCertificate("expired", "subjectAltName=IP:127.0.0.1", days: "-1")
        try folder.makeCertificate("client", "extendedKeyUsage=clientAuth")
        try folder.lockKey("client", as: "locked")
    }

    func path(_ name: String) -> String { folder.path(name) }

    func write(_ text: String, to name: String) throws -> String {
        try folder.write(text, to: name)
    }
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
