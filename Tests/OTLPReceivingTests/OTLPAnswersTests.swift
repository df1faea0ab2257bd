import Foundation
import HTTPServing
import Testing

@testable import OTLPReceiving

/// Every refusal: what a client sees of it.
@Suite struct OTLPAnswersTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var refusal: Refusal
        var status: Int
        var fields: [HTTPField] = []
        var answer: DecodedStatus

        var testDescription: String { "\(refusal)" }
    }

    static let cases: [Case] = [
        Case(
            refusal: .unknownPath("/x"), status: 404,
            answer: DecodedStatus(
                code: 5, message: "no resource at /x; traces are taken at /v1/traces")),
        Case(
            refusal: .otherSignal("/v1/logs", setting: "OTEL_LOGS_EXPORTER"), status: 404,
            answer: DecodedStatus(
                code: 12,
                message: "mastra-gateway takes traces only, nothing at /v1/logs; "
                    + "set OTEL_LOGS_EXPORTER=none in the sending service")),
        Case(
            refusal: .methodNotAllowed("GET", path: "/v1/traces"), status: 405,
            fields: [HTTPField(name: "allow", value: "OPTIONS, POST")],
            answer: DecodedStatus(
                code: 12, message: "GET is not allowed on /v1/traces; use POST")),
        Case(
            refusal: .unsupportedType("text/plain"), status: 415,
            answer: DecodedStatus(
                code: 3,
                message: "content-type \"text/plain\" is not taken; send "
                    + "application/x-protobuf (OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf), "
                    + "application/json (http/json), or application/grpc (grpc)")),
        Case(
            refusal: .unsupportedType(nil), status: 415,
            answer: DecodedStatus(
                code: 3,
                message: "content-type is missing; send "
                    + "application/x-protobuf (OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf), "
                    + "application/json (http/json), or application/grpc (grpc)")),
        Case(
            refusal: .unsupportedCoding("br"), status: 415,
            fields: [HTTPField(name: "accept-encoding", value: "gzip, deflate, zstd, identity")],
            answer: DecodedStatus(
                code: 12,
                message: "the coding \"br\" is not taken; send one of gzip, deflate, zstd, identity"
            )),
        Case(
            refusal: .badRequest(field: "body", description: "the body is nonsense"), status: 400,
            answer: DecodedStatus(
                code: 3, message: "the body is nonsense",
                details: [.badRequest(field: "body", description: "the body is nonsense")])),
        Case(
            refusal: .tooLarge(limit: 1024, seen: 2048), status: 413,
            answer: DecodedStatus(
                code: 8, message: "the body has 2048 bytes or more; max_body_bytes is 1024")),
        Case(
            refusal: .tooLarge(limit: 1024, seen: nil), status: 413,
            answer: DecodedStatus(
                code: 8,
                message: "the inflated body has more than max_body_bytes, which is 1024 bytes")),
        Case(
            refusal: .neverFits(needed: 2048, limit: 1024), status: 413,
            answer: DecodedStatus(
                code: 8, message: "decoding the body takes 2048 bytes or more; memory_limit is 1024"
            )),
        Case(
            refusal: .notGRPC("a/b"), status: 415,
            answer: DecodedStatus(
                code: 3,
                message:
                    "content-type \"a/b\" is not taken by a gRPC method; send application/grpc, "
                    + "or other encodings to /v1/traces")),
        Case(
            refusal: .timedOut("the request head did not come within 10 s"), status: 408,
            answer: DecodedStatus(code: 4, message: "the request head did not come within 10 s")),
        Case(
            refusal: .headersTooLarge(limit: 16_384), status: 431,
            answer: DecodedStatus(
                code: 8,
                message: "request line and headers have more than 16384 bytes or 100 fields")),
        Case(
            refusal: .expectationFailed("200-ok"), status: 417,
            answer: DecodedStatus(
                code: 3, message: "expect: 200-ok cannot be met; only 100-continue can")),
        Case(
            refusal: .unauthorized(takesPasswords: false), status: 401,
            fields: [
                HTTPField(name: "www-authenticate", value: "Bearer realm=\"mastra-gateway\"")
            ],
            answer: DecodedStatus(
                code: 16, message: "the request shows no credential that this gateway knows")),
        Case(
            refusal: .unauthorized(takesPasswords: true), status: 401,
            fields: [
                HTTPField(name: "www-authenticate", value: "Bearer realm=\"mastra-gateway\""),
                HTTPField(
                    name: "www-authenticate",
                    value: "Basic realm=\"mastra-gateway\", charset=\"UTF-8\""),
            ],
            answer: DecodedStatus(
                code: 16, message: "the request shows no credential that this gateway knows")),
        Case(
            refusal: .forbidden, status: 403,
            answer: DecodedStatus(
                code: 7,
                message:
                    "what the request shows lets it in on no route of this gateway, or on several"
            )),
        Case(
            refusal: .tooFast(.init(limit: .spans, rate: 1000, retryAfterSeconds: 3)), status: 429,
            fields: [HTTPField(name: "retry-after", value: "3")],
            answer: DecodedStatus(
                code: 8,
                message:
                    "the route takes 1000 spans a second (spans_per_second); retry after 3 s",
                details: [.retryInfo(seconds: 3, nanos: 0)])),
        Case(
            refusal: .tooFast(.init(limit: .bytes, rate: 0.5, retryAfterSeconds: 3600)),
            status: 429, fields: [HTTPField(name: "retry-after", value: "3600")],
            answer: DecodedStatus(
                code: 8,
                message:
                    "the route takes 0.5 bytes a second (bytes_per_second); retry after 3600 s",
                details: [.retryInfo(seconds: 3600, nanos: 0)])),
        Case(
            refusal: .unavailable("the sending queue is full", retryAfterSeconds: 7), status: 503,
            fields: [HTTPField(name: "retry-after", value: "7")],
            answer: DecodedStatus(
                code: 14, message: "the sending queue is full; retry after 7 s",
                details: [.retryInfo(seconds: 7, nanos: 0)])),
    ]

    private let answers = OTLPAnswers(paths: TracesPaths(["/v1/traces"]))

    @Test(arguments: cases)
    func `a refused binary request gets a binary Status (H25, H31, X2)`(_ example: Case) {
        let response = answers.refusal(example.refusal, in: .http(.protobuf))
        #expect(response.status == example.status)
        #expect(
            response.fields
                == [HTTPField(name: "content-type", value: "application/x-protobuf")]
                + example.fields)
        #expect(DecodedStatus(protobuf: response.body) == example.answer)
        #expect(response.trailers == [])
    }

    @Test(arguments: cases)
    func `a refused JSON request gets a JSON Status (J17)`(_ example: Case) throws {
        let response = answers.refusal(example.refusal, in: .http(.json))
        #expect(response.status == example.status)
        #expect(
            response.fields
                == [HTTPField(name: "content-type", value: "application/json")] + example.fields)
        let object = try JSONSerialization.jsonObject(with: Data(response.body))
        #expect(object as? NSDictionary == example.answer.json)
    }

    @Test(arguments: cases)
    func `each refusal's status has a counter`(_ example: Case) {
        #expect(ReceiverInstruments().answers.map(\.status).contains(example.status))
    }

    @Test(
        arguments: [
            ("application/json", "application/json"),
            ("APPLICATION/JSON; charset=utf-8", "application/json"),
            ("application/x-protobuf", "application/x-protobuf"),
            ("text/plain", "application/x-protobuf"), (nil, "application/x-protobuf"),
        ] as [(String?, String)])
    func `the answer is JSON where the request was, and else protobuf (H7, H26)`(
        _ type: String?, _ expected: String
    ) {
        let response = answers.refusal(
            .unknownPath("/"), in: AnswerForm(.export(contentType: type)))
        #expect(response.fields == [HTTPField(name: "content-type", value: expected)])
    }

    @Test func `trouble before a head is told in protobuf`() {
        let response = answers.refusal(.headersTooLarge(limit: 1), in: AnswerForm(nil))
        #expect(
            response.fields == [HTTPField(name: "content-type", value: "application/x-protobuf")])
        #expect(DecodedStatus(protobuf: response.body)?.code == 8)
    }

    @Test func `a success is 200 and nothing else (H18, H20)`() {
        #expect(
            answers.success(rejected: 0, message: nil, in: .http(.protobuf))
                == HTTPResponse(
                    status: 200,
                    fields: [HTTPField(name: "content-type", value: "application/x-protobuf")],
                    body: []))
    }

    @Test func `a partial success is 200 too (H22)`() {
        let response = answers.success(rejected: 2, message: "why", in: .http(.protobuf))
        #expect(response.status == 200)
        #expect(
            DecodedResponse(protobuf: response.body)
                == DecodedResponse(partialSuccess: .init(rejectedSpans: 2, errorMessage: "why")))
    }

    @Test(arguments: [
        String(repeating: "a", count: 15_000), "e" + String(repeating: "\u{301}", count: 15_000),
    ])
    func `what a client sent is sent back in 200 letters at most`(_ text: String) {
        let refusals: [Refusal] = [
            .unknownPath(text), .methodNotAllowed(text, path: "/v1/traces"),
            .methodNotAllowed("GET", path: text), .unsupportedType(text),
            .unsupportedCoding(text), .expectationFailed(text),
        ]
        for refusal in refusals {
            let body = answers.refusal(refusal, in: .http(.protobuf)).body
            #expect(body.count < 1000, "\(DecodedStatus(protobuf: body)?.code ?? -1)")
            #expect(DecodedStatus(protobuf: body)?.message.contains("…") == true)
        }
    }

    @Test func `two hundred letters are not clipped`() throws {
        let path = "/" + String(repeating: "a", count: 199)
        let body = answers.refusal(.unknownPath(path), in: .http(.protobuf)).body
        let message = try #require(DecodedStatus(protobuf: body)?.message)
        #expect(message == "no resource at \(path); traces are taken at /v1/traces")
    }

    @Test func `any text survives JSON`() throws {
        let text = (0..<0x180).map { String(UnicodeScalar(UInt32($0))!) }.joined() + "\u{2028}😀\\\""
        let response = answers.refusal(
            .badRequest(field: text, description: text), in: .http(.json))
        let object = try JSONSerialization.jsonObject(with: Data(response.body))
        let expected = DecodedStatus(
            code: 3, message: text, details: [.badRequest(field: text, description: text)])
        #expect(object as? NSDictionary == expected.json)
    }
}

extension DecodedStatus {
    /// ProtoJSON's form of it.
    fileprivate var json: NSDictionary {
        var object: [String: Any] = ["code": Int(code), "message": message]
        let list = details.map { detail -> [String: Any] in
            switch detail {
            case .badRequest(let field, let description):
                [
                    "@type": "type.googleapis.com/google.rpc.BadRequest",
                    "fieldViolations": [["field": field, "description": description]],
                ]
            case .retryInfo(let seconds, _):
                [
                    "@type": "type.googleapis.com/google.rpc.RetryInfo",
                    "retryDelay": "\(seconds)s",
                ]
            case .other(let type): ["@type": type]
            }
        }
        if !list.isEmpty { object["details"] = list }
        return object as NSDictionary
    }
}
