import NIOCore
import Testing

@testable import HTTPServing

@Suite struct PeerTests {
    private func peer(_ address: String) throws -> PeerAddress? {
        PeerAddress(try SocketAddress(ipAddress: address, port: 1))
    }

    @Test func `an IPv4 address is one peer, whatever its port`() throws {
        #expect(
            try peer("10.0.0.1") == PeerAddress(try SocketAddress(ipAddress: "10.0.0.1", port: 9)))
        #expect(try peer("10.0.0.1") != peer("10.0.0.2"))
        #expect(try peer("::ffff:10.0.0.1") == peer("10.0.0.1"))
    }

    @Test func `an IPv6 network of 64 bits is one peer`() throws {
        #expect(try peer("2001:db8::1") == peer("2001:db8::ffff:1"))
        #expect(try peer("2001:db8::1") != peer("2001:db8:0:1::1"))
        // The same bits, and not the same peer.
        #expect(try peer("0:0:0a00:1::") != peer("10.0.0.1"))
    }

    @Test func `a peer without an address is not counted`() throws {
        #expect(PeerAddress(nil) == nil)
        #expect(PeerAddress(try SocketAddress(unixDomainSocketPath: "/tmp/x")) == nil)
    }

    @Test func `a peer has as many connections as it may`() throws {
        let counts = PeerCounts()
        let one = try #require(try peer("10.0.0.1"))
        let other = try #require(try peer("10.0.0.2"))
        #expect(counts.add(one, limit: 2))
        #expect(counts.add(one, limit: 2))
        #expect(!counts.add(one, limit: 2))
        #expect(counts.add(other, limit: 2))
        counts.remove(one)
        #expect(counts.add(one, limit: 2))
        #expect(!counts.add(one, limit: 2))
    }
}
