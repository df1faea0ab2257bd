/// One file of the log, and what it holds.
struct Segment {
    let header: SegmentHeader
    let name: String
    /// Nil where nothing is to be written to it any more.
    var file: (any LogFile)?
    var fileSize: UInt64
    /// Behind the last durable record.
    var end: UInt64
    /// Of all records.
    var records: UInt64 = 0
    var spans: UInt64 = 0
    var payloadBytes: UInt64 = 0
    /// Of its newest record; the segment's own where it has none.
    var lastSequence: UInt64
    /// What a reader has to find: not read yet, and not done.
    var unread = Amount()
    /// It could not be read to its end, and is kept for people to look at.
    var isUnreadable = false
    /// Its records were looked at one by one at the start, and what is damaged was counted.
    var isSurveyed = false
    /// Of the newest record, for the limit of age; milliseconds since 1970.
    var newestReceived: UInt64 = 0
    /// When it was appended; nil for one that was found at the start.
    var newestAppended: ContinuousClock.Instant?

    init(header: SegmentHeader, name: String, file: (any LogFile)?, fileSize: UInt64) {
        self.header = header
        self.name = name
        self.file = file
        self.fileSize = fileSize
        end = UInt64(SegmentHeader.size)
        lastSequence = header.firstSequence
    }

    static func name(_ firstSequence: UInt64) -> String {
        let digits = String(firstSequence, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits + ".seg"
    }

    /// The first sequence of a segment with that name; nil for any other file.
    static func sequence(_ name: String) -> UInt64? {
        guard let sequence = UInt64(name.prefix(16), radix: 16), sequence <= maxSequence,
            Self.name(sequence) == name
        else { return nil }
        return sequence
    }

    /// No log gets as far as that; a name or a cursor that says so is not ours, and sums stay in
    /// range.
    static let maxSequence: UInt64 = 1 << 62

    mutating func add(_ header: RecordHeader, isUnread: Bool) {
        records += 1
        spans += UInt64(header.spanCount)
        payloadBytes += UInt64(header.payloadLength)
        lastSequence = header.sequence
        newestReceived = max(newestReceived, header.receivedAt)
        if isUnread { unread.add(header) }
    }
}

/// Requests, and what they come to.
package struct Amount: Hashable, Sendable {
    package var records: UInt64 = 0
    package var spans: UInt64 = 0
    package var bytes: UInt64 = 0

    package init() {}

    var isZero: Bool { records == 0 }

    mutating func add(_ header: RecordHeader) {
        records += 1
        spans += UInt64(header.spanCount)
        bytes += UInt64(header.payloadLength)
    }

    /// Answers by how much the record is more than there is: a footer is believed, and may be of a file
    /// that somebody has changed.
    mutating func subtract(_ header: RecordHeader) -> Amount {
        var surplus = Amount()
        func take(_ value: UInt64, from part: inout UInt64) -> UInt64 {
            let taken = min(part, value)
            part -= taken
            return value - taken
        }
        surplus.records = take(1, from: &records)
        surplus.spans = take(UInt64(header.spanCount), from: &spans)
        surplus.bytes = take(UInt64(header.payloadLength), from: &bytes)
        return surplus
    }

    static func += (left: inout Amount, right: Amount) {
        left.records += right.records
        left.spans += right.spans
        left.bytes += right.bytes
    }
}
