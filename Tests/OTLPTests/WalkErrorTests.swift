import OracleKit
import TestKit
import Testing

@testable import OTLP

/// Each reason for which a whole body is refused, with the byte that is to blame. The bytes stand
/// at the top of a request, in which field 1 is known and all else is not.
struct WalkErrorTests {
    @Test(
        arguments: [
            // a tag, a varint, a length, eight bytes and four bytes that are not all there
            ([0x80], 0), ([0x10], 1), ([0x10, 0x80, 0x80], 1), ([0x12], 1), ([0x12, 0xff], 1),
            ([0x11, 0, 0, 0, 0, 0, 0, 0], 1), ([0x15, 0, 0, 0], 1), ([0x13, 0x10], 2),
            ([0x0a, 0x01, 0x0a], 3), ([0x0a, 0x02, 0x12, 0x80], 3),
        ] as [([UInt8], Int)])
    func `bytes that end inside a field are refused`(bytes: [UInt8], offset: Int) {
        expectError(bytes, offset, .truncated)
    }

    @Test func `a varint of ten bytes that fits into 64 bits is taken`() throws {
        _ = try walkRequest(.field(2, varint: .max))
        _ = try walkRequest([0x10] + .varint(0, paddedTo: 10))
    }

    @Test func `a varint of ten bytes above 64 bits is refused with its offset`() {
        let nine = [UInt8](repeating: 0x80, count: 9)
        expectError([0x10] + nine + [0x02], 1, .varintTooLong)
        expectError([0x12] + nine + [0x7f], 1, .varintTooLong)
        expectError(nine + [0x02], 0, .varintTooLong)
    }

    @Test func `a varint of eleven bytes is refused with its offset`() {
        expectError([0x10] + .varint(1, paddedTo: 11), 1, .varintTooLong)
        expectError([0x10, 0, 0x12] + .varint(1, paddedTo: 11), 3, .varintTooLong)
        expectError(.varint(16, paddedTo: 11) + [0], 0, .varintTooLong)
    }

    @Test func `a length past the end is refused with the bytes that are missing`() {
        expectError([0x12, 5, 1, 2], 1, .lengthPastEnd(by: 3))
        expectError([0x12, 1], 1, .lengthPastEnd(by: 1))
        expectError([0x12] + .varint(.max), 1, .lengthPastEnd(by: .max))
        expectError([0x12] + .varint(.max) + [1, 2], 1, .lengthPastEnd(by: .max - 2))
        expectError([0x12] + .varint(1 << 63), 1, .lengthPastEnd(by: 1 << 63))
    }

    @Test func `a length past the end of the message around it is refused although bytes follow`() {
        let inner: [UInt8] = [0x1a, 3, 0, 0]
        expectError(.field(1, bytes: inner) + [0x10, 0], 3, .lengthPastEnd(by: 1))
    }

    @Test(arguments: Schema.allCases)
    func `a length past the end is refused in each message`(schema: Schema) {
        let content: [UInt8] = .tag(200, 2) + .varint(9) + [1, 2]
        let request = schema.request(holding: content)
        expectError(
            request, schema.offset(in: request, of: content) + 2, .lengthPastEnd(by: 7))
    }

    @Test func `field numbers run from 1 to 2 to the 29th less 1`() throws {
        _ = try walkRequest(.field((1 << 29) - 1, varint: 0))
        expectError(.field(1 << 29, varint: 0), 0, .fieldNumber(1 << 29))
        expectError([0x10, 0] + .field(.max >> 3, varint: 0), 2, .fieldNumber(.max >> 3))
        for wireType: UInt64 in 0...7 {
            expectError(.tag(0, wireType) + [0, 0], 0, .fieldNumber(0))
            expectError(.tag(1 << 29, wireType) + [0, 0], 0, .fieldNumber(1 << 29))
        }
    }

    @Test(arguments: Schema.allCases)
    func `field 0 is refused in each message`(schema: Schema) {
        let request = schema.request(holding: [0, 0])
        expectError(request, request.count - 2, .fieldNumber(0))
    }

