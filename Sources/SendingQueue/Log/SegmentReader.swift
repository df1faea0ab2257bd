/// Walks the records of one segment. What is damaged is passed over, up to the next place at which a
/// record of this segment begins.
struct SegmentReader {
    enum Item: Hashable {
        /// The payload is nil where it was not asked for.
        case record(RecordHeader, payload: [UInt8]?)
        /// Its header is whole, its payload is not.
        case badPayload(RecordHeader)
        /// The payload is larger than asked for, and the reader stays before it.
        case tooLarge(RecordHeader)
        /// Bytes that are no record, with records behind them.
        case damage
        case end
    }

    private let file: any LogFile
    private let checksum: Checksum
    /// Where records end, or the end of the file.
    private let limit: UInt64
    /// Of the next record.
    private(set) var offset: UInt64
    /// A record found by search has to come after those before it.
    private var lastSequence: UInt64
    /// And up to the one that is known to be the segment's last.
    private let finalSequence: UInt64
    /// What there was at the end that is no record: zeros only where it was never written.
    private(set) var hasTornTail = false

    /// - Parameters:
    ///   - before: the sequence that comes before those of the segment.
    ///   - last: the last of them, where it is known.
    init(
        _ file: any LogFile, salt: UInt64, from offset: UInt64 = UInt64(SegmentHeader.size),
        upTo limit: UInt64, after before: UInt64, last: UInt64 = .max
    ) {
        self.file = file
        self.offset = offset
        self.limit = limit
        checksum = Checksum(salt: salt)
        lastSequence = before
        finalSequence = last
    }

    /// - Parameter largest: bytes of a payload that is read.
    mutating func next(payloads: Bool, largest: Int = .max) throws(StorageError) -> Item {
        guard let header = try header(at: offset) else {
            guard let place = try search() else {
                offset = limit
                return .end
            }
            offset = place
            return .damage
        }
        if payloads, Int(header.payloadLength) > largest { return .tooLarge(header) }
        let payloadOffset = offset + UInt64(RecordHeader.size)
        var payload: [UInt8]?
        if payloads {
            payload = try self.payload(of: header, at: payloadOffset)
        }
        offset += UInt64(header.recordSize)
        lastSequence = header.sequence
        return payloads && payload == nil ? .badPayload(header) : .record(header, payload: payload)
    }

    private func header(at offset: UInt64) throws(StorageError) -> RecordHeader? {
        guard offset + UInt64(RecordHeader.size) <= limit else { return nil }
        let bytes = try file.read(RecordHeader.size, at: offset)
        guard let header = RecordHeader(bytes, at: 0, checksum: checksum), isFitting(header, offset)
        else { return nil }
        return header
    }

    private func isFitting(_ header: RecordHeader, _ offset: UInt64) -> Bool {
        header.sequence > lastSequence && header.sequence - lastSequence < 1 << 32
            && header.sequence <= finalSequence
            && offset + UInt64(header.recordSize) <= limit
    }

    private func payload(
        of header: RecordHeader, at offset: UInt64
    ) throws(StorageError) -> [UInt8]? {
        let length = Int(header.payloadLength)
        let bytes = try file.read(length, at: offset)
        let trailer = try file.read(RecordHeader.trailerSize, at: offset + UInt64(length))
        guard bytes.count == length, trailer.count == RecordHeader.trailerSize,
            trailer.littleEndian(UInt32.self, at: 0) == checksum.of(bytes)
        else { return nil }
        return bytes
    }

    private static let step = 256 * 1024

    /// The next place behind `offset` at which a record begins.
    private mutating func search() throws(StorageError) -> UInt64? {
        var place = offset
        var isEmpty = true
        while place < limit {
            let bytes = try file.read(Int(min(UInt64(Self.step), limit - place)), at: place)
            guard !bytes.isEmpty else { break }
            // Almost always nothing was ever written here.
            if bytes.contains(where: { $0 != 0 }) {
                isEmpty = false
                if let found = try find(in: bytes, at: place) { return found }
            }
            // A header may stand across the border of two steps.
            guard bytes.count > RecordHeader.size else { break }
            place += UInt64(bytes.count - RecordHeader.size + 1)
        }
        hasTornTail = !isEmpty
        return nil
    }

    private func find(in bytes: [UInt8], at place: UInt64) throws(StorageError) -> UInt64? {
        let first = UInt8(truncatingIfNeeded: RecordHeader.magic)
        guard bytes.count >= RecordHeader.size else { return nil }
        for index in 0...bytes.count - RecordHeader.size where bytes[index] == first {
            let candidate = place + UInt64(index)
            guard candidate > offset,
                let header = RecordHeader(bytes, at: index, checksum: checksum),
                isFitting(header, candidate)
            else { continue }
            return candidate
        }
        return nil
    }
}
