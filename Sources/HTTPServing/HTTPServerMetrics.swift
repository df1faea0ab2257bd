/// What one listener counted since its start; each figure only grows, `openConnections` apart.
package struct HTTPServerMetrics: Sendable, Hashable {
    package var openConnections = 0
    package var acceptedConnections = 0
    /// Closed at accept, because `maxConnections` were open.
    package var refusedConnections = 0
    /// Closed at accept, because their peer had `maxConnectionsPerPeer` open.
    package var refusedPeerConnections = 0
    /// Times that accepting stopped because the process or the system had no descriptor left.
    package var acceptPauses = 0
    package var requestsHTTP1 = 0
    package var requestsHTTP2 = 0
    package var problems = HTTPProblemCounts()
    /// Nil on a listener in clear text.
    package var tls: TLSMetrics?

    package init() {}
}

/// Problems that were met, by kind.
package struct HTTPProblemCounts: Sendable, Hashable {
    package var malformed = 0
    package var headersTooLarge = 0
    package var bodyTooLarge = 0
    package var headTimeout = 0
    package var bodyTimeout = 0
    package var deadlinePassed = 0
    package var outOfMemory = 0
    package var expectationFailed = 0
    package var stopping = 0
    package var tlsHello = 0

    package init() {}

    /// Names for labels, beside their counts.
    package var labelled: [(kind: String, count: Int)] {
        [
            ("malformed", malformed), ("headers_too_large", headersTooLarge),
            ("body_too_large", bodyTooLarge), ("head_timeout", headTimeout),
            ("body_timeout", bodyTimeout), ("deadline_passed", deadlinePassed),
            ("out_of_memory", outOfMemory),
            ("expectation_failed", expectationFailed), ("stopping", stopping),
            ("tls_hello", tlsHello),
        ]
    }
}