    @Test(arguments: Schema.allCases, [6, 7] as [UInt64])
    func `wire types 6 and 7 are refused in each message`(schema: Schema, wireType: UInt64) {
        for number: UInt64 in [1, 2, 200] {
            let content: [UInt8] = .tag(number, wireType) + [0]
            let request = schema.request(holding: content)
            expectError(
                request, schema.offset(in: request, of: content),
                .wireType(UInt8(wireType), field: number))
        }
    }

    @Test func `wire types 6 and 7 are refused inside a group`() {
        expectError([0x13, 0x16, 0x14], 1, .wireType(6, field: 2))
        expectError([0x13, 0x1f, 0x14], 1, .wireType(7, field: 3))
    }

    @Test(arguments: Schema.allCases)
    func `a known field in another wire type is refused`(schema: Schema) {
        for (number, kind) in schema.fields {
            for wireType: UInt64 in 0...5 where wireType != kind.wireType {
                let content: [UInt8] = .field(number, wireType: wireType)
                let request = schema.request(holding: content)
                expectError(
                    request, schema.offset(in: request, of: content),
                    .unexpectedWireType(
                        UInt8(wireType), field: "\(schema.rawValue) field \(number)"))
            }
        }
    }

    @Test func `the end of a group without its start is refused`() {
        expectError([0x14], 0, .strayEndGroup(field: 2))
        expectError([0x10, 0, 0x1c], 2, .strayEndGroup(field: 3))
        let request = Schema.status.request(holding: [0x0c])
        expectError(request, request.count - 1, .strayEndGroup(field: 1))
    }

    @Test func `a group that ends with another number is refused`() {
        expectError([0x13, 0x1c], 1, .strayEndGroup(field: 3))
        expectError([0x13, 0x1b, 0x14, 0x1c], 2, .strayEndGroup(field: 2))
    }

    @Test func `a group that is never ended is refused with the offset of its start`() {
        expectError([0x13], 0, .unendedGroup(field: 2))
        expectError([0x10, 0, 0x13, 0x1b, 0x1c], 2, .unendedGroup(field: 2))
        let request = Schema.event.request(holding: [0x2b]) + [0x2c]
        expectError(request, request.count - 2, .unendedGroup(field: 5))
    }

    @Test(
        arguments: [
            (.truncated, "the bytes end inside a field, at byte 7"),
            (.varintTooLong, "the varint at byte 7 is longer than 64 bits"),
            (.lengthPastEnd(by: 3), "the field at byte 7 is 3 bytes longer than what contains it"),
            (
                .fieldNumber(0), "byte 7 names field 0; field numbers run from 1 to 536870911"
            ),
            (.wireType(6, field: 2), "field 2 at byte 7 has wire type 6, which does not exist"),
            (
                .unexpectedWireType(0, field: "Span field 5"),
                "Span field 5 at byte 7 has wire type 0, which its schema does not allow"
            ),
            (.strayEndGroup(field: 9), "byte 7 ends a group of field 9 that was not begun"),
            (.unendedGroup(field: 9), "the group of field 9 at byte 7 is never ended"),
            (.tooDeep(limit: 64), "the value at byte 7 is nested deeper than 64 levels"),
            (
                .tooManySpans(limit: 5),
                "the span at byte 7 is one more than the 5 that a request may hold"
            ),
            (
                .tooLarge(field: "r", limit: 5, seen: 6), "r at byte 7 has 6 bytes; the limit is 5"
            ),
        ] as [(WireError.Reason, String)])
    func `an error reads as a sentence`(reason: WireError.Reason, sentence: String) {
        #expect(WireError(offset: 7, reason: reason).description == sentence)
    }

    @Test func `an error names the field that a BadRequest is about`() {
        #expect(WireError(offset: 0, reason: .truncated).field == "body")
        #expect(
            WireError(offset: 0, reason: .unexpectedWireType(0, field: "Span field 5")).field
                == "Span field 5")
        #expect(
            WireError(offset: 0, reason: .tooManySpans(limit: 1)).field
                == "resource_spans.scope_spans.spans")
        #expect(
            WireError(offset: 0, reason: .tooLarge(field: "r", limit: 1, seen: 2)).field == "r")
    }
}
