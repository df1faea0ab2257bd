import OracleKit
import TestKit
import Testing

@testable import OTLP

/// What the views read where an encoder does something that few do. The oracle compares the rest.
struct ViewTests {
    @Test func `numbers beyond 32 bits are cut and negative enums are kept`() throws {
        let span = try Self.read(
            .span(
                .field(6, varint: .max) + .field(10, varint: 0x1_0000_0007)
                    + .field(15, bytes: .field(3, varint: UInt64(bitPattern: -5)))))
        #expect(span.kind == -1)
        #expect(span.dropped == [7, 0, 0])
        #expect(span.statusCode == -5)
    }

    @Test func `of a scalar given twice the last counts, an empty one too`() throws {
        let span = try Self.read(
            .span(
                .field(5, text: "a") + .field(5, text: "") + .field(7, fixed64: 1)
                    + .field(7, fixed64: 2) + .field(16, fixed32: 1) + .field(16, fixed32: 0)))
        #expect(span.name == [])
        #expect(span.start == 2)
        #expect(span.flags == 0)
    }

    @Test func `two statuses of one span are merged`() throws {
        let span = try Self.read(
            .span(
                .field(15, bytes: .field(3, varint: 2))
                    + .field(15, bytes: .field(2, text: "broken"))))
        #expect(span.statusCode == 2)
        #expect(span.statusMessage == Array("broken".utf8))
    }

    @Test func `two resources of one group are merged`() throws {
        let first: [UInt8] =
            .field(1, bytes: .keyValue("a", .intValue(1))) + .field(2, varint: 3)
        let second: [UInt8] = .field(1, bytes: .keyValue("b", .intValue(2)))
        let spans: [UInt8] = .field(2, bytes: .field(2, bytes: .span()))
        let request: [UInt8] = .field(
            1, bytes: .field(1, bytes: first) + spans + .field(1, bytes: second))
        _ = try walkRequest(request)
        let resource = try #require(TraceModel(views: request).spans.first?.resource)
        #expect(resource.attributes.map(\.key) == [[0x61], [0x62]])
        #expect(resource.dropped == 3)
    }

    @Test func `of several members of one value the last counts`() throws {
        #expect(try Self.value(.intValue(1) + .stringValue("s")) == .string([0x73]))
        #expect(try Self.value(.stringValue("s") + .arrayValue()) == .array([]))
        #expect(try Self.value(.mapValue() + .field(2, varint: 0)) == .bool(false))
    }

    @Test func `two values of one attribute are merged, and an empty one changes nothing`() throws {
        func attribute(_ values: [UInt8]...) throws -> ValueModel? {
            let pair: [UInt8] = values.flatMap { [UInt8].field(2, bytes: $0) }
            return try Self.read(.span(.field(9, bytes: pair))).attributes.first?.value
        }
        #expect(try attribute(.intValue(1), .stringValue("s")) == .string([0x73]))
        #expect(try attribute(.intValue(1), []) == .int(1))
        #expect(try attribute([], []) == .empty)
        #expect(try attribute() == .empty)
    }

    /// Where we depart from protobuf: its merge would join the two arrays. No encoder writes this,
    /// and a view that points into the body cannot say it.
    @Test func `of two arrays in one value the last is read alone`() throws {
        let two = [UInt8].arrayValue(.intValue(1)) + .arrayValue(.intValue(2))
        #expect(try Self.value(two) == .array([.int(2)]))
    }

    @Test func `any number but zero is true`() throws {
        for number: UInt64 in [1, 2, 1 << 32, .max] {
            #expect(try Self.value(.field(2, varint: number)) == .bool(true))
        }
    }

    @Test func `string indices of profiles count as absent`() throws {
        #expect(try Self.value(.field(8, varint: 3)) == .empty)
        #expect(try Self.value(.stringValue("s") + .field(8, varint: 3)) == .string([0x73]))
        let span = try Self.read(
            .span(.field(9, bytes: .field(3, varint: 4) + .field(2, bytes: .intValue(1)))))
        #expect(span.attributes == [PairModel(key: [], value: .int(1))])
    }

    @Test(
        arguments: [
            0, 1, 0x7ff0_0000_0000_0000, 0x7ff8_0000_0000_0001, 0x8000_0000_0000_0000, .max,
        ] as [UInt64])
    func `a double keeps its bits`(bits: UInt64) throws {
        #expect(try Self.value(.field(4, fixed64: bits)) == .double(bits))
    }

    @Test(arguments: [.min, -1, 0, 1, .max] as [Int64])
    func `an integer keeps its sign`(value: Int64) throws {
        #expect(try Self.value(.intValue(value)) == .int(value))
    }

    @Test func `text is kept byte by byte, NULs and broken UTF-8 included`() throws {
        let bytes: [UInt8] = [0, 0xff, 0xc0, 0x80, 0]
        #expect(try Self.value(.field(1, bytes: bytes)) == .string(bytes))
    }

    @Test func `a view that has read a full span forgets it for an empty one`() {
        let sample = [UInt8].sample
        var view = SpanView()
        var cursor = RequestCursor()
        while let range = cursor.next(in: sample.span) { view.read(range, in: sample.span) }
        view.read(.empty, in: sample.span)
        #expect(view.rejection == .traceID)
        #expect(view.attributes.isEmpty && view.events.isEmpty && view.links.isEmpty)
        let slices = [
            view.traceID, view.spanID, view.parentSpanID, view.name, view.traceState,
            view.statusMessage,
        ]
        #expect(slices.allSatisfy { $0 == .empty })
        #expect(view.kind == 0 && view.statusCode == 0 && view.flags == 0)
        #expect(view.startTimeUnixNano == 0 && view.endTimeUnixNano == 0)
        #expect(view.droppedAttributesCount == 0 && view.droppedEventsCount == 0)
        #expect(view.droppedLinksCount == 0)
    }

    @Test func `a slice knows its size`() {
        #expect(Slice(3, 7).count == 4)
        #expect(Slice(3, 7).start == 3 && Slice(3, 7).end == 7)
        #expect(Slice(5, 5).isEmpty && Slice.empty.isEmpty && !Slice(3, 7).isEmpty)
    }

    private static func value(_ any: [UInt8]) throws -> ValueModel? {
        try read(.span(.field(9, bytes: .keyValue("k", any)))).attributes.first?.value
    }

    private static func read(_ span: [UInt8]) throws -> SpanModel {
        let request = [UInt8].request(span)
        #expect(try walkRequest(request).spans == 1)
        return try #require(TraceModel(views: request).spans.first)
    }
}
