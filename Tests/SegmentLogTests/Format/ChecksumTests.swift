import TestKit
import Testing

@testable import SendingQueue

@Suite struct ChecksumTests {
    /// From RFC 3720, appendix B.4, and the usual check value.
    @Test(
        arguments: [
            (Array("123456789".utf8), 0xe306_9283), ([], 0),
            ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
            ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
            (Array(0..<32), 0x46dd_794e), (Array((0..<32).reversed()), 0x113f_db5c),
        ] as [([UInt8], UInt32)])
    func `known bytes have the known sum`(bytes: [UInt8], sum: UInt32) {
        #expect(Checksum.plain.of(bytes) == sum)
    }

    @Test func `any length at any place has the sum that its bits have one by one`() {
        var random = SplitMix64(seed: 3)
        let bytes = (0..<200).map { _ in random.byte() }
        for start in 0..<17 {
            for length in [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 63, 64, 65, 150] {
                let range = start..<start + length
                #expect(Checksum.plain.of(bytes, range) == bitwise(bytes[range]))
            }
        }
    }

    @Test func `another salt gives another sum`() {
        let bytes = Array("the same".utf8)
        let sums = [0, 1, 1 << 32, 0x1234_5678_9abc_def0].map { Checksum(salt: $0).of(bytes) }
        #expect(sums[0] == Checksum.plain.of(bytes))
        #expect(Set(sums[1...]).isDisjoint(with: [sums[0]]))
        // The halves of a salt are joined.
        #expect(sums[1] == sums[2] && sums[1] != sums[3])
    }

    private func bitwise(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0x82f6_3b78 : crc >> 1 }
        }
        return ~crc
    }
}
