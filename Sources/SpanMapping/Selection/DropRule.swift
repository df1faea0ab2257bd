import MastraRecords

/// Spans that are not wanted upstream, told by what they are: `name=GET /health* & service=web`.
///
/// All terms have to match. What a span does not have matches no pattern, not even `*`.
package struct DropRule: Hashable, Sendable {
    /// As it was written.
    package let text: String
    let terms: [Term]

    /// Rules of one selection.
    package static let maxRules = 64
    static let maxTerms = 8
    /// Bytes of a pattern, and of a key.
    static let maxPatternBytes = 256

    enum Term: Hashable, Sendable {
        /// The name of the instrumentation scope.
        case scope(GlobPattern)
        /// An attribute of the resource; the field `service` is its `service.name`.
        case resource(key: [UInt8], GlobPattern)
        /// The name of the span.
        case name(GlobPattern)
        /// What the record's type would be.
        case spanType(Set<SpanType>)
        /// An attribute of the span.
        case attribute(key: [UInt8], GlobPattern)
    }
}
