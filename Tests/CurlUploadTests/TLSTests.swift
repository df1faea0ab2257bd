import CloudExport
import CurlUpload
import Testing

@Suite(.timeLimit(.minutes(2)), .serialized)
struct TLSTests {
    let fixture: TLSFixture

    init() throws {
        fixture = try TLSFixture.shared.get()
    }

    @Test func `an authority that the host does not know is not trusted`() async throws {
        let server = try TLSServer(fixture)
        defer { server.stop() }

        let result = try await upload(.fixture(server.url))

        #expect(try #require(result.untrustedText).contains("certificate"))
    }

    @Test func `the configured authority is trusted, over kept connections too`() async throws {
        let server = try TLSServer(fixture)
        defer { server.stop() }
        let configuration = CurlConfiguration(caFile: fixture.path("ca.pem"))

        try await withTransport(configuration) { transport in
            for _ in 0..<3 {
                let result = await transport.upload(
                    .fixture(server.url, body: patternBody(3_000_000)))
                #expect(result.text == "TLSv1.3")
            }
        }
    }

    @Test func `HTTP/2 falls back to HTTP/1.1 where the peer does not offer it`() async throws {
        let server = try TLSServer(fixture)
        defer { server.stop() }

        let result = try await upload(
            .fixture(server.url),
            CurlConfiguration(httpVersion: .http2, caFile: fixture.path("ca.pem")))

        #expect(result.status == 200)
    }

    @Test func `a configured authority replaces the others, and the text names its file`()
        async throws
    {
        let server = try TLSServer(fixture)
        defer { server.stop() }
        let path = fixture.path("other-ca.pem")

        let result = try await upload(.fixture(server.url), CurlConfiguration(caFile: path))

        #expect(try #require(result.untrustedText).contains(path))
    }

    @Test func `TLS 1_2 is the oldest version`() async throws {
        for (version, isAccepted) in [("1.2", true), ("1.1", false)] {
            let server = try TLSServer(fixture, version: version)
            defer { server.stop() }

            let result = try await upload(
                .fixture(server.url), CurlConfiguration(caFile: fixture.path("ca.pem")))

            #expect((result.status == 200) == isAccepted)
        }
    }

    @Test(arguments: ["elsewhere", "expired"])
    func `a certificate for another name or another time is not trusted`(_ certificate: String)
        async throws
    {
        let server = try TLSServer(fixture, certificate: certificate)
        defer { server.stop() }

        let result = try await upload(
            .fixture(server.url), CurlConfiguration(caFile: fixture.path("ca.pem")))

        #expect(result.untrustedText != nil)
    }

    @Test func `an authority's file that cannot be loaded is named`() async throws {
        let server = try TLSServer(fixture)
        defer { server.stop() }
        let broken = try fixture.write("not a certificate", to: "broken.pem")

        for path in [fixture.path("missing.pem"), broken] {
            let result = try await upload(.fixture(server.url), CurlConfiguration(caFile: path))
            #expect(try #require(result.untrustedText).contains("caFile " + path))
        }
    }

    @Test(arguments: ["1.2", "any"])
    func `the client's certificate is shown`(_ version: String) async throws {
        let server = try TLSServer(fixture, clientAuthority: "ca.pem", version: version)
        defer { server.stop() }

        let result = try await upload(
            .fixture(server.url),
            CurlConfiguration(
                caFile: fixture.path("ca.pem"), certificateFile: fixture.path("client.pem"),
                keyFile: fixture.path("client.key")))

        #expect(try #require(result.text).hasSuffix(" Test client"))
    }

    @Test(arguments: ["1.2", "any"])
    func `a peer that misses the client's certificate gets nothing`(_ version: String) async throws
    {
        let server = try TLSServer(fixture, clientAuthority: "ca.pem", version: version)
        defer { server.stop() }

        let result = try await upload(
            .fixture(server.url), CurlConfiguration(caFile: fixture.path("ca.pem")))

        #expect(result.status == nil)
    }

    @Test(arguments: ["missing.key", "server.key", "locked.key"])
    func `a key that does not open the certificate is named`(_ key: String) async throws {
        let server = try TLSServer(fixture, clientAuthority: "ca.pem")
        defer { server.stop() }

        let result = try await upload(
            .fixture(server.url),
            CurlConfiguration(
                caFile: fixture.path("ca.pem"), certificateFile: fixture.path("client.pem"),
                keyFile: fixture.path(key)))

        #expect(try #require(result.untrustedText).contains("keyFile " + fixture.path(key)))
    }
}
