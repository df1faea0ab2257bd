/// A place where a body is not OTLP/JSON, and why: the text for a developer at the sending side.
package struct OTLPJSONError: Error, Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        /// The text ends inside a value.
        case truncated
        /// Bytes inside a string that are not UTF-8 (RFC 8259 section 8.1).
        case notUTF8
        /// Not JSON at all (OTLP J19); `expected` says what would have been.
        case notJSON(expected: String)
        /// JSON, and not what the field holds (OTLP J20): another type, or out of its range.
        case wrongValue(expected: String)
        /// An attribute value or an unknown member that is nested deeper than `limit` (OTLP J27).
        case tooDeep(limit: Int)
        /// A body of more than `limit` bytes.
        case tooLarge(limit: Int, seen: Int)
    }

    /// Bytes before the place, from the first of the body.
    package let offset: Int
    /// The members and indices that lead there, such as `resourceSpans[0].scopeSpans[2].spans`;
    /// names are those of the body. Empty at the top. At most `FieldPath.maxBytes` bytes.
    package let path: String
    /// What stands at the place, as it stands there; at most `Snippet.maxBytes` bytes and an
    /// ellipsis. Empty at the end.
    package let seen: String
    package let reason: Reason

    init(_ fault: Fault, in json: Span<UInt8>) {
        offset = fault.offset
        reason = fault.reason
        path = FieldPath.leading(to: fault.offset, in: json)
        seen = Snippet.text(at: fault.offset, in: json)
    }

    /// What a `BadRequest` names the place by; `body` at the top, as in `WireError.field`.
    package var field: String { path.isEmpty ? "body" : path }
}

extension OTLPJSONError: CustomStringConvertible {
    package var description: String {
        let place = "\(field), at byte \(offset)"
        return switch reason {
        case .truncated: "\(place): the text ends inside a value"
        case .notUTF8: "\(place): the bytes \(seen) are not UTF-8"
        case .notJSON(let expected): "\(place): not JSON, expected \(expected) and saw \(seen)"
        case .wrongValue(let expected): "\(place): expected \(expected) and saw \(seen)"
        case .tooDeep(let limit): "\(place): nested deeper than \(limit) levels"
        case .tooLarge(let limit, let seen): "the body has \(seen) bytes; the limit is \(limit)"
        }
    }
}

/// An error before it is told where it stands: the way to a place is looked for only when it is
/// wanted, so that a good body does not pay for it.
struct Fault: Error {
    let offset: Int
    let reason: OTLPJSONError.Reason

    init(_ offset: Int, _ reason: OTLPJSONError.Reason) {
        self.offset = offset
        self.reason = reason
    }
}
