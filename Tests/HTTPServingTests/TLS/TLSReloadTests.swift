import Foundation
import NIOSSL
import TestKit
import Testing

@testable import HTTPServing

/// What becomes of files that change while they are in use.
@Suite struct TLSReloadTests {
    let fixture: TLSFixture
    let log = LogRecorder()
    /// Of a server whose files may be changed; nobody else uses them.
    let name = UUID().uuidString

    init() throws {
        fixture = try TLSFixture.shared.get()
        try install("server")
    }

    /// Puts another certificate, and its key unless told otherwise, in the place of the one there is.
    private func install(_ certificate: String, key: String? = nil) throws {
        try fixture.folder.write(fixture.folder.text(of: certificate + ".pem"), to: name + ".pem")
        try fixture.folder.write(
            fixture.folder.text(of: (key ?? certificate) + ".key"), to: name + ".key")
    }

    private func source(
        _ change: (inout TLSServerConfiguration) -> Void = { _ in }
    ) throws -> TLSContextSource {
        try fixture.source(
            fixture.configuration(certificate: name, change: change), logger: log.logger())
    }

    private func expiry(_ certificate: String) throws -> Int {
        Int(try fixture.certificate(certificate).notValidAfter)
    }

    private func metrics(_ source: TLSContextSource) -> TLSMetrics {
        source.metrics(TLSHandshakeCounters())
    }

    @Test func `files that have not changed are left alone`() throws {
        let source = try source()
        let context = source.context
        // Written anew with the same content.
        try install("server")
        source.reloadIfChanged()
        #expect(source.context === context)
        #expect(metrics(source).reloadsDone == 0 && metrics(source).reloadsFailed == 0)
        #expect(log.lines.isEmpty)
    }

    @Test func `a new certificate is taken for the next connections, counted and said once`()
        throws
    {
        let source = try source()
        let context = source.context
        #expect(metrics(source).certificateExpiry == (try expiry("server")))
        try install("renewed")
        source.reloadIfChanged()
        source.reloadIfChanged()
        #expect(source.context !== context)
        #expect(metrics(source).certificateExpiry == (try expiry("renewed")))
        #expect(metrics(source).reloadsDone == 1)
        #expect(log.lines.count == 1)
        #expect(
            log.lines.first?.hasPrefix(
                "info The TLS certificate was loaded anew certificate.expires=") == true)
    }

    @Test func `a change that cannot be used leaves what there is, counted and said once`() throws {
        let source = try source()
        let context = source.context
        try install("renewed", key: "server")
        source.reloadIfChanged()
        source.reloadIfChanged()
        #expect(source.context === context)
        #expect(metrics(source).certificateExpiry == (try expiry("server")))
        #expect(metrics(source).reloadsFailed == 1 && metrics(source).reloadsDone == 0)
        #expect(
            log.lines == [
                "warning The changed TLS files cannot be used; new connections get the preceding ones"
                    + " reason=\(fixture.path(name + ".key")) is not the key of the certificate in "
                    + fixture.path(name + ".pem")
            ])
        // The other half follows.
        try install("renewed")
        source.reloadIfChanged()
        #expect(source.context !== context)
        #expect(metrics(source).reloadsDone == 1)
    }

    @Test func `a file that vanishes and comes back is said once each way`() throws {
        let source = try source()
        try FileManager.default.removeItem(atPath: fixture.path(name + ".pem"))
        source.reloadIfChanged()
        source.reloadIfChanged()
        #expect(metrics(source).reloadsFailed == 1)
        try install("server")
        source.reloadIfChanged()
        #expect(metrics(source).reloadsDone == 1)
        #expect(log.lines.count == 2)
    }

    @Test func `an authority that is exchanged counts for the next connections`() throws {
        let authority = try fixture.folder.write(
            fixture.folder.text(of: "other-ca.pem"), to: name + "-ca.pem")
        let source = try source { $0.clientCAFile = authority }
        let client = try fixture.client(showing: "collector")
        let before = try TLSPair(source, client: client)
        try before.exchange()
        #expect(before.failures == ["client_certificate": 1])
        before.close()

        try fixture.folder.write(fixture.folder.text(of: "ca.pem"), to: name + "-ca.pem")
        source.reloadIfChanged()
        let after = try TLSPair(source, client: client)
        try after.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(after.ear.text.hasPrefix("HTTP/1.1 200 "))
        after.close()
    }

    @Test func `a certificate that has expired is used, with a warning`() throws {
        try install("expired")
        let source = try source()
        #expect(metrics(source).certificateExpiry == (try expiry("expired")))
        #expect(
            log.lines.map { $0.hasPrefix("warning The TLS certificate has expired") } == [true])
    }

    @Test func `the loop takes a change, and ends when it is cancelled`() async throws {
        let source = try source { $0.reloadInterval = .milliseconds(5) }
        let loop = Task { await source.run() }
        try install("renewed")
        let renewed = try expiry("renewed")
        #expect(await eventually { metrics(source).certificateExpiry == renewed })
        loop.cancel()
        await loop.value
    }

    @Test func `without an interval there is no loop`() async throws {
        await (try source { $0.reloadInterval = nil }).run()
    }
}
