/// Limits of one listener. Every one is finite; ranges are checked where configuration is read.
package struct HTTPServerConfiguration: Sendable, Hashable {
    /// IPv4, IPv6 literal or name to bind; default loopback.
    package var host = "127.0.0.1"
    /// 0 picks a free port.
    package var port = 0
    /// Connections open at once over all loops; one more is closed at accept.
    package var maxConnections = 1024
    /// Connections open at once of one IPv4 address, or of one IPv6 network of 64 bits.
    package var maxConnectionsPerPeer = 512
    /// Bytes of request line and header block together.
    package var maxHeaderBytes = 16 * 1024
    package var maxHeaderCount = 100
    /// From the first byte (or the end of the preceding request's answer, once a byte of the next
    /// head came) to the end of the head.
    package var headTimeout = Duration.seconds(10)
    /// A body has to bring `minBodyProgressBytes`, or a thirtieth of its declared length where that is
    /// more, or its end, in each such interval.
    package var bodyTimeout = Duration.seconds(10)
    package var minBodyProgressBytes = 1024
    /// A connection without a request is closed after this.
    package var idleTimeout = Duration.seconds(75)
    /// HTTP/2: streams of one connection at once.
    package var maxConcurrentStreams = 100

    package init() {}
}
