/// What a validating walk over an `ExportTraceServiceRequest` found.
package struct RequestSummary: Hashable, Sendable {
    /// Spans that will become records.
    package var spans = 0
    /// Spans that will not, by `SpanRejection.rawValue`.
    package var rejectedByReason = [Int](repeating: 0, count: SpanRejection.allCases.count)

    package var rejected: Int { rejectedByReason.reduce(0, +) }

    /// The sentence for `error_message`, or nil where nothing was rejected.
    package var rejectionMessage: String? {
        let parts = SpanRejection.allCases.compactMap { reason in
            let count = rejectedByReason[reason.rawValue]
            return count == 0 ? nil : "\(count) rejected: \(reason.explanation)"
        }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
}

/// One pass over every field of a request: the wire format is checked at each depth, known fields
/// against their schema, unknown ones skipped (P4), and spans counted.
///
/// Nothing is kept and nothing is built: a body of any shape costs time in proportion to its length
/// and no memory. What passes may be read by `RequestCursor` and `SpanView` without complaint.
/// Strings are not checked for UTF-8: the mapping replaces what is broken and says so (D17).
package func walkRequest(_ bytes: Span<UInt8>) throws(WireError) -> RequestSummary {
    var summary = RequestSummary()
    // Bytes of resources and scopes, as often as records will repeat them.
    var repeated = 0
    var position = 0
    while position < bytes.count {
        let start = position
        switch try bytes.varint(at: &position, before: bytes.count) {
        case 0x0a:
            let content = try bytes.delimited(at: &position, before: bytes.count)
            try bytes.walkResourceSpans(content, &summary, &repeated)
        case let tag:
            try bytes.skipField(
                tag, &position, bytes.count, start, .init("ExportTraceServiceRequest", 1, 1))
        }
    }
    return summary
}

/// The schema facts that a wrong wire type is checked against: fields `first...last` are known.
struct KnownFields {
    let message: StaticString
    let first: UInt64
    let last: UInt64

    @inline(__always)
    init(_ message: StaticString, _ first: UInt64, _ last: UInt64) {
        self.message = message
        self.first = first
        self.last = last
    }
}

extension Span<UInt8> {
    /// A tag that no `case` knew: a known field in a wrong wire type, or an unknown field.
    @inline(never)
    func skipField(
        _ tag: UInt64, _ position: inout Int, _ end: Int, _ start: Int, _ known: KnownFields
    ) throws(WireError) {
        let number = tag >> 3
        if number >= known.first, number <= known.last, tag & 7 < 6 {
            throw WireError(
                offset: start,
                reason: .unexpectedWireType(
                    UInt8(tag & 7), field: "\(known.message) field \(number)"))
        }
        try skipUnknown(tag: tag, at: &position, before: end, tagOffset: start, depth: 0)
    }

    fileprivate func walkResourceSpans(
        _ range: Slice, _ summary: inout RequestSummary, _ repeated: inout Int
    ) throws(WireError) {
        var context = ContextSize("resource_spans.resource")
        let spansBefore = summary.spans
        var position = range.start
        while position < range.end {
            let start = position
            switch try varint(at: &position, before: range.end) {
            case 0x0a:
                let content = try delimited(at: &position, before: range.end)
                try context.add(content)
                try walkResource(content)
            case 0x12:
                let content = try delimited(at: &position, before: range.end)
                try walkScopeSpans(content, &summary, &repeated)
            case 0x1a: try context.add(try delimited(at: &position, before: range.end))
            case let tag:
                try skipField(tag, &position, range.end, start, .init("ResourceSpans", 1, 3))
            }
        }
        try context.repeated(summary.spans &- spansBefore, at: range, &repeated)
    }

    fileprivate func walkScopeSpans(
        _ range: Slice, _ summary: inout RequestSummary, _ repeated: inout Int
    ) throws(WireError) {
        var context = ContextSize("resource_spans.scope_spans.scope")
        let spansBefore = summary.spans
        var position = range.start
        while position < range.end {
            let start = position
            switch try varint(at: &position, before: range.end) {
            case 0x12:
                let content = try delimited(at: &position, before: range.end)
                let rejection = try walkSpan(content)
                if let rejection {
                    summary.rejectedByReason[rejection.rawValue] &+= 1
                } else {
                    summary.spans &+= 1
                }
                guard summary.spans &+ summary.rejected <= WalkLimits.maxSpans else {
                    throw WireError(
                        offset: start, reason: .tooManySpans(limit: WalkLimits.maxSpans))
                }
            case 0x0a:
                let content = try delimited(at: &position, before: range.end)
                try context.add(content)
                try walkScope(content)
            case 0x1a: try context.add(try delimited(at: &position, before: range.end))
            case let tag:
                try skipField(tag, &position, range.end, start, .init("ScopeSpans", 1, 3))
            }
        }
        try context.repeated(summary.spans &- spansBefore, at: range, &repeated)
    }
}

/// The size of what stands around the spans of a group and is repeated in each of their records:
/// every resource or scope message, since protobuf merges them, and the schema URL.
private struct ContextSize {
    private let field: String
    private var bytes = 0

    init(_ field: String) {
        self.field = field
    }

    @inline(__always)
    mutating func add(_ content: Slice) throws(WireError) {
        bytes &+= content.count
        guard bytes <= WalkLimits.maxContextBytes else {
            throw WireError(
                offset: content.start,
                reason: .tooLarge(field: field, limit: WalkLimits.maxContextBytes, seen: bytes))
        }
    }

    @inline(__always)
    func repeated(
        _ spans: Int, at group: Slice, _ total: inout Int
    ) throws(WireError) {
        total &+= bytes &* spans
        guard total <= WalkLimits.maxRepeatedContextBytes else {
            throw WireError(
                offset: group.start,
                reason: .tooLarge(
                    field: "\(field), once for each span,",
                    limit: WalkLimits.maxRepeatedContextBytes, seen: total))
        }
    }
}
