import OracleKit
import TestKit
import Testing

@testable import OTLP

struct SpanRejectionTests {
    @Test(
        arguments: [
            [], Array(repeating: 0, count: 16), Array(repeating: 1, count: 15),
            Array(repeating: 1, count: 17), [1, 2, 3, 4, 5, 6, 7, 8],
        ] as [[UInt8]])
    func `a span with a bad trace id is rejected and its neighbours are kept`(
        id: [UInt8]
    ) throws {
        let request = [UInt8].request(.span(), .span(traceID: id), .span())
        #expect(try walkRequest(request) == RequestSummary(taken: 2, rejected: [.traceID: 1]))
        #expect(Self.rejections(request) == [nil, .traceID, nil])
    }

    @Test(
        arguments: [
            [], Array(repeating: 0, count: 8), Array(repeating: 1, count: 7),
            Array(repeating: 1, count: 9), Array(repeating: 1, count: 16),
        ] as [[UInt8]])
    func `a span with a bad span id is rejected and its neighbours are kept`(
        id: [UInt8]
    ) throws {
        let request = [UInt8].request(.span(), .span(spanID: id), .span())
        #expect(try walkRequest(request) == RequestSummary(taken: 2, rejected: [.spanID: 1]))
        #expect(Self.rejections(request) == [nil, .spanID, nil])
    }

    @Test func `of a span with too many attributes no more are kept than the limit`() throws {
        let empty: [UInt8] = [0x4a, 0x00, 0x5a, 0x00, 0x6a, 0x00]
        let span = [UInt8].span() + [UInt8].repeated(empty, WalkLimits.maxAttributes + 1000)
        let request = [UInt8].request(span)
        #expect(try walkRequest(request).rejected == 1)
        var cursor = RequestCursor()
        var view = SpanView()
        let found = cursor.next(in: request.span)
        view.read(try #require(found), in: request.span)
        #expect(view.rejection == .attributeCount)
        #expect(view.attributes.count == WalkLimits.maxAttributes)
        #expect(view.events.count == WalkLimits.maxEvents)
        #expect(view.links.count == WalkLimits.maxEvents)
    }

    @Test func `resources that are merged are limited together, schema URL included`() throws {
        let part = [UInt8].field(1, bytes: .field(1, bytes: .keyValue("k", .stringValue("v"))))
        let url = [UInt8].field(3, text: String(repeating: "u", count: WalkLimits.maxContextBytes))
        #expect(try walkRequest(.field(1, bytes: url)).spans == 0)
        let error = #expect(throws: WireError.self) {
            try walkRequest(.field(1, bytes: part + url))
        }
        #expect(error?.field == "resource_spans.resource")
    }

    @Test func `what records repeat is limited for the whole request`() throws {
        let url = [UInt8].field(3, text: String(repeating: "u", count: WalkLimits.maxContextBytes))
        let spans = WalkLimits.maxRepeatedContextBytes / WalkLimits.maxContextBytes
        func group(_ count: Int) -> [UInt8] {
            let scope = [UInt8].repeated(.field(2, bytes: .span()), count)
            return .field(1, bytes: .field(2, bytes: scope) + url)
        }
        #expect(try walkRequest(group(spans)).spans == spans)
        #expect(throws: WireError.self) { try walkRequest(group(spans + 1)) }
    }

    @Test func `one bit anywhere makes an id`() throws {
        for index in 0..<16 {
            var traceID = [UInt8](repeating: 0, count: 16)
            traceID[index] = 0x80
            var spanID = [UInt8](repeating: 0, count: 8)
            spanID[index % 8] = 1
            let request = [UInt8].request(.span(traceID: traceID, spanID: spanID))
            #expect(try walkRequest(request).spans == 1)
        }
    }

