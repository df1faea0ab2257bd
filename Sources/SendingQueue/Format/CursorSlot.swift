/// How far a lane has got, in 4096 bytes. Two of them are written in turn, so that a torn write
/// leaves the one before.
struct CursorSlot: Hashable {
    static let size = 4096
    /// What is done beyond them is sent again after a crash.
    static let maxRanges = 200
    static let magic: [UInt8] = [0x4d, 0x47, 0x43, 0x55, 0x52, 0x53, 0x4f, 0x52]

    var generation: UInt64
    var lane: UInt64
    var done: DoneSet

    var bytes: [UInt8] {
        let ranges = done.limited(to: Self.maxRanges).ranges
        var bytes = Self.magic
        bytes.append(littleEndian: SegmentHeader.major)
        bytes.append(littleEndian: SegmentHeader.minor)
        bytes.append(littleEndian: UInt32(ranges.count))
        for value in [generation, done.lowWater, lane] { bytes.append(littleEndian: value) }
        bytes += [UInt8](repeating: 0, count: 64 - bytes.count)
        for range in ranges {
            bytes.append(littleEndian: range.lowerBound)
            bytes.append(littleEndian: range.upperBound)
        }
        bytes += [UInt8](repeating: 0, count: Self.size - 4 - bytes.count)
        bytes.append(littleEndian: Checksum.plain.of(bytes))
        return bytes
    }

    init(generation: UInt64, lane: UInt64, done: DoneSet) {
        self.generation = generation
        self.lane = lane
        self.done = done
    }

    init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.size, bytes.starts(with: Self.magic),
            bytes.littleEndian(UInt16.self, at: 8) <= SegmentHeader.major,
            bytes.littleEndian(UInt32.self, at: Self.size - 4)
                == Checksum.plain.of(bytes, 0..<Self.size - 4)
        else { return nil }
        generation = bytes.littleEndian(UInt64.self, at: 16)
        lane = bytes.littleEndian(UInt64.self, at: 32)
        done = DoneSet(lowWater: bytes.littleEndian(UInt64.self, at: 24))
        let count = Int(bytes.littleEndian(UInt32.self, at: 12))
        guard count <= Self.maxRanges, done.lowWater <= Segment.maxSequence else { return nil }
        for index in 0..<count {
            let lower = bytes.littleEndian(UInt64.self, at: 64 + index * 16)
            let upper = bytes.littleEndian(UInt64.self, at: 72 + index * 16)
            guard lower <= upper, upper <= Segment.maxSequence else { return nil }
            done.insert(lower...upper)
        }
    }
}
