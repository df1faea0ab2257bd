@testable import SendingQueue

/// Writes checksums anew, so that what they cover may be anything.
enum Sealing {
    static func seal(_ segment: inout [UInt8]) {
        guard segment.count >= SegmentHeader.size else { return }
        put(Checksum.plain.of(segment, 0..<60), at: 60, in: &segment)
        let checksum = Checksum(salt: segment.littleEndian(UInt64.self, at: 40))
        var offset = SegmentHeader.size
        while offset + RecordHeader.size <= segment.count {
            guard segment.littleEndian(UInt32.self, at: offset) == RecordHeader.magic else {
                offset += 1
                continue
            }
            let end = offset + RecordHeader.size
            put(checksum.of(segment, offset + 8..<end), at: offset + 4, in: &segment)
            let length = Int(segment.littleEndian(UInt32.self, at: offset + 8))
            if end + length + 4 <= segment.count {
                put(checksum.of(segment, end..<end + length), at: end + length, in: &segment)
                offset = end + length + 4
            } else {
                offset = end
            }
        }
        let footer = segment.count - SegmentFooter.size
        guard footer >= SegmentHeader.size else { return }
        put(checksum.of(segment, footer..<footer + 60), at: footer + 60, in: &segment)
    }

    /// A cursor file that begins with these bytes, its second slot empty.
    static func cursor(_ start: [UInt8], seals: Bool) -> [UInt8] {
        var bytes = start + [UInt8](repeating: 0, count: 2 * CursorSlot.size - start.count)
        if seals {
            let place = CursorSlot.size - 4
            put(Checksum.plain.of(bytes, 0..<place), at: place, in: &bytes)
        }
        return bytes
    }

    private static func put(_ value: UInt32, at offset: Int, in bytes: inout [UInt8]) {
        for index in 0..<4 {
            bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
        }
    }
}
