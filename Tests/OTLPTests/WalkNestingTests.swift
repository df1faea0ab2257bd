import OracleKit
import TestKit
import Testing

@testable import OTLP

struct WalkNestingTests {
    /// What a level of an attribute value may be.
    enum Level: CaseIterable {
        case array, map
        /// Both in turn.
        case mixed

        func isMap(_ level: Int) -> Bool {
            self == .map || self == .mixed && level.isMultiple(of: 2)
        }
    }

    @Test(arguments: Level.allCases)
    func `64 levels of values are taken and read to the bottom`(kind: Level) throws {
        let request = [UInt8].request(attributeValue: Self.nested(kind, levels: 64))
        #expect(try walkRequest(request) == RequestSummary(taken: 1))
        var value = try #require(TraceModel(views: request).spans.first?.attributes.first?.value)
        for _ in 0..<64 {
            switch value {
            case .array(let items): value = try #require(items.first)
            case .map(let pairs): value = try #require(pairs.first?.value)
            default: Issue.record("\(value) above the bottom")
            }
        }
        #expect(value == .int(7))
    }

    @Test(arguments: Level.allCases)
    func `the 65th level of values is refused with the offset of its content`(kind: Level) {
        let request = [UInt8].request(attributeValue: Self.nested(kind, levels: 65))
        let innermost: [UInt8] = kind.isMap(64) ? [10, 4, 18, 2, 24, 7] : [10, 2, 24, 7]
        #expect(request.suffix(innermost.count) == innermost[...])
        expectError(request, request.count - innermost.count, .tooDeep(limit: 64))
    }

    @Test func `an empty array at the 65th level is refused`() {
        var value = [UInt8].arrayValue()
        for _ in 0..<64 { value = .arrayValue(value) }
        let request = [UInt8].request(attributeValue: value)
        expectError(request, request.count, .tooDeep(limit: 64))
    }

    @Test(arguments: [Schema.resource, .scope, .event, .link, .span])
    func `the limit holds for the attributes of each message`(schema: Schema) throws {
        let number = try #require(
            schema.fields.first { $0.value == .repeated(.message(.keyValue)) }?.key)
        func request(levels: Int) -> [UInt8] {
            let pair = [UInt8].field(2, bytes: Self.nested(.array, levels: levels))
            return schema.request(holding: .field(number, bytes: pair))
        }
        _ = try walkRequest(request(levels: 64))
        expectError(
            request(levels: 65), request(levels: 65).count - 4, .tooDeep(limit: 64))
    }

    @Test func `siblings do not add up to a depth`() throws {
        let many = [UInt8].repeated(
            .field(1, bytes: .arrayValue(.arrayValue(.intValue(1)))), 1000)
        let request = [UInt8].request(attributeValue: .field(5, bytes: many))
        #expect(try walkRequest(request).spans == 1)
    }

    @Test(arguments: Level.allCases)
    func `20,000 levels of values are refused`(kind: Level) {
        let request = [UInt8].request(attributeValue: Self.nested(kind, levels: 20_000))
        #expect(throws: WireError.self) { try walkRequest(request) }
    }

    @Test func `64 levels of groups are skipped and the 65th is refused`() throws {
        func groups(_ levels: Int) -> [UInt8] {
            Array(repeating: 0x13, count: levels) + Array(repeating: 0x14, count: levels)
        }
        #expect(try walkRequest(groups(64)) == RequestSummary(taken: 0))
        expectError(groups(65), 64, .tooDeep(limit: 64))
        expectError(groups(20_000), 64, .tooDeep(limit: 64))
        expectError(Array(repeating: 0x13, count: 20_000), 64, .tooDeep(limit: 64))
    }

    @Test(arguments: Schema.allCases)
    func `64 levels of groups are skipped in each message`(schema: Schema) throws {
        let levels = 64
        let start: [UInt8] = .tag(200, 3)
        let groups =
            [UInt8].repeated(start, levels) + .repeated(.tag(200, 4), levels)
        _ = try walkRequest(schema.request(holding: groups))
        let deeper = start + groups + .tag(200, 4)
        let request = schema.request(holding: deeper)
        expectError(
            request, schema.offset(in: request, of: deeper) + 64 * start.count,
            .tooDeep(limit: 64))
    }

    /// An `AnyValue` with `levels` of lists around the number 7, built from the inside out so that
    /// it takes time in proportion to its length.
    private static func nested(_ kind: Level, levels: Int) -> [UInt8] {
        var reversed: [UInt8] = [UInt8].intValue(7).reversed()
        func wrap(_ number: UInt64) {
            reversed += ([UInt8].tag(number, 2) + .varint(UInt64(reversed.count))).reversed()
        }
        for level in stride(from: levels - 1, through: 0, by: -1) {
            if kind.isMap(level) { wrap(2) }
            wrap(1)
            wrap(kind.isMap(level) ? 6 : 5)
        }
        return reversed.reversed()
    }
}
