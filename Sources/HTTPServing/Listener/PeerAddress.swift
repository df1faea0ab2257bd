import NIOCore

/// Whom a connection comes from, as far as connections are counted: an IPv4 address, or the first 64
/// bits of an IPv6 address, which is what one customer of a network has.
struct PeerAddress: Hashable, Sendable {
    private let bits: UInt64
    private let isIPv4: Bool

    /// Nil for a peer without an address, such as one of a Unix socket.
    init?(_ address: SocketAddress?) {
        guard let address, let bytes = Self.bytes(address) else { return nil }
        // IPv4 that came in over an IPv6 socket: ::ffff:a.b.c.d (RFC 4291 2.5.5.2).
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
        isIPv4 = bytes.count == 4 || bytes.starts(with: mapped)
        bits = (isIPv4 ? bytes.suffix(4) : bytes.prefix(8)).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Four or sixteen bytes in network order, where `sockaddr_in` and `sockaddr_in6` have them.
    private static func bytes(_ address: SocketAddress) -> [UInt8]? {
        let place: Range<Int>
        switch address {
        case .v4: place = 4..<8
        case .v6: place = 8..<24
        default: return nil
        }
        // The structure is alive for the length of the closure and has the size that is given.
        return unsafe address.withSockAddr { start, size in
            let bytes = unsafe UnsafeRawBufferPointer(start: start, count: size)
            return place.upperBound <= bytes.count ? unsafe Array(bytes[place]) : nil
        }
    }
}
