/// What a listener with TLS counted since its start.
package struct TLSMetrics: Sendable, Hashable {
    /// When the certificate in use ends to be valid, in seconds since 1970.
    package var certificateExpiry = 0
    /// Changes of the files that were taken, over all listeners that share them.
    package var reloadsDone = 0
    /// Changes of the files that could not be used; the preceding certificate stayed.
    package var reloadsFailed = 0
    /// Names for labels, beside their counts; of this listener alone.
    package var handshakeFailures: [HandshakeFailureCount] = []

    package struct HandshakeFailureCount: Sendable, Hashable {
        package let reason: String
        package let count: Int
    }
}
