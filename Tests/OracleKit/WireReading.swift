import TestKit

/// A second opinion on bytes, from the encoding guide and `Schema` alone: whether they are a
/// request, in what they are peculiar, and the same request as a plain encoder would write it.
///
/// Slow and simple: it copies, and it reads on past most faults, so that it sees at least as deep
/// as libprotobuf-c would go.
package struct WireReading {
    /// Why our walk has to refuse.
    package enum Refusal: Hashable {
        /// Not protobuf; libprotobuf-c refuses too.
        case malformed
        /// A known field in another wire type; libprotobuf-c refuses too.
        case wireType
        /// As `wireType`, for `AnyValue.bool_value`, whose wire type libprotobuf-c does not check.
        case boolWireType
        /// Above 2^29 - 1, or a padded 0: to libprotobuf-c an unknown field, though neither exists.
        case fieldNumber
        /// A varint above 2^64, which libprotobuf-c cuts off.
        case overflow
        /// Our limit on resources and scopes, which libprotobuf-c does not have.
        case tooLarge
        /// Our limit on nesting. Never shown to libprotobuf-c.
        case tooDeep
        /// A length of 2^31 or more in five bytes. Never shown to libprotobuf-c.
        case hugeLength
    }

    /// What is valid and read by us, but not (or otherwise) by libprotobuf-c 1.4.1.
    package enum Quirk: Hashable {
        /// libprotobuf-c knows no groups; the encoding has them, and they are to be skipped (X16).
        case group
        /// Tags and lengths in more than five bytes, which a varint may have.
        case paddedTag, paddedLength
        /// A singular message twice is to be merged; libprotobuf-c loses the earlier one's numbers.
        case mergedMessage
        /// A string index beside another member; to us it counts as absent (D9), there it wins.
        case stringIndex
    }

    package private(set) var refusals: Set<Refusal> = []
    package private(set) var quirks: Set<Quirk> = []
    /// The request without unknown fields, padding and repetition; of use where nothing is refused.
    package private(set) var plain: [UInt8] = []

    package init(_ bytes: [UInt8]) { plain = rewrite(bytes, .request, depth: 0) }

    package var isAccepted: Bool { refusals.isEmpty }

    /// What libprotobuf-c will say to the original bytes, or nil where it must not be asked.
    package var protobufCAccepts: Bool? {
        guard refusals.isDisjoint(with: [.tooDeep, .hugeLength]),
            !quirks.contains(.mergedMessage)
        else { return nil }
        return refusals.isDisjoint(with: [.malformed, .wireType])
            && quirks.isDisjoint(with: [.group, .paddedTag, .paddedLength])
    }

    /// Whether libprotobuf-c, where it accepts the original bytes, also reads the same from them.
    package var protobufCAgrees: Bool { quirks.isDisjoint(with: [.mergedMessage, .stringIndex]) }
}

// MARK: - Messages

extension WireReading {
    /// Later scalars replace earlier ones, repeated fields join, and so do the bytes of singular
    /// messages: two encodings one after the other are the encoding of the merged message.
    private mutating func rewrite(_ bytes: [UInt8], _ schema: Schema, depth: Int) -> [UInt8] {
        if schema == .resource || schema == .scope, bytes.count > 64 * 1024 {
            refusals.insert(.tooLarge)
        }
        let fields = fields(of: bytes, schema)
        if schema == .anyValue { return member(fields, depth: depth) }
        var output: [UInt8] = []
        for (number, kind) in schema.fields.sorted(by: { $0.key < $1.key }) {
            let values = fields.filter { $0.number == number }
            switch kind {
            case .repeated(let item):
                for value in values {
                    output += field(number, item, value.content, depth: depth)
                }
            case .message(let inner) where values.count > 1:
                quirks.insert(.mergedMessage)
                for value in values { look(at: value.content, inner, depth: depth) }
                output += field(number, kind, values.flatMap(\.content), depth: depth)
            default:
                if let last = values.last {
                    output += field(number, kind, last.content, depth: depth)
                }
            }
        }
        return output
    }

    /// Only the faults of a message: one that is merged with another has to be sound by itself. To
    /// rewrite it as well would double the work at every level.
    private mutating func look(at bytes: [UInt8], _ schema: Schema, depth: Int) {
        for field in fields(of: bytes, schema) {
            var kind = schema.fields[field.number]
            if case .repeated(let item) = kind { kind = item }
            guard case .message(let inner) = kind else { continue }
            let isList = inner == .arrayValue || inner == .keyValueList
            guard depth + (isList ? 1 : 0) <= 64 else {
                refusals.insert(.tooDeep)
                return
            }
            look(at: field.content, inner, depth: depth + (isList ? 1 : 0))
        }
    }