    @Test func `ids at the very end of the body are read`() throws {
        let request = [UInt8].request(.field(1, bytes: .traceID) + .field(2, bytes: .spanID))
        #expect(request.suffix(8) == [UInt8].spanID[...])
        #expect(try walkRequest(request).spans == 1)
    }

    @Test func `the last of several ids counts`() throws {
        let late = [UInt8].request(.span(.field(1, bytes: [])), .field(1, bytes: []) + .span())
        #expect(try walkRequest(late) == RequestSummary(taken: 1, rejected: [.traceID: 1]))
        #expect(Self.rejections(late) == [.traceID, nil])
    }

    @Test func `a parent id is not checked`() throws {
        let request = [UInt8].request(.span(.field(4, bytes: [1, 2, 3])))
        #expect(try walkRequest(request).spans == 1)
    }

    @Test(
        arguments: [
            (Schema.span, [9]), (.event, [11, 3]), (.link, [13, 4]),
        ] as [(Schema, [UInt64])])
    func `65,536 attributes are taken and one more rejects the span`(
        schema: Schema, path: [UInt64]
    ) throws {
        func span(_ count: Int) -> [UInt8] {
            var content = Self.empties(path[path.count - 1], count)
            if path.count > 1 { content = .field(path[0], bytes: content) }
            return .span(content)
        }
        let request = [UInt8].request(span(65_536), span(65_537), .span())
        #expect(
            try walkRequest(request) == RequestSummary(taken: 2, rejected: [.attributeCount: 1]))
        #expect(Self.rejections(request) == [nil, .attributeCount, nil])
    }

    @Test func `attributes of several events do not add up`() throws {
        let event = [UInt8].field(11, bytes: Self.empties(3, 40_000))
        let request = [UInt8].request(.span(event + event))
        #expect(try walkRequest(request).spans == 1)
        #expect(Self.rejections(request) == [nil])
    }

    @Test func `a huge event of one attribute is taken`() throws {
        let name = [UInt8](repeating: 0x61, count: 200_000)
        let request = [UInt8].request(.span(.field(11, bytes: .field(2, bytes: name))))
        #expect(try walkRequest(request).spans == 1)
        #expect(Self.rejections(request) == [nil])
    }

    @Test(arguments: [11, 13] as [UInt64])
    func `65,536 events or links are taken and one more rejects the span`(
        field: UInt64
    ) throws {
        let request = [UInt8].request(
            .span(Self.empties(field, 65_536)), .span(Self.empties(field, 65_537)), .span())
        #expect(try walkRequest(request) == RequestSummary(taken: 2, rejected: [.eventCount: 1]))
        #expect(Self.rejections(request) == [nil, .eventCount, nil])
    }

    @Test func `rejections are told in one sentence a reason`() throws {
        let request = [UInt8].request(
            .span(traceID: []), .span(traceID: [1]), .span(spanID: []), .span())
        let summary = try walkRequest(request)
        #expect(summary == RequestSummary(taken: 1, rejected: [.traceID: 2, .spanID: 1]))
        #expect(summary.rejected == 3)
        #expect(
            summary.rejectionMessage
                == "2 rejected: trace_id is not 16 bytes or all zero; "
                + "1 rejected: span_id is not 8 bytes or all zero")
    }

    @Test func `each reason has words of its own`() {
        #expect(Set(SpanRejection.allCases.map(\.explanation)).count == 4)
        #expect(SpanRejection.allCases.map(\.rawValue) == [0, 1, 2, 3])
    }

    /// `count` empty messages as one repeated field.
    private static func empties(_ field: UInt64, _ count: Int) -> [UInt8] {
        .repeated(.field(field, bytes: []), count)
    }

    private static func rejections(_ request: [UInt8]) -> [SpanRejection?] {
        var cursor = RequestCursor()
        var view = SpanView()
        var rejections: [SpanRejection?] = []
        while let range = cursor.next(in: request.span) {
            view.read(range, in: request.span)
            rejections.append(view.rejection)
        }
        return rejections
    }
}
