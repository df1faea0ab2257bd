/// How much is kept.
package struct StoreLimits: Hashable, Sendable {
    /// Bytes of pages in use, with all indexes.
    package var maxBytes: Int
    /// Since a trace last got a span; nil: without end.
    package var maxAge: Duration?
    /// How long a query may take.
    package var queryTimeout = Duration.seconds(5)

    package init(maxBytes: Int, maxAge: Duration?) {
        self.maxBytes = maxBytes
        self.maxAge = maxAge
    }
}
