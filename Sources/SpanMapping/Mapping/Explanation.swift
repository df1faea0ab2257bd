/// Which rule and which attribute filled each field of a record, and what was left over, or why there is
/// no record: what `mastra-gateway map --explain` prints. Collected only where somebody asks.
package struct Explanation: Sendable {
    package struct Entry: Hashable, Sendable {
        /// The field, as a path in the record.
        package let field: String
        /// The row of the table, or the key of the attribute.
        package let source: String
    }

    package var entries: [Entry] = []
    /// Conventions that were seen on the span.
    package var conventions: [String] = []
    /// Attributes that no field took; they stand in `attributes` under their own keys.
    package var leftOvers: [String] = []
    package var warnings: [String] = []
    /// Why the span makes no record; nil where it makes one.
    package var omission: String?
}

extension SpanMapper {
    /// Nothing is built where nobody asked.
    @inline(__always)
    mutating func explain(_ field: @autoclosure () -> String, _ source: @autoclosure () -> String) {
        guard explanation != nil else { return }
        explanation?.entries.append(.init(field: field(), source: source()))
    }
}
