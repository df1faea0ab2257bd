import OracleKit
import TestKit
import Testing

@testable import OTLP

struct WalkRequestTests {
    @Test func `an empty body is a request of no spans`() throws {
        #expect(try walkRequest([]) == RequestSummary(taken: 0))
        #expect(RequestSummary(taken: 0).rejectionMessage == nil)
    }

    @Test(
        arguments: [
            .field(1, bytes: []),
            .field(1, bytes: .field(1, bytes: [])),
            .field(1, bytes: .field(2, bytes: [])),
            .field(1, bytes: .field(2, bytes: .field(1, bytes: []))),
        ] as [[UInt8]])
    func `resources and scopes without spans count nothing`(request: [UInt8]) throws {
        #expect(try walkRequest(request) == RequestSummary(taken: 0))
        #expect(TraceModel(views: request) == TraceModel())
    }

    @Test func `the sample is two spans`() throws {
        #expect(try walkRequest([UInt8].sample) == RequestSummary(taken: 2))
    }

    @Test(arguments: Schema.allCases, [0, 1, 2, 3, 5] as [UInt64])
    func `an unknown field is skipped in each message`(schema: Schema, wireType: UInt64) throws {
        for number: UInt64 in [17, 1000, (1 << 29) - 1] {
            let content: [UInt8] = .field(number, wireType: wireType)
            let request = schema.request(holding: content + content)
            #expect(try walkRequest(request) == (try walkRequest(schema.request(holding: []))))
            #expect(
                TraceModel(views: request) == TraceModel(views: schema.request(holding: [])))
        }
    }

    @Test func `the reserved field 1000 of ResourceSpans is skipped beside spans`() throws {
        let spans = [UInt8].field(2, bytes: .field(2, bytes: .span()))
        let request = [UInt8].field(
            1, bytes: .field(1000, bytes: [0xff, 0xff]) + spans + .field(1000, varint: 1))
        #expect(try walkRequest(request) == RequestSummary(taken: 1))
    }

    @Test func `the reserved field 1 of Status is skipped in any wire type`() throws {
        for wireType: UInt64 in [0, 1, 2, 3, 5] {
            let request = Schema.status.request(holding: .field(1, wireType: wireType))
            #expect(try walkRequest(request).spans == 1)
        }
    }

    @Test func `fields inside an unknown group are not held against the schema`() throws {
        let group = [UInt8].group(1000, .field(1, varint: 5) + .field(2, fixed32: 1))
        #expect(try walkRequest(Schema.span.request(holding: .span(group))).spans == 1)
    }

    @Test func `the sample cut at each byte is refused or whole, and read without a trap`() {
        let sample = [UInt8].sample
        for length in sample.indices {
            let cut = Array(sample[..<length])
            #expect((try? walkRequest(cut)) == (length == 0 ? RequestSummary(taken: 0) : nil))
            _ = TraceModel(viewsOfAnything: cut)
        }
    }

    @Test func `a span cut at each byte is refused, or a shorter span`() throws {
        let span = [UInt8].span(
            .field(5, text: "name") + .field(7, fixed64: 1) + .field(9, bytes: []) + .group(99))
        for length in span.indices {
            let request = [UInt8].request(Array(span[..<length]))
            guard let summary = try? walkRequest(request) else { continue }
            #expect(summary.spans + summary.rejected == 1)
            #expect(TraceModel(views: request).spans.count == 1)
        }
    }

    @Test func `the sample with each byte changed is read without a trap, whatever the walk says`()
    {
        for index in [UInt8].sample.indices {
            for flip: UInt8 in [0x01, 0x04, 0x80, 0xff] {
                var bytes = [UInt8].sample
                bytes[index] ^= flip
                _ = try? walkRequest(bytes)
                _ = TraceModel(viewsOfAnything: bytes)
            }
        }
    }

    @Test func `a million empty resources are read to the end`() throws {
        let request = [UInt8].repeated([0x0a, 0], 1_000_000)
        #expect(try walkRequest(request) == RequestSummary(taken: 0))
        var cursor = RequestCursor()
        #expect(cursor.next(in: request.span) == nil)
    }

    @Test func `a million empty spans are rejected one by one`() throws {
        let request = Self.emptySpans(1_000_000)
        #expect(
            try walkRequest(request)
                == RequestSummary(taken: 0, rejected: [.traceID: 1_000_000]))
        var cursor = RequestCursor()
        var count = 0
        while cursor.next(in: request.span) != nil { count += 1 }
        #expect(count == 1_000_000)
    }

    @Test func `the span after the millionth is refused with its offset`() {
        let request = Self.emptySpans(1_000_001)
        expectError(request, request.count - 2, .tooManySpans(limit: 1_000_000))
    }

    @Test func `spans are counted over all resources`() {
        let request = Self.emptySpans(999_999) + .request([], [])
        expectError(request, request.count - 2, .tooManySpans(limit: 1_000_000))
    }

    @Test(arguments: [Schema.resource, .scope])
    func `a resource or scope of 64 KiB is taken and one of a byte more is refused`(
        schema: Schema
    ) throws {
        let field =
            schema == .resource ? "resource_spans.resource" : "resource_spans.scope_spans.scope"
        func content(_ size: Int) -> [UInt8] {
            .field(99, bytes: Array(repeating: 0, count: size - 5))
        }
        #expect(content(65_536).count == 65_536)
        _ = try walkRequest(schema.request(holding: content(65_536)))
        let request = schema.request(holding: content(65_537))
        expectError(
            request, request.count - 65_537,
            .tooLarge(field: field, limit: 65_536, seen: 65_537))
    }

    private static func emptySpans(_ count: Int) -> [UInt8] {
        let spans = [UInt8].repeated([0x12, 0], count)
        return .field(1, bytes: .field(2, bytes: spans))
    }
}
