/// The 40 bytes before a record's payload. They have a checksum of their own: a damaged payload costs
/// its record, a damaged length must not be believed.
struct RecordHeader: Hashable {
    static let size = 40
    /// After the payload comes its checksum.
    static let trailerSize = 4
    static let magic: UInt32 = 0x4352_474d

    enum Kind {
        /// An `ExportTraceServiceRequest`.
        static let request: UInt16 = 1
        /// What was set aside, see `DeadLetter`.
        static let deadLetter: UInt16 = 2
    }

    var payloadLength: UInt32
    var kind: UInt16
    /// None is known.
    var flags: UInt16 = 0
    var sequence: UInt64
    var spanCount: UInt32
    /// Milliseconds since 1970; becomes `createdAt` of the records.
    var receivedAt: UInt64

    /// Of header, payload and trailer.
    var recordSize: Int { Self.size + Int(payloadLength) + Self.trailerSize }

    func append(to bytes: inout [UInt8], with checksum: Checksum) {
        var rest: [UInt8] = []
        rest.reserveCapacity(Self.size - 8)
        rest.append(littleEndian: payloadLength)
        rest.append(littleEndian: kind)
        rest.append(littleEndian: flags)
        rest.append(littleEndian: sequence)
        rest.append(littleEndian: spanCount)
        rest.append(littleEndian: UInt32(0))
        rest.append(littleEndian: receivedAt)
        bytes.append(littleEndian: Self.magic)
        bytes.append(littleEndian: checksum.of(rest))
        bytes += rest
    }

    /// The header at `offset`, or nil where none is.
    init?(_ bytes: [UInt8], at offset: Int, checksum: Checksum) {
        guard bytes.count - offset >= Self.size,
            bytes.littleEndian(UInt32.self, at: offset) == Self.magic,
            bytes.littleEndian(UInt32.self, at: offset + 4)
                == checksum.of(bytes, offset + 8..<offset + Self.size)
        else { return nil }
        payloadLength = bytes.littleEndian(UInt32.self, at: offset + 8)
        kind = bytes.littleEndian(UInt16.self, at: offset + 12)
        flags = bytes.littleEndian(UInt16.self, at: offset + 14)
        sequence = bytes.littleEndian(UInt64.self, at: offset + 16)
        spanCount = bytes.littleEndian(UInt32.self, at: offset + 24)
        receivedAt = bytes.littleEndian(UInt64.self, at: offset + 32)
    }

    init(
        payloadLength: UInt32, kind: UInt16, sequence: UInt64, spanCount: UInt32,
        receivedAt: UInt64
    ) {
        self.payloadLength = payloadLength
        self.kind = kind
        self.sequence = sequence
        self.spanCount = spanCount
        self.receivedAt = receivedAt
    }
}
