import Foundation

@testable import MastraRecords

/// A JSON value by what it says, to compare two parsers.
enum JSONValue: Hashable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])
}

extension JSONValue {
    /// As `JSONTree` has parsed it, or nil where it has not.
    init?(tree bytes: [UInt8]) {
        let parsed = ParsedText(bytes)
        guard parsed.isJSON else { return nil }
        self.init(parsed, 0)
    }

    private init(_ parsed: ParsedText, _ index: Int) {
        let node = parsed.tree.nodes[index]
        let (start, end) = (Int(node.start), Int(node.end))
        switch node.kind {
        case .null: self = .null
        case .bool: self = .bool(end - start == 4)
        case .number: self = .number(Double(parsed.raw(index)) ?? .nan)
        case .string: self = .string(Self.text(parsed.bytes, start + 1, end - 1))
        case .array: self = .array(parsed.children(of: index).map { JSONValue(parsed, $0) })
        case .object:
            var members: [String: JSONValue] = [:]
            for item in parsed.children(of: index) {
                let member = parsed.tree.nodes[item]
                let key = Self.text(parsed.bytes, Int(member.keyStart), Int(member.keyEnd))
                members[key] = JSONValue(parsed, item)
            }
            self = .object(members)
        }
    }

    private static func text(_ bytes: [UInt8], _ start: Int, _ end: Int) -> String {
        var text: [UInt8] = []
        JSONUnescape.append(bytes.span, start, end, to: &text)
        return String(decoding: text, as: UTF8.self)
    }
}

extension JSONValue {
    /// As `JSONSerialization` has parsed it, or nil where it has not.
    init?(foundation bytes: [UInt8]) {
        let value = try? JSONSerialization.jsonObject(
            with: Data(bytes), options: [.fragmentsAllowed])
        guard let value else { return nil }
        self.init(value)
    }

    private init(_ value: Any) {
        switch value {
        case let items as [Any]: self = .array(items.map { JSONValue($0) })
        case let members as [String: Any]: self = .object(members.mapValues { JSONValue($0) })
        case let text as String: self = .string(text)
        case let number as NSNumber where String(cString: number.objCType) == "c":
            self = .bool(number.boolValue)
        case let number as NSNumber: self = .number(number.doubleValue)
        default: self = .null
        }
    }
}

extension JSONValue {
    /// Equality, of numbers to within a few units in the last place.
    static func areAlike(_ one: JSONValue?, _ other: JSONValue?) -> Bool {
        switch (one, other) {
        case (.number(let one), .number(let other)):
            one == other || abs(one - other) <= 8 * max(one.magnitude.ulp, other.magnitude.ulp)
        case (.array(let one), .array(let other)):
            one.count == other.count && zip(one, other).allSatisfy { areAlike($0, $1) }
        case (.object(let one), .object(let other)):
            one.count == other.count && one.allSatisfy { areAlike($1, other[$0]) }
        default: one == other
        }
    }
}
