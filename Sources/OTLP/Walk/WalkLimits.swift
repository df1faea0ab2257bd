/// How much one request may ask of us. What passes these is answered with 400 or, where a single
/// span is at fault, with that span counted as rejected.
package enum WalkLimits {
    /// Levels of arrays and maps in an attribute value, and of unknown groups. The walk is recursive.
    package static let maxDepth = 64
    /// Spans in one request; an empty span takes two bytes of a body of up to 64 MiB.
    package static let maxSpans = 1_000_000
    /// Attributes of one span, and of one event or link; a span with more is rejected by itself.
    package static let maxAttributes = 65_536
    /// Events of one span, and links; a span with more is rejected by itself.
    package static let maxEvents = 65_536
    /// Bytes of one resource, and of one scope, schema URL included: each record repeats them.
    package static let maxContextBytes = 64 * 1024
    /// Bytes of resources and scopes of a request, counted once for each span: what a small request
    /// can make us write.
    package static let maxRepeatedContextBytes = 4 * 1024 * 1024 * 1024
}

/// Why a well-formed span is not taken; its neighbours are (OTLP-REQUIREMENTS D1, H22).
package enum SpanRejection: Int, CaseIterable, Sendable {
    case traceID
    case spanID
    case attributeCount
    case eventCount

    /// In words, for `error_message` of a partial success.
    package var explanation: String {
        switch self {
        case .traceID: "trace_id is not 16 bytes or all zero"
        case .spanID: "span_id is not 8 bytes or all zero"
        case .attributeCount:
            "span, event or link has more than \(WalkLimits.maxAttributes) attributes"
        case .eventCount: "span has more than \(WalkLimits.maxEvents) events or links"
        }
    }
}

/// What decides whether a span is taken, gathered alike by the walk and by `SpanView`, so that both
/// come to one count.
struct SpanIdentity {
    var traceID = Slice.empty
    var spanID = Slice.empty
    var attributes = 0
    var events = 0
    var links = 0
    /// The most attributes of any event or link.
    var nestedAttributes = 0

    @inline(__always)
    func rejection(in bytes: Span<UInt8>) -> SpanRejection? {
        guard traceID.count == 16 else { return .traceID }
        guard bytes.load64(traceID.start) | bytes.load64(traceID.start &+ 8) != 0 else {
            return .traceID
        }
        guard spanID.count == 8, bytes.load64(spanID.start) != 0 else { return .spanID }
        guard max(attributes, nestedAttributes) <= WalkLimits.maxAttributes else {
            return .attributeCount
        }
        guard max(events, links) <= WalkLimits.maxEvents else { return .eventCount }
        return nil
    }
}
