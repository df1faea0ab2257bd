/// The first 64 bytes of a segment; docs/queue-format.md has the table.
struct SegmentHeader: Hashable {
    static let size = 64
    static let major: UInt16 = 1
    static let minor: UInt16 = 0
    static let magic: [UInt8] = [0x4d, 0x47, 0x53, 0x45, 0x47, 0x0d, 0x0a, 0x1a]

    /// Of the lane's name, so that a file that was moved between lanes is noticed.
    var lane: UInt64
    /// The segment's own; those of its records are larger.
    var firstSequence: UInt64
    /// The last sequence that was durable before the segment was made: a gap between it and what is
    /// found is a segment that is missing.
    var precedingSequence: UInt64
    /// Milliseconds since 1970.
    var created: UInt64
    var salt: UInt64

    var checksum: Checksum { Checksum(salt: salt) }

    var bytes: [UInt8] {
        var bytes = Self.magic
        bytes.append(littleEndian: Self.major)
        bytes.append(littleEndian: Self.minor)
        bytes.append(littleEndian: UInt32(Self.size))
        for value in [lane, firstSequence, created, salt, precedingSequence] {
            bytes.append(littleEndian: value)
        }
        bytes.append(littleEndian: UInt32(0))
        bytes.append(littleEndian: Checksum.plain.of(bytes))
        return bytes
    }

    enum Reading: Hashable {
        case header(SegmentHeader)
        /// Of a later major version: not ours to touch.
        case foreign
        case damaged
    }

    static func read(_ bytes: [UInt8]) -> Reading {
        guard bytes.count >= size, bytes.starts(with: magic) else { return .damaged }
        guard bytes.littleEndian(UInt16.self, at: 8) <= major else { return .foreign }
        guard bytes.littleEndian(UInt32.self, at: 60) == Checksum.plain.of(bytes, 0..<60) else {
            return .damaged
        }
        func value(_ offset: Int) -> UInt64 { bytes.littleEndian(UInt64.self, at: offset) }
        return .header(
            SegmentHeader(
                lane: value(16), firstSequence: value(24), precedingSequence: value(48),
                created: value(32), salt: value(40)))
    }

    /// FNV-1a, for `lane`.
    static func hash(ofLane name: String) -> UInt64 {
        name.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
