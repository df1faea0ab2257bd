/// The last 64 bytes of a segment that was closed: with them a start needs no look at its records.
struct SegmentFooter: Hashable {
    static let size = 64
    static let magic: [UInt8] = [0x4d, 0x47, 0x53, 0x45, 0x4e, 0x44, 0x0d, 0x0a]

    var records: UInt64
    var spans: UInt64
    var lastSequence: UInt64
    /// Where the records end, which is where the footer begins.
    var end: UInt64
    var payloadBytes: UInt64

    func bytes(with checksum: Checksum) -> [UInt8] {
        var bytes = Self.magic
        for value in [records, spans, lastSequence, end, payloadBytes, 0] {
            bytes.append(littleEndian: value)
        }
        bytes.append(littleEndian: UInt32(0))
        bytes.append(littleEndian: checksum.of(bytes))
        return bytes
    }

    /// - Parameter offset: where `bytes` were found.
    init?(_ bytes: [UInt8], at offset: UInt64, checksum: Checksum) {
        guard bytes.count == Self.size, bytes.starts(with: Self.magic),
            bytes.littleEndian(UInt32.self, at: 60) == checksum.of(bytes, 0..<60)
        else { return nil }
        func value(_ offset: Int) -> UInt64 { bytes.littleEndian(UInt64.self, at: offset) }
        records = value(8)
        spans = value(16)
        lastSequence = value(24)
        end = value(32)
        payloadBytes = value(40)
        guard end == offset, isCredible else { return nil }
    }

    /// Whether a segment of this length can have so much; one whose footer cannot be believed is read
    /// record by record.
    private var isCredible: Bool {
        let recordSize = UInt64(RecordHeader.size + RecordHeader.trailerSize)
        return records <= end / recordSize && payloadBytes <= end
            && spans / max(records, 1) <= UInt64(UInt32.max)
            && (records > 0 || spans == 0 && payloadBytes == 0) && lastSequence < 1 << 62
    }

    init(
        records: UInt64, spans: UInt64, lastSequence: UInt64, end: UInt64, payloadBytes: UInt64
    ) {
        self.records = records
        self.spans = spans
        self.lastSequence = lastSequence
        self.end = end
        self.payloadBytes = payloadBytes
    }
}
