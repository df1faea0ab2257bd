import HTTPServing
import Testing

@testable import OTLPReceiving

@Suite struct CORSPolicyTests {
    private func fields(
        _ head: HTTPRequestHead, origins: [String], headers: [String] = []
    ) -> [String: String] {
        var configuration = CORSConfiguration()
        configuration.allowedOrigins = origins
        configuration.allowedHeaders = headers
        let fields = CORSPolicy(configuration).fields(for: head)
        return Dictionary(uniqueKeysWithValues: fields.map { ($0.name, $0.value) })
    }

    private static func request(_ origin: String) -> HTTPRequestHead {
        .export([("origin", origin)])
    }

    private static func preflight(_ origin: String) -> HTTPRequestHead {
        .export([("origin", origin), ("access-control-request-method", "POST")], method: "OPTIONS")
    }

    @Test func `without origins nothing is said (X6)`() {
        #expect(fields(Self.preflight("https://a.example"), origins: []) == [:])
        #expect(fields(Self.request("https://a.example"), origins: []) == [:])
    }

    @Test func `a preflight is granted with method, headers and age (X6)`() {
        #expect(
            fields(
                Self.preflight("https://a.example"), origins: ["https://a.example"],
                headers: ["x-tenant"]) == [
                    "vary": "origin",
                    "access-control-allow-origin": "https://a.example",
                    "access-control-allow-methods": "POST",
                    "access-control-allow-headers":
                        "authorization, content-encoding, content-type, x-api-key, x-tenant",
                    "access-control-max-age": "7200",
                ])
    }

    @Test func `the request itself is granted too, and may read Retry-After (X6)`() {
        #expect(
            fields(Self.request("https://a.example"), origins: ["https://a.example"]) == [
                "vary": "origin", "access-control-allow-origin": "https://a.example",
                "access-control-expose-headers": "retry-after",
            ])
    }

    @Test func `any origin is a star, never with credentials (X6)`() {
        let granted = fields(Self.request("https://b.example"), origins: ["*"])
        #expect(granted["access-control-allow-origin"] == "*")
        #expect(granted["access-control-allow-credentials"] == nil)
        #expect(granted["vary"] == nil)
    }

    @Test(
        arguments: [
            ("https://a.example", "https://a.example"), ("https://a.example", "HTTPS://A.Example"),
            ("https://*.a.example", "https://x.a.example"),
            ("https://*.a.example", "https://x.y.a.example"),
            ("http://localhost:*", "http://localhost:3000"),
        ])
    func `an origin is matched in any case, and with one star`(_ allowed: String, _ origin: String)
    {
        #expect(
            fields(Self.request(origin), origins: [allowed])["access-control-allow-origin"]
                == origin)
    }

    @Test(
        arguments: [
            ("https://a.example", "http://a.example"), ("https://a.example", "https://a.example:8"),
            ("https://a.example", "https://b.a.example"),
            ("https://*.a.example", "https://a.example"),
            ("https://*.a.example", "https://.a.example"),
            ("https://*.a.example", "https://xa.example"),
            ("https://*.a.example", "https://evil.test/.a.example"),
            ("https://*.a.example", "https://evil.test:80@x.a.example"),
            ("https://a.example", "null"),
        ])
    func `another origin is told nothing but that origins matter`(
        _ allowed: String, _ origin: String
    ) {
        #expect(fields(Self.request(origin), origins: [allowed]) == ["vary": "origin"])
        #expect(fields(Self.preflight(origin), origins: [allowed]) == ["vary": "origin"])
    }
}
