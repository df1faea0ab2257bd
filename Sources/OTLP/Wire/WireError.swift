/// A place where bytes are not protobuf, or pass a limit, and why.
///
/// The wire forms are those of the protobuf encoding guide; `offset` counts from the first byte of
/// the (inflated) request body.
@usableFromInline package struct WireError: Error, Hashable, Sendable {
    @usableFromInline package enum Reason: Hashable, Sendable {
        /// The bytes end inside a tag, a varint or a fixed-width value.
        case truncated
        /// A varint of more than ten bytes, or one whose value does not fit into 64 bits.
        case varintTooLong
        /// A length-delimited field that reaches `by` bytes past the end of what contains it.
        case lengthPastEnd(by: UInt64)
        /// Field numbers run from 1 to 2^29 - 1.
        case fieldNumber(UInt64)
        /// Wire types 6 and 7 do not exist.
        case wireType(UInt8, field: UInt64)
        /// A field of the schema came with another wire type than the schema gives it.
        case unexpectedWireType(UInt8, field: String)
        /// An end-group tag without its start, or with another number.
        case strayEndGroup(field: UInt64)
        /// A group that is never ended.
        case unendedGroup(field: UInt64)
        /// Attribute values or unknown groups nested deeper than `limit`.
        case tooDeep(limit: Int)
        /// More spans in one request than `limit`.
        case tooManySpans(limit: Int)
        /// A resource or scope larger than `limit` bytes: it is repeated in each of its records.
        case tooLarge(field: String, limit: Int, seen: Int)
    }

    @usableFromInline package var offset: Int
    @usableFromInline package var reason: Reason

    @inlinable
    package init(offset: Int, reason: Reason) {
        self.offset = offset
        self.reason = reason
    }

    /// The message that the `field` of the request it is about is named by in a `BadRequest`.
    @usableFromInline package var field: String {
        switch reason {
        case .unexpectedWireType(_, let field), .tooLarge(let field, _, _): field
        case .tooManySpans: "resource_spans.scope_spans.spans"
        default: "body"
        }
    }
}

extension WireError: CustomStringConvertible {
    @usableFromInline package var description: String {
        switch reason {
        case .truncated:
            "the bytes end inside a field, at byte \(offset)"
        case .varintTooLong:
            "the varint at byte \(offset) is longer than 64 bits"
        case .lengthPastEnd(let by):
            "the field at byte \(offset) is \(by) bytes longer than what contains it"
        case .fieldNumber(let number):
            "byte \(offset) names field \(number); field numbers run from 1 to 536870911"
        case .wireType(let type, let field):
            "field \(field) at byte \(offset) has wire type \(type), which does not exist"
        case .unexpectedWireType(let type, let field):
            "\(field) at byte \(offset) has wire type \(type), which its schema does not allow"
        case .strayEndGroup(let field):
            "byte \(offset) ends a group of field \(field) that was not begun"
        case .unendedGroup(let field):
            "the group of field \(field) at byte \(offset) is never ended"
        case .tooDeep(let limit):
            "the value at byte \(offset) is nested deeper than \(limit) levels"
        case .tooManySpans(let limit):
            "the span at byte \(offset) is one more than the \(limit) that a request may hold"
        case .tooLarge(let field, let limit, let seen):
            "\(field) at byte \(offset) has \(seen) bytes; the limit is \(limit)"
        }
    }
}
