import HTTPServing
import TestKit
import Testing

@testable import Gateway

/// The settings of TLS on the listeners for spans: one by one, together, and with their files.
@Suite final class ListenTLSTests {
    private let folder: CertificateFolder

    init() throws {
        folder = try CertificateFolder()
        try folder.makeCertificate("server", "subjectAltName=DNS:localhost")
        try folder.lockKey("server", as: "locked")
    }

    deinit { folder.remove() }

    private func sources(_ change: [String: String?]) -> ConfigurationSources {
        var flags = [
            "listen_tls_cert_file": folder.path("server.pem"),
            "listen_tls_key_file": folder.path("server.key"),
        ]
        for (key, value) in change { flags["listen_tls_" + key] = value }
        return .fixture(flags: flags)
    }

    private func complaint(_ key: String, _ expected: String) -> String {
        "listen_tls_\(key) (flag --listen-tls-\(key.split(separator: "_").joined(separator: "-"))): "
            + expected
    }

    @Test func `without them the listener speaks clear text`() throws {
        #expect(try ConfigurationSources.fixture().configuration().tlsServer == nil)
    }

    @Test func `they become the server's configuration`() throws {
        var expected = TLSServerConfiguration(
            certificateFile: folder.path("server.pem"), keyFile: folder.path("server.key"))
        #expect(try sources([:]).configuration().tlsServer == expected)
        expected.clientCAFile = folder.path("ca.pem")
        expected.allowedClients = ["a.example", "*.b.example", "spiffe://c/d"].compactMap {
            ClientNamePattern($0)
        }
        expected.minimumVersion = .tls1_3
        expected.reloadInterval = .seconds(60)
        let settings = [
            "client_ca_file": folder.path("ca.pem"),
            "client_names": "a.example, *.b.example,spiffe://c/d", "min_version": "1.3",
            "reload_interval": "1m",
        ]
        #expect(try sources(settings).configuration().tlsServer == expected)
    }

    @Test func `a handshake has the time of a head`() throws {
        var flags = sources([:])
        flags.flags["header_timeout"] = "3s"
        #expect(try flags.configuration().tlsServer?.handshakeTimeout == .seconds(3))
    }

    @Test(arguments: [("cert_file", "key_file"), ("key_file", "cert_file")])
    func `a certificate and its key go together`(_ given: String, _ missing: String) {
        #expect(
            sources([missing: nil]).complaints == [
                complaint(
                    given,
                    "listen_tls_cert_file and listen_tls_key_file go together; one of them is missing"
                )
            ])
    }

    @Test func `what only counts with TLS is not set without it`() {
        let others = [
            "client_ca_file": "/ca", "client_names": "a", "min_version": "1.3",
            "reload_interval": "1m",
        ]
        var settings: [String: String?] = ["cert_file": nil, "key_file": nil]
        for (key, value) in others { settings[key] = .some(value) }
        #expect(
            sources(settings).complaints
                == others.keys.sorted().map {
                    complaint(
                        $0, "means nothing without listen_tls_cert_file and listen_tls_key_file")
                })
    }

    @Test func `names of clients need an authority that vouches for them`() {
        #expect(
            sources(["client_names": "a.example"]).complaints == [
                complaint(
                    "client_names",
                    "means nothing without listen_tls_client_ca_file: no client shows a certificate"
                )
            ])
    }

    @Test(arguments: ["cert_file", "key_file", "client_ca_file"])
    func `a file that cannot be read is told under its own key`(_ key: String) {
        #expect(
            sources([key: "/no/such/file"]).complaints == [
                complaint(
                    key, "names /no/such/file, which cannot be read: No such file or directory")
            ])
    }

    @Test func `a key that does not fit, or is locked, is told with its file`() {
        let (other, locked) = (folder.path("ca.key"), folder.path("locked.key"))
        #expect(
            sources(["key_file": other]).complaints == [
                complaint(
                    "key_file",
                    "names \(other), which is not the key of the certificate in "
                        + folder.path("server.pem"))
            ])
        #expect(
            sources(["key_file": locked]).complaints == [
                complaint(
                    "key_file",
                    "names \(locked), which is locked with a passphrase; "
                        + "only keys without one can be used")
            ])
    }

    @Test(arguments: ["", ",", "a.*.b", "*", "a,,*"])
    func `other texts are no list of names`(_ text: String) {
        #expect(
            expectation { () throws(Expected) in try ValueParsing.clientNames(text) }
                == "expected names separated by commas, such as collector.example, "
                + "*.agents.example or spiffe://example/agent")
    }

    @Test(arguments: ["99ms", "25h", "-1s", "soon"])
    func `an interval is at least as long as a look takes, or never`(_ text: String) {
        #expect(sources(["reload_interval": text]).complaints.count == 1)
        #expect(sources(["reload_interval": "100ms"]).complaints.isEmpty)
        #expect(
            (try? sources(["reload_interval": "0"]).configuration())?.tlsServer?.reloadInterval
                == .some(nil))
    }
}
