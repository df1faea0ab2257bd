import OTLP

/// Something about a span that the mapping had to change or could not use; it stands in
/// `metadata.otel.warnings` of the record, in words (MAPPING 9).
struct Finding: Hashable, Sendable {
    enum Kind: Sendable {
        case invalidUTF8
        case duplicateKey
        case parentIgnored
        case selfParent
        case startMissing
        case endBeforeStart
        case unparsedJSON
        case duplicateSpanID
        case recordShrunk
    }

    let kind: Kind
    /// The key or bytes it is about.
    var about = Slice.empty

    var text: StaticString {
        switch kind {
        case .invalidUTF8: "invalid_utf8"
        case .duplicateKey: "duplicate_attribute"
        case .parentIgnored: "invalid_parent_span_id"
        case .selfParent: "span_is_its_own_parent"
        case .startMissing: "missing_start_time"
        case .endBeforeStart: "end_before_start"
        case .unparsedJSON: "unparsed"
        case .duplicateSpanID: "duplicate_span_id"
        case .recordShrunk: "record_shrunk"
        }
    }

    var isHex: Bool { kind == .parentIgnored }
}
