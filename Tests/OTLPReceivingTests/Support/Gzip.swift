/// gzip by hand (RFC 1951, 1952), so that a test can write what no compressor would.
enum Gzip {
    /// One member of stored blocks.
    static func stored(_ content: [UInt8]) -> [UInt8] {
        var deflated: [UInt8] = []
        var rest = content[...]
        repeat {
            let block = rest.prefix(65_535)
            rest = rest.dropFirst(block.count)
            let length = UInt16(block.count)
            deflated += [rest.isEmpty ? 1 : 0] + little(length) + little(~length) + block
        } while !rest.isEmpty
        return header + deflated + trailer(content)
    }

    static let header: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]

    /// One member that becomes `count` zero bytes, 158 of each of its own: a literal, then matches of
    /// 258 bytes at distance 1. The count is one more than a multiple of 2064.
    ///
    /// - Parameter isChecked: whether the checksum is right; a bomb is not read to its end.
    static func zeros(_ count: Int, isChecked: Bool = true) -> [UInt8] {
        precondition(count % 2064 == 1, "eight matches of 258 bytes fill 13 bytes of input")
        var bits = BitWriter()
        bits.add(0b1, 1)  // the last block
        bits.add(0b01, 2)  // with fixed codes
        bits.addCode(0b0011_0000, 8)  // literal 0
        let start = bits.pendingBits
        for _ in 0..<8 {
            bits.addCode(0b1100_0101, 8)  // length 258
            bits.addCode(0, 5)  // distance 1
        }
        precondition(bits.pendingBits == start, "the pattern ends where it began")
        let head = bits.bytes[0]
        let pattern = Array(bits.bytes.dropFirst(1))
        var deflated = [head]
        for _ in 0..<count / 2064 { deflated += pattern }
        bits.add(0, 7)  // end of block
        bits.flush()
        // What is left of the last pattern, then the end of the block.
        deflated += bits.bytes.dropFirst(1 + pattern.count)
        let crc = isChecked ? crc32([UInt8](repeating: 0, count: count)) : 0
        return header + deflated + little(crc) + little(UInt32(truncatingIfNeeded: count))
    }

    static func trailer(_ content: [UInt8]) -> [UInt8] {
        little(crc32(content)) + little(UInt32(truncatingIfNeeded: content.count))
    }

    static func crc32(_ bytes: [UInt8]) -> UInt32 {
        var crc = ~UInt32(0)
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
        }
        return ~crc
    }

    static func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
}

private struct BitWriter {
    private(set) var bytes: [UInt8] = []
    private(set) var pendingBits = 0
    private var pending: UInt8 = 0

    /// Lowest bit first, as all but codes are written.
    mutating func add(_ value: Int, _ count: Int) {
        for bit in 0..<count { push(value >> bit & 1) }
    }

    /// Highest bit first.
    mutating func addCode(_ code: Int, _ count: Int) {
        for bit in (0..<count).reversed() { push(code >> bit & 1) }
    }

    private mutating func push(_ bit: Int) {
        pending |= UInt8(bit) << UInt8(pendingBits)
        pendingBits += 1
        if pendingBits == 8 {
            bytes.append(pending)
            pending = 0
            pendingBits = 0
        }
    }

    mutating func flush() {
        while pendingBits != 0 { push(0) }
    }
}
