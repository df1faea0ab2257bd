import TestKit

/// An `AnyValue` as a test writes it: `"text"`, `12`, `0.5`, `true`, `["a", 1]`, `.bytes([0])`.
enum AttributeValue: Hashable, Sendable {
    case string(String)
    /// A string of any bytes, UTF-8 or not.
    case text([UInt8])
    case int(Int64)
    case double(Double)
    case bool(Bool)
    case bytes([UInt8])
    case array([AttributeValue])
    case map([Attribute])
    /// No member of the oneof.
    case empty

    static func map(_ pairs: KeyValuePairs<String, AttributeValue>) -> AttributeValue {
        .map(pairs.map { Attribute($0.key, $0.value) })
    }

    /// The content of the message.
    var encoded: [UInt8] {
        switch self {
        case .string(let text): .field(1, text: text)
        case .text(let bytes): .field(1, bytes: bytes)
        case .bool(let flag): .field(2, varint: flag ? 1 : 0)
        case .int(let number): .field(3, varint: UInt64(bitPattern: number))
        case .double(let number): .field(4, fixed64: number.bitPattern)
        case .array(let items):
            .field(5, bytes: items.flatMap { [UInt8].field(1, bytes: $0.encoded) })
        case .map(let pairs): .field(6, bytes: pairs.encoded(as: 1))
        case .bytes(let bytes): .field(7, bytes: bytes)
        case .empty: []
        }
    }
}

extension AttributeValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral
{
    init(stringLiteral value: String) { self = .string(value) }
    init(integerLiteral value: Int64) { self = .int(value) }
    init(floatLiteral value: Double) { self = .double(value) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(arrayLiteral elements: AttributeValue...) { self = .array(elements) }
}

/// A `KeyValue`.
struct Attribute: Hashable, Sendable {
    var key: String
    var value: AttributeValue

    init(_ key: String, _ value: AttributeValue) {
        self.key = key
        self.value = value
    }
}

extension [Attribute] {
    init(_ pairs: KeyValuePairs<String, AttributeValue>) {
        self = pairs.map { Attribute($0.key, $0.value) }
    }

    func encoded(as field: UInt64) -> [UInt8] {
        flatMap { pair in
            [UInt8].field(
                field,
                bytes: .field(1, text: pair.key) + .field(2, bytes: pair.value.encoded))
        }
    }
}
