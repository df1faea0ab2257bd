import OTLP
import TestKit

/// A request as protobuf's own encoders would write it: fields in the order of their numbers, no
/// defaults outside the oneof, minimal varints, nothing that the schema does not know.
///
/// Written from the `.proto` files, not from what it tests.
package enum CanonicalForm {
    /// What a field holds: a message by its name here, or something that is nothing where it is
    /// zero or empty. `repeated` lists keep what is empty.
    private enum Kind {
        case value, repeated
        case message(String)
    }

    private static let schema: [String: [UInt32: Kind]] = [
        "request": [1: .message("resourceSpans")],
        "resourceSpans": [1: .message("resource"), 2: .message("scopeSpans"), 3: .value],
        "resource": [1: .message("keyValue"), 2: .value, 3: .message("entityRef")],
        "entityRef": [1: .value, 2: .value, 3: .repeated, 4: .repeated],
        "scopeSpans": [1: .message("scope"), 2: .message("span"), 3: .value],
        "scope": [1: .value, 2: .value, 3: .message("keyValue"), 4: .value],
        "span": [
            1: .value, 2: .value, 3: .value, 4: .value, 5: .value, 6: .value, 7: .value, 8: .value,
            9: .message("keyValue"), 10: .value, 11: .message("event"), 12: .value,
            13: .message("link"), 14: .value, 15: .message("status"), 16: .value,
        ],
        "event": [1: .value, 2: .value, 3: .message("keyValue"), 4: .value],
        "link": [
            1: .value, 2: .value, 3: .value, 4: .message("keyValue"), 5: .value, 6: .value,
        ],
        "status": [2: .value, 3: .value],
        "keyValue": [1: .value, 2: .message("anyValue")],
        // The members of the oneof are kept whatever they are.
        "anyValue": [
            1: .repeated, 2: .repeated, 3: .repeated, 4: .repeated, 5: .message("array"),
            6: .message("map"), 7: .repeated,
        ],
        "array": [1: .message("anyValue")],
        "map": [1: .message("keyValue")],
    ]

    package static func of(_ request: [UInt8]) -> [UInt8] {
        of(Slice(0, request.count), "request", request)
    }

    private static func of(_ range: Slice, _ message: String, _ bytes: [UInt8]) -> [UInt8] {
        var fields: [(number: UInt32, bytes: [UInt8])] = []
        var position = range.start
        while let field = bytes.span.nextField(at: &position, before: range.end) {
            let number = field.tag >> 3
            guard let kind = schema[message]?[number] else { continue }
            fields.append((number, written(field, kind, bytes)))
        }
        // Equal numbers keep their order.
        return fields.enumerated()
            .sorted { ($0.element.number, $0.offset) < ($1.element.number, $1.offset) }
            .flatMap(\.element.bytes)
    }

    private static func written(_ field: WireField, _ kind: Kind, _ bytes: [UInt8]) -> [UInt8] {
        let number = UInt64(field.tag >> 3)
        let content = Array(bytes[field.content.start..<field.content.end])
        switch kind {
        case .message(let inner): return .field(number, bytes: of(field.content, inner, bytes))
        case .value where field.bits == 0 && content.isEmpty: return []
        case .value, .repeated: break
        }
        return switch field.tag & 7 {
        case 0: .field(number, varint: field.bits)
        case 1: .field(number, fixed64: field.bits)
        case 5: .field(number, fixed32: UInt32(field.bits))
        default: .field(number, bytes: content)
        }
    }
}
