import CSegmentLog

/// CRC-32C over parts of a file. Each segment mixes a random salt of its own into it, so that
/// neither bytes that a sender chose nor stale blocks of another file pass for a record.
struct Checksum {
    private let seed: UInt32

    /// Without a salt: for what has to be read before the salt is known.
    static let plain = Checksum(seed: 0)

    private init(seed: UInt32) {
        self.seed = seed
    }

    init(salt: UInt64) {
        seed = UInt32(truncatingIfNeeded: salt) ^ UInt32(truncatingIfNeeded: salt >> 32)
    }

    func of(_ bytes: [UInt8]) -> UInt32 {
        of(bytes, 0..<bytes.count)
    }

    func of(_ bytes: [UInt8], _ range: Range<Int>) -> UInt32 {
        unsafe bytes.withUnsafeBytes { buffer in
            // The slice is inside of the array, and only read.
            let slice = unsafe UnsafeRawBufferPointer(rebasing: buffer[range])
            return unsafe mastra_crc32c(seed, slice.baseAddress, slice.count)
        }
    }
}
