import HTTPServing
import Testing

@testable import OTLPReceiving

/// A sender says a lot about itself. Nothing of that chooses its route.
@Suite struct SpoofingTests {
    /// What others take for an identity, and what a proxy might have added.
    static let names = [
        "x-mastra-project", "x-mastra-route", "x-route", "x-tenant", "x-tenant-id", "x-scope-orgid",
        "x-forwarded-for", "x-forwarded-host", "x-forwarded-user", "x-forwarded-client-cert",
        "x-real-ip", "forwarded", "via", "x-client-cert", "x-ssl-client-s-dn", "x-ssl-client-cert",
        "ssl-client-subject-dn", "x-client-verify", "client-cert", "client", "baggage",
        "tracestate",
        "traceparent", "cookie", "host", "from", "user-agent", "proxy-authorization",
        "x-authorization", "api-key", "x-api-key-id", "x_api_key", "grpc-metadata-authorization",
    ]

    static let values = [
        "beta", "Bearer \(AccessTests.beta)", AccessTests.beta,
        "route=beta,x-api-key=\(AccessTests.beta)",
        "CN=a.beta.example", "a.beta.example", "Subject=\"CN=a.beta.example\";DNS=a.beta.example",
    ]

    @Test(arguments: names, SentForm.allCases)
    func `a field chooses no route`(_ name: String, _ form: SentForm) throws {
        let bench = try AccessTests.bench()
        for value in Self.values {
            let fields = [(name, value)]
            #expect(bench.answer(form.body, form.head(fields))?.code == 16)
            let alpha = form.head([("authorization", "Bearer \(AccessTests.alpha)")] + fields)
            #expect(bench.answer(form.body, alpha)?.isAccepted == true)
        }
        #expect(bench.taken == Self.values.map { _ in "alpha" })
        #expect(bench.denied == [.missing: UInt64(Self.values.count)])
    }

    @Test func `what spans say of themselves chooses no route`() throws {
        let attributes = Self.names.flatMap { name -> [UInt8] in
            let value = [UInt8].field(1, Array(AccessTests.beta.utf8))
            return .field(1, .field(1, Array(name.utf8)) + .field(2, value))
        }
        // The attributes of a resource are field 1 of it, and it is field 1 of its group.
        let group = [UInt8].field(1, attributes) + [UInt8].field(2, [UInt8].field(2, .span()))
        let body = [UInt8].field(1, group)
        let bench = try AccessTests.bench()
        #expect(bench.answer(body, .export())?.status == 401)
        #expect(bench.answer(body, .export([("x-api-key", AccessTests.alpha)]))?.status == 200)
        #expect(bench.taken == ["alpha"])
    }

    @Test func `neither does the path`() throws {
        var configuration = OTLPReceiverConfiguration()
        configuration.tracesPaths = ["/v1/traces", "/beta/v1/traces"]
        let bench = try RoutedBench(
            [
                ("alpha", [.key(SHA256Digest(of: AccessTests.alpha))]),
                ("beta", [.key(SHA256Digest(of: AccessTests.beta))]),
            ], configuration: configuration)
        let head = HTTPRequestHead.export(
            [("x-api-key", AccessTests.alpha)], path: "/beta/v1/traces")
        #expect(bench.answer([], head)?.status == 200)
        #expect(bench.taken == ["alpha"])
    }
}
