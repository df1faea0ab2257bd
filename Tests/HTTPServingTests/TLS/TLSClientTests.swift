import HTTPTestKit
import NIOCore
import NIOSSL
import Testing

@testable import HTTPServing

/// Clients that have to show a certificate (mTLS).
@Suite struct TLSClientTests {
    static let request = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
    static let versions = [TLSVersion.tlsv12, .tlsv13]

    let fixture: TLSFixture

    init() throws {
        fixture = try TLSFixture.shared.get()
    }

    /// One request over both versions: failures that were counted, errors of the client, requests taken.
    private func visit(
        showing name: String?, allowed: [String] = [], _ version: TLSVersion
    ) throws -> TLSPair {
        let client = try fixture.client(showing: name) { $0.maximumTLSVersion = version }
        let pair = try TLSPair(
            fixture.source(fixture.configuration(clientCA: "ca", allowed: allowed)),
            client: client)
        try pair.send(Self.request)
        try pair.exchange()
        return pair
    }

    @Test(arguments: versions)
    func `a client with a certificate of the authority is served`(_ version: TLSVersion) throws {
        let pair = try visit(showing: "collector", version)
        #expect(pair.ear.text.hasSuffix("POST /a 0"))
        #expect(pair.failures.isEmpty)
        pair.close()
    }

    @Test(arguments: [nil, "stranger", "lapsed", "no-client"], versions)
    func `a client without a good certificate gets an alert, and its request is not taken`(
        _ name: String?, _ version: TLSVersion
    ) throws {
        let pair = try visit(showing: name, version)
        #expect(pair.failures == ["client_certificate": 1])
        #expect(pair.ear.errors.contains { $0.contains("_ALERT_") }, "\(pair.ear.errors)")
        #expect(pair.responder.requests.isEmpty && pair.ear.text.isEmpty)
        #expect(pair.socket.outputIsClosed)
        pair.advance(by: .seconds(1))
        #expect(!pair.isOpen)
        pair.close()
    }

    /// As where a session is resumed long after the certificate was verified.
    @Test(arguments: versions)
    func `a client whose certificate is over by now is turned away`(_ version: TLSVersion) throws {
        let pair = try TLSPair(
            fixture.source(fixture.configuration(clientCA: "ca"), clock: { 1 << 40 }),
            client: try fixture.client(showing: "collector") { $0.maximumTLSVersion = version })
        try pair.send(Self.request)
        try pair.exchange()
        #expect(pair.failures == ["client_certificate": 1])
        #expect(pair.responder.requests.isEmpty && pair.ear.text.isEmpty)
        pair.close()
    }

    @Test(arguments: versions)
    func `a client whose name is in the list is served`(_ version: TLSVersion) throws {
        for (name, allowed) in [
            ("collector", ["nobody", "collector.example"]), ("agent", ["*.agents.example"]),
            ("agent", ["spiffe://example/agent"]), ("plain", ["build 7"]),
        ] {
            let pair = try visit(showing: name, allowed: allowed, version)
            #expect(pair.ear.text.hasPrefix("HTTP/1.1 200 "), "\(name)")
            #expect(pair.failures.isEmpty)
            pair.close()
        }
    }

    @Test(arguments: versions)
    func `a client whose name is not in the list is turned away, and its request is not taken`(
        _ version: TLSVersion
    ) throws {
        for (name, allowed) in [
            ("collector", ["Test collector", "other.example"]), ("plain", ["*.example"]),
            ("agent", ["Test agent"]),
        ] {
            let pair = try visit(showing: name, allowed: allowed, version)
            #expect(pair.failures == ["client_name": 1])
            #expect(pair.responder.requests.isEmpty && pair.ear.text.isEmpty)
            // The goodbye of TLS, which is an alert too, and not just the end of the socket.
            #expect(pair.ear.inputHasEnded)
            #expect(pair.ear.errors.isEmpty, "\(pair.ear.errors)")
            #expect(pair.socket.outputIsClosed)
            try pair.send(Self.request)
            #expect(pair.responder.requests.isEmpty)
            pair.advance(by: .seconds(1))
            #expect(!pair.isOpen)
            pair.close()
        }
    }

    @Test(arguments: versions)
    func `requests bring the names of the certificate, each of a connection`(
        _ version: TLSVersion
    ) throws {
        for (name, names) in [
            ("collector", ClientNames(dns: ["collector.example"], commonName: "Test collector")),
            (
                "agent",
                ClientNames(
                    dns: ["a.agents.example"], uris: ["spiffe://example/agent"],
                    commonName: "Test agent")
            ), ("plain", ClientNames(commonName: "Build 7")),
        ] {
            let pair = try visit(showing: name, version)
            try pair.send(Self.request)
            #expect(pair.responder.requests.map(\.head.client) == [names, names])
            pair.close()
        }
    }

    @Test func `so do those of HTTP/2`() throws {
        let pair = try TLSPair(
            fixture.source(fixture.configuration(clientCA: "ca")),
            client: fixture.client(showing: "plain"))
        let frames =
            HTTP2Frame.greeting + HTTP2Frame.request(1, ends: true).bytes
            + HTTP2Frame.request(3, fields: [("client", "collector.example")], ends: true).bytes
        try pair.send(frames)
        let names = ClientNames(commonName: "Build 7")
        #expect(pair.responder.requests.map(\.head.client) == [names, names])
        pair.close()
    }

    /// What proxies write into the header when it is them who speak TLS.
    @Test func `no field of a request sets the names`() throws {
        let claims = [
            "client", "client-cert", "x-client-cert", "x-ssl-client-s-dn",
            "x-forwarded-client-cert",
            "ssl-client-verify",
        ]
        let fields = claims.map { "\($0): CN=collector.example\r\n" }.joined()
        let request = "POST /a HTTP/1.1\r\nHost: a\r\n\(fields)Content-Length: 0\r\n\r\n"
        let pair = try TLSPair(fixture.source(), client: fixture.client(showing: "collector"))
        try pair.send(request)
        #expect(pair.responder.requests.map(\.head.client) == [nil])
        pair.close()
        let clear = try EmbeddedConnection()
        try clear.send(request)
        #expect(clear.responder.requests.map(\.head.client) == [nil])
        let second = try EmbeddedConnection.greeted()
        try second.send(
            HTTP2Frame.request(1, fields: claims.map { ($0, "CN=collector.example") }, ends: true)
                .bytes)
        #expect(second.responder.requests.map(\.head.client) == [nil])
    }

    @Test func `a list without an authority asks nobody for a certificate`() throws {
        let configuration = fixture.configuration(allowed: ["nobody"])
        let pair = try TLSPair(fixture.source(configuration), client: fixture.client())
        try pair.send(Self.request)
        #expect(pair.ear.text.hasPrefix("HTTP/1.1 200 "))
        pair.close()
    }
}
