import HTTPServing
import Testing

@testable import OTLPReceiving

@Suite struct RequestPolicyTests {
    private func decide(_ head: HTTPRequestHead) -> RequestPolicy.Decision {
        RequestPolicy(configuration: OTLPReceiverConfiguration()).decide(head)
    }

    @Test func `a binary export to the default path is taken (H1, H3)`() {
        #expect(OTLPReceiverConfiguration().tracesPaths.first == "/v1/traces")
        #expect(decide(.export()) == .take(.export(.protobuf, .identity)))
    }

    @Test func `the default limit of a body is 64 MiB (H12)`() {
        #expect(OTLPReceiverConfiguration().maxBodyBytes == 67_108_864)
    }

    @Test(arguments: [67_108_865, Int.max])
    func `a declared length over the limit is told from the head alone (H14, X40)`(_ length: Int) {
        var head = HTTPRequestHead.export()
        head.declaredLength = length
        #expect(decide(head) == .refuse(.tooLarge(limit: 67_108_864, seen: length)))
    }

    // MARK: Content types

    @Test(arguments: [
        "application/x-protobuf", "Application/X-Protobuf", "APPLICATION/X-PROTOBUF",
        "application/x-protobuf; charset=utf-8", "application/x-protobuf;v=1",
        "application/x-protobuf ; a=\"b;c\"", " application/x-protobuf\t",
        "application/protobuf",
    ])
    func `media types are read in any case, with parameters and spaces (H7)`(_ type: String) {
        #expect(decide(.export(contentType: type)) == .take(.export(.protobuf, .identity)))
    }

    @Test(arguments: [
        "text/plain", "", "application/jsonl", "text/json",
        "application/x-protobuf2", "x-protobuf", "application/grpc-web+proto",
        "application/grpc+json", "application/octet-stream", "multipart/form-data; a=b",
        "application/x-protobuf, application/json", "; application/x-protobuf",
    ])
    func `other media types are refused by name (H26)`(_ type: String) {
        #expect(decide(.export(contentType: type)) == .refuse(.unsupportedType(type)))
    }

    @Test func `a request without a content type is refused`() {
        #expect(decide(.export(contentType: nil)) == .refuse(.unsupportedType(nil)))
    }

    @Test func `two content types are refused, alike or not (X45)`() {
        let alike = HTTPRequestHead.export([("content-type", "application/x-protobuf")])
        #expect(
            decide(alike)
                == .refuse(.unsupportedType("application/x-protobuf, application/x-protobuf")))
        let different = HTTPRequestHead.export([("content-type", "text/plain")])
        #expect(
            decide(different) == .refuse(.unsupportedType("application/x-protobuf, text/plain")))
    }

    // MARK: Codings

    @Test(
        arguments: [
            ("gzip", .gzip), ("GZIP", .gzip), ("Gzip", .gzip), ("x-gzip", .gzip),
            ("X-Gzip", .gzip), (" gzip\t", .gzip), ("identity", .identity),
            ("Identity", .identity), ("", .identity), ("deflate", .deflate), ("ZSTD", .zstd),
        ] as [(String, BodyCoding)])
    func `codings are taken in any spelling (P1, P2, X8, X13)`(
        _ name: String, _ coding: BodyCoding
    ) {
        #expect(
            decide(.export([("content-encoding", name)])) == .take(.export(.protobuf, coding)))
    }

    @Test(arguments: ["application/json", "Application/JSON; charset=utf-8"])
    func `JSON is taken at the same path (H35, J11)`(_ type: String) {
        #expect(decide(.export(contentType: type)) == .take(.export(.json, .identity)))
    }

    @Test(arguments: [
        "br", "snappy", "gzip, gzip", "identity, gzip", "gzipped", "gzip;q=1",
    ])
    func `other codings are refused by name (X9)`(_ coding: String) {
        #expect(
            decide(.export([("content-encoding", coding)])) == .refuse(.unsupportedCoding(coding)))
    }

    @Test func `two coding headers are one list, which is not taken`() {
        let head = HTTPRequestHead.export([
            ("content-encoding", "gzip"), ("content-encoding", "gzip"),
        ])
        #expect(decide(head) == .refuse(.unsupportedCoding("gzip, gzip")))
        let mixed = HTTPRequestHead.export([
            ("content-encoding", "identity"), ("content-encoding", "gzip"),
        ])
        #expect(decide(mixed) == .refuse(.unsupportedCoding("identity, gzip")))
    }

    // MARK: Methods and paths

    @Test(arguments: [
        "GET", "HEAD", "PUT", "DELETE", "PATCH", "post", "Post", "POST2", "",
    ])
    func `methods are case-sensitive, and only POST is taken (X2, X4)`(_ method: String) {
        #expect(
            decide(.export(method: method))
                == .refuse(.methodNotAllowed(method, path: "/v1/traces")))
    }

    @Test(arguments: [
        "/", "", "/V1/TRACES", "/v1/tracesx", "/v1", "*", "/v1/profiles", "/v1/./traces",
        "/v1/x/../traces", "/v1%2Ftraces", "/v1/traces%00", "/v1/traces%", "/v1/traces%2", "%",
    ])
    func `other paths are unknown (X1)`(_ path: String) {
        #expect(decide(.export(path: path)) == .refuse(.unknownPath(path)))
    }

    @Test(arguments: [
        "/v1/traces/", "//v1/traces", "//v1//traces//", "/v1/%74races", "/otlp/v1/traces",
        "/otlp/v1/traces/", "/v1/trace%73/",
    ])
    func `a path that means the same is taken, without a redirect (X44, H4)`(_ path: String) {
        #expect(decide(.export(path: path)) == .take(.export(.protobuf, .identity)))
    }

    @Test(arguments: ["/v1/traces", "*"])
    func `OPTIONS is told the methods (X5)`(_ path: String) {
        #expect(decide(.export(method: "OPTIONS", path: path)) == .tellMethods)
    }

    @Test(arguments: [
        ("/v1/metrics", "OTEL_METRICS_EXPORTER"), ("/v1/logs", "OTEL_LOGS_EXPORTER"),
        ("/otlp/v1/logs", "OTEL_LOGS_EXPORTER"), ("//v1/metrics", "OTEL_METRICS_EXPORTER"),
        ("/v1development/profiles", "OTEL_PROFILES_EXPORTER"),
    ])
    func `other signals are refused with the variable that ends them (X7)`(
        _ path: String, _ setting: String
    ) {
        #expect(decide(.export(path: path)) == .refuse(.otherSignal(path, setting: setting)))
    }

    @Test func `a configured path replaces the default one (H4)`() {
        var configuration = OTLPReceiverConfiguration()
        configuration.tracesPaths = ["/base/v1/traces"]
        let policy = RequestPolicy(configuration: configuration)
        #expect(
            policy.decide(.export(path: "/base/v1/traces"))
                == .take(.export(.protobuf, .identity)))
        #expect(policy.decide(.export()) == .refuse(.unknownPath("/v1/traces")))
    }

    @Test func `the path is judged first, then method, type and coding`() {
        let coding = [("content-encoding", "br")]
        #expect(
            decide(.export(coding, method: "GET", path: "/x", contentType: "text/plain"))
                == .refuse(.unknownPath("/x")))
        #expect(
            decide(.export(coding, method: "GET", contentType: "text/plain"))
                == .refuse(.methodNotAllowed("GET", path: "/v1/traces")))
        #expect(
            decide(.export(coding, contentType: "text/plain"))
                == .refuse(.unsupportedType("text/plain")))
        #expect(decide(.export(coding)) == .refuse(.unsupportedCoding("br")))
    }
}
