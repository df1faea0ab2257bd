import OTLP
import OracleKit
import TestKit

/// A request taken apart by its schema, so that a part of it can be changed and all lengths around
/// it follow. What is no field is left out.
struct WireTree {
    enum Content {
        case message(Schema, [WireTree])
        /// As it stands behind tag and length.
        case bytes([UInt8])
    }

    let number: UInt64
    let wireType: UInt64
    var content: Content

    static func parse(_ bytes: [UInt8]) -> WireTree {
        WireTree(
            number: 0, wireType: 2,
            content: .message(
                .request, fields(Slice(0, bytes.count), .request, bytes, depth: 0)))
    }

    private static func fields(
        _ range: Slice, _ schema: Schema, _ bytes: [UInt8], depth: Int
    ) -> [WireTree] {
        var trees: [WireTree] = []
        var position = range.start
        while let field = bytes.span.nextField(at: &position, before: range.end) {
            let number = UInt64(field.tag >> 3)
            guard number > 0 else { continue }
            var kind = schema.fields[number]
            if case .repeated(let item) = kind { kind = item }
            let content: Content
            if case .message(let inner) = kind, field.tag & 7 == 2, depth < 40 {
                content = .message(
                    inner, fields(field.content, inner, bytes, depth: depth + 1))
            } else {
                content = .bytes(value(field, bytes))
            }
            trees.append(
                WireTree(number: number, wireType: UInt64(field.tag & 7), content: content))
        }
        return trees
    }

    private static func value(_ field: WireField, _ bytes: [UInt8]) -> [UInt8] {
        switch field.tag & 7 {
        case 0: .varint(field.bits)
        case 2: Array(bytes[field.content])
        case let type:
            (0..<(type == 1 ? 8 : 4)).map {
                UInt8(truncatingIfNeeded: field.bits >> (8 * UInt64($0)))
            }
        }
    }

    /// What stands behind the tag, without its length.
    var encoded: [UInt8] {
        switch content {
        case .bytes(let bytes): bytes
        case .message(_, let fields):
            fields.flatMap { field -> [UInt8] in
                let content = field.encoded
                return .tag(field.number, field.wireType)
                    + (field.wireType == 2 ? .varint(UInt64(content.count)) : []) + content
            }
        }
    }

    /// Of this message and of all messages in it.
    var schemas: [Schema] {
        guard case .message(let schema, let fields) = content else { return [] }
        return [schema] + fields.flatMap(\.schemas)
    }

    /// How many fields are in it, at any depth.
    var count: Int {
        guard case .message(_, let fields) = content else { return 0 }
        return fields.reduce(fields.count) { $0 + $1.count }
    }

    /// The message of the type `schema` that comes as number `index` among them.
    func message(_ schema: Schema, _ index: inout Int) -> WireTree? {
        guard case .message(let own, let fields) = content else { return nil }
        if own == schema {
            if index == 0 { return self }
            index -= 1
        }
        for field in fields {
            if let found = field.message(schema, &index) { return found }
        }
        return nil
    }

    /// Has `edit` change the list in which the field number `index` stands.
    mutating func edit(
        _ index: inout Int, _ edit: (_ fields: inout [WireTree], _ place: Int) -> Void
    ) {
        guard case .message(let schema, var fields) = content else { return }
        for place in fields.indices where index >= 0 {
            if index == 0 {
                index = -1
                edit(&fields, place)
                break
            }
            index -= 1
            fields[place].edit(&index, edit)
        }
        content = .message(schema, fields)
    }
}
