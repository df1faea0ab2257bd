/// Walks the spans of a request that has passed `walkRequest`, in the order of its bytes.
///
/// A value of a few integers: it can be kept beside the body and go on later, which is how a batch
/// that fills up in the middle of a request is continued by the next one.
package struct RequestCursor: Hashable, Sendable {
    private var position = 0
    private var scopeSpansPosition = 0
    private var spanPosition = 0

    /// The `ResourceSpans` message around the current span.
    package private(set) var resourceSpans = Slice.empty
    /// The `ScopeSpans` message around the current span.
    package private(set) var scopeSpans = Slice.empty

    package init() {}

    /// The next `Span` message, rejected ones included, or nil at the end.
    package mutating func next(in bytes: Span<UInt8>) -> Slice? {
        while true {
            if let span = Self.next(0x12, at: &spanPosition, before: scopeSpans.end, in: bytes) {
                return span
            }
            if let scopeSpans = Self.next(
                0x12, at: &scopeSpansPosition, before: resourceSpans.end, in: bytes)
            {
                self.scopeSpans = scopeSpans
                spanPosition = scopeSpans.start
                continue
            }
            guard let found = Self.next(0x0a, at: &position, before: bytes.count, in: bytes) else {
                return nil
            }
            resourceSpans = found
            scopeSpansPosition = found.start
            scopeSpans = .empty
            spanPosition = 0
        }
    }

    @inline(__always)
    private static func next(
        _ wanted: UInt32, at position: inout Int, before end: Int, in bytes: Span<UInt8>
    ) -> Slice? {
        while let field = bytes.nextField(at: &position, before: end) {
            if field.tag == wanted { return field.content }
        }
        return nil
    }
}
