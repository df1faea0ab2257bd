import Testing

@testable import OTLPReceiving

@Suite struct DigestTableTests {
    private static func table(_ count: Int) -> DigestTable {
        var table = DigestTable()
        for index in 0..<count { table.add(SHA256Digest(of: "key \(index)"), route: index / 2) }
        return table
    }

    @Test(arguments: [0, 1, 2, 3, 64, 257])
    func `each digest leads to its route, wherever it stands`(_ count: Int) {
        let table = Self.table(count)
        for index in 0..<count {
            #expect(table.route(of: SHA256Digest(of: "key \(index)")).route == index / 2)
        }
        #expect(table.route(of: SHA256Digest(of: "key \(count)")).route == nil)
    }

    @Test func `a digest that differs in one bit leads nowhere`() throws {
        let table = Self.table(3)
        let digest = SHA256Digest(of: "key 1")
        for bit in 0..<256 {
            var bytes = digest.bytes
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            let hex = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            let other = try #require(SHA256Digest(hex: hex))
            #expect(table.route(of: other).route == nil, "bit \(bit)")
        }
    }

    /// How long a look-up takes follows from the number of comparisons of 32 bytes; whatever was shown is a
    /// digest by then.
    @Test func `a look-up compares with all digests, right or wrong`() {
        let table = Self.table(64)
        let shown =
            (0..<64).map { "key \($0)" } + [
                "", "k", "key", "key ", "key 1 ", "key 00",
                String(repeating: "key 1", count: 100_000),
            ]
        for text in shown {
            #expect(table.route(of: SHA256Digest(of: text)).comparisons == 64)
        }
    }
}