    /// The last member of the oneof, after a look at all. Two arrays or two maps would have to be
    /// joined; the views keep the last, and a test of its own says so.
    private mutating func member(_ fields: [Field], depth: Int) -> [UInt8] {
        var last: [UInt8] = []
        for value in fields {
            guard value.number != 8, let kind = Schema.anyValue.fields[value.number] else {
                continue
            }
            last = field(value.number, kind, value.content, depth: depth)
        }
        if fields.contains(where: { $0.number == 8 }), fields.contains(where: { $0.number < 8 }) {
            quirks.insert(.stringIndex)
        }
        return last
    }

    private mutating func field(
        _ number: UInt64, _ kind: Schema.Kind, _ content: [UInt8], depth: Int
    ) -> [UInt8] {
        guard case .message(let schema) = kind else {
            return .tag(number, kind.wireType)
                + (kind == .bytes ? .varint(UInt64(content.count)) : []) + content
        }
        let isList = schema == .arrayValue || schema == .keyValueList
        let depth = isList ? depth + 1 : depth
        guard depth <= 64 else {
            refusals.insert(.tooDeep)
            return []
        }
        return .field(number, bytes: rewrite(content, schema, depth: depth))
    }
}

// MARK: - Fields

extension WireReading {
    struct Field {
        var number: UInt64
        /// Without a length; a varint in its shortest form.
        var content: [UInt8]
    }

    /// The known fields of a message, up to a fault after which nothing can be read.
    private mutating func fields(of bytes: [UInt8], _ schema: Schema) -> [Field] {
        var fields: [Field] = []
        var reader = FieldReader(bytes: bytes)
        while let (number, type) = reader.tag() {
            let kind = schema.fields[number]
            if let kind, type < 6, kind.wireType != type {
                refusals.insert(kind == .bool ? .boolWireType : .wireType)
            }
            let content = reader.value(number, type)
            guard let content else { break }
            if kind != nil, kind?.wireType == type {
                fields.append(Field(number: number, content: content))
            }
        }
        refusals.formUnion(reader.refusals)
        quirks.formUnion(reader.quirks)
        return fields
    }
}

/// The fields of one message, without its schema.
private struct FieldReader {
    let bytes: [UInt8]
    var position = 0
    var refusals: Set<WireReading.Refusal> = []
    var quirks: Set<WireReading.Quirk> = []

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// Nil at the end and after a fault.
    mutating func tag() -> (UInt64, UInt64)? {
        guard position < bytes.count else { return nil }
        let start = position
        guard let value = varint() else { return nil }
        if position - start > 5 { quirks.insert(.paddedTag) }
        // libprotobuf-c refuses 0 in one byte, and takes it for an unknown field in more of them.
        if value >> 3 == 0, position - start == 1 { return fault() }
        if value >> 3 == 0 || value >> 3 >= 1 << 29 { refusals.insert(.fieldNumber) }
        return (value >> 3, value & 7)
    }

    mutating func value(_ number: UInt64, _ type: UInt64) -> [UInt8]? {
        switch type {
        case 0: return varint().map { .varint($0) }
        case 1: return take(8)
        case 2: return delimited()
        case 3:
            quirks.insert(.group)
            return group(number) ? [] : nil
        case 5: return take(4)
        default: return fault()
        }
    }

    private mutating func delimited() -> [UInt8]? {
        let start = position
        guard let length = varint() else { return nil }
        if position - start > 5 {
            quirks.insert(.paddedLength)
        } else if length >= 1 << 31 {
            refusals.insert(.hugeLength)
        }
        guard length <= UInt64(bytes.count - position) else { return fault() }
        return take(Int(length))
    }

    /// Past the end of a group whose start has been read.
    private mutating func group(_ number: UInt64) -> Bool {
        var open = [number]
        while let innermost = open.last {
            guard let (number, type) = tag() else { return fault() != nil }
            if type == 4 {
                guard number == innermost else { return fault() != nil }
                open.removeLast()
            } else if type == 3 {
                open.append(number)
                if open.count > 64 { refusals.insert(.tooDeep) }
            } else if value(number, type) == nil {
                return false
            }
        }
        return true
    }

    private mutating func take(_ count: Int) -> [UInt8]? {
        guard bytes.count - position >= count else { return fault() }
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    private mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        for index in 0..<10 {
            guard position < bytes.count else { return fault() }
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7f) << UInt64(7 * index)
            guard byte >= 0x80 else {
                if index == 9, byte > 1 { refusals.insert(.overflow) }
                return value
            }
        }
        return fault()
    }

    private mutating func fault<Value>() -> Value? {
        refusals.insert(.malformed)
        return nil
    }
}
