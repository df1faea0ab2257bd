import Foundation
import Testing

@testable import HTTPServing

/// What is said of files that cannot be used: which file it is, and nothing of what is in it.
@Suite struct TLSFilesTests {
    let fixture: TLSFixture

    init() throws {
        fixture = try TLSFixture.shared.get()
    }

    private func complaint(
        _ change: (inout TLSServerConfiguration) -> Void
    ) -> TLSError? {
        #expect(throws: TLSError.self) {
            try TLSContextSource.validate(fixture.configuration(change: change))
        }
    }

    @Test(arguments: ["server", "rsa", "expired"])
    func `a certificate and its key can be used`(_ name: String) throws {
        try TLSContextSource.validate(fixture.configuration(certificate: name))
    }

    @Test func `a chain may stand in one file, with text between`() throws {
        let chain =
            try "Subject: the server\n" + fixture.folder.text(of: "server.pem")
            + "Subject: its authority\n" + fixture.folder.text(of: "ca.pem")
        let path = try fixture.folder.write(chain, to: "chain.pem")
        let configuration = fixture.configuration { $0.certificateFile = path }
        let source = try fixture.source(configuration)
        #expect(
            source.metrics(TLSHandshakeCounters()).certificateExpiry
                == Int(try fixture.certificate("server").notValidAfter))
    }

    @Test func `one file may hold both`() throws {
        let both = try fixture.folder.text(of: "server.key") + fixture.folder.text(of: "server.pem")
        let path = try fixture.folder.write(both, to: "both.pem")
        try TLSContextSource.validate(
            fixture.configuration { configuration in
                configuration.certificateFile = path
                configuration.keyFile = path
            })
    }

    @Test(arguments: [TLSError.File.certificate, .key, .clientCA])
    func `a file that is not there, empty, broken or a directory is named`(
        _ file: TLSError.File
    ) throws {
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        let cases = [
            (fixture.path("missing"), "cannot be read: No such file or directory"),
            (try fixture.folder.write("", to: "empty"), "is empty"),
            (fixture.folder.directory, "is not a file"),
            ("/dev/null", "is not a file"),
            (try fixture.folder.write(broken, to: "broken"), "in PEM, or a broken one"),
            (try fixture.folder.write("PEM\n", to: "text"), "in PEM, or a broken one"),
        ]
        for (path, reason) in cases {
            let error = try #require(
                complaint {
                    switch file {
                    case .certificate: $0.certificateFile = path
                    case .key: $0.keyFile = path
                    case .clientCA: $0.clientCAFile = path
                    }
                })
            #expect(error.file == file && error.path == path)
            #expect(error.reason.hasSuffix(reason), "\(error)")
            #expect(error.description.hasPrefix(path + " "))
        }
    }

    @Test func `a file over its limit is not read to the end`() throws {
        let path = try fixture.folder.write(
            String(repeating: "x", count: TLSFiles.maxBytes + 1), to: "large")
        #expect(complaint { $0.keyFile = path }?.reason == "is larger than 1048576 bytes")
    }

    @Test(arguments: ["collector.key", "rsa.key"])
    func `a key of another certificate is named together with it`(_ key: String) {
        let error = complaint { $0.keyFile = fixture.path(key) }
        #expect(error?.file == .key && error?.path == fixture.path(key))
        #expect(
            error?.reason == "is not the key of the certificate in \(fixture.path("server.pem"))")
    }

    @Test func `a locked key is said to be locked`() throws {
        let locked = try fixture.folder.text(of: "locked.key")
        #expect(locked.contains("ENCRYPTED"))
        let error = complaint { $0.keyFile = fixture.path("locked.key") }
        #expect(error?.reason.hasPrefix("is locked with a passphrase") == true)
    }

    @Test func `a broken authority after a good one is not left out`() throws {
        let bundle =
            try fixture.folder.text(of: "ca.pem")
            + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        let path = try fixture.folder.write(bundle, to: "bundle.pem")
        #expect(complaint { $0.clientCAFile = path }?.file == .clientCA)
    }

    @Test func `nothing of a key stands in an error`() throws {
        let key = try fixture.folder.text(of: "server.key")
        let lines = key.split(separator: "\n").filter { !$0.hasPrefix("-") }
        // Cut in the middle of its content, and with one character exchanged.
        let cut = try fixture.folder.write(String(key.dropLast(key.count / 2)), to: "cut.key")
        let spoilt = try fixture.folder.write(
            key.replacingOccurrences(of: lines[1], with: "!" + lines[1].dropFirst()),
            to: "spoilt.key")
        for path in [cut, spoilt] {
            let text = try #require(complaint { $0.keyFile = path }).description
            for line in lines { #expect(!text.contains(line.prefix(8))) }
        }
    }
}
