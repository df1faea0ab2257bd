/// Finds out at a start what a directory holds. It changes nothing but names of files that hold nothing,
/// so that it may end at any call and be run again.
struct LogRecovery {
    private let directory: any LogDirectory
    private let lane: UInt64
    private let changes: Bool
    /// Own sequences of segments of a later version.
    private var foreign: [UInt64] = []
    var segments: [Segment] = []
    var cursor: CursorFile
    var done = DoneSet()
    var nextSequence: UInt64 = 1
    var figures = LogFigures()

    /// - Parameter changes: whether empty files may be removed and bad ones set aside.
    init(_ directory: any LogDirectory, lane: UInt64, changes: Bool) {
        self.directory = directory
        self.lane = lane
        self.changes = changes
        cursor = CursorFile(directory, lane: lane)
    }

    mutating func run() throws(StorageError) {
        let names = try directory.names()
        switch try cursor.read() {
        case .done(let done): self.done = done
        case .missing: break
        case .damaged: figures.cursorResets += 1
        }
        var highest = done.last
        for name in names {
            guard let sequence = Segment.sequence(name) else { continue }
            highest = max(highest, sequence)
            try find(name, sequence)
        }
        segments.sort { $0.header.firstSequence < $1.header.firstSequence }
        closeGaps()
        highest = max(highest, segments.last?.lastSequence ?? 0)
        // Nobody knows how far a foreign segment goes.
        if let last = foreign.max() { highest = max(highest, last + 1 << 40) }
        nextSequence = highest + 1
    }

    private mutating func find(_ name: String, _ sequence: UInt64) throws(StorageError) {
        do throws(StorageError) {
            let file = try directory.open(name, forWriting: false)
            let size = try file.size()
            let bytes = try file.read(SegmentHeader.size, at: 0)
            switch SegmentHeader.read(bytes) {
            case .foreign:
                figures.foreignFiles += 1
                foreign.append(sequence)
            case .damaged: try setAside(name, file, size)
            case .header(let header):
                guard header.lane == lane, Segment.name(header.firstSequence) == name else {
                    return try setAside(name, file, size)
                }
                try survey(Segment(header: header, name: name, file: nil, fileSize: size), file)
            }
        } catch {
            if error.isLackOfResources { throw error }
            figures.errors[error.symbol, default: 0] += 1
            figures.badSegments += 1
            // Kept out of the way, since its sequences will count as done.
            if changes { try? directory.rename(name, to: name + ".bad") }
        }
    }

    /// A file that was never written to is what a crash leaves of a new segment; any other is kept.
    private mutating func setAside(
        _ name: String, _ file: any LogFile, _ size: UInt64
    ) throws(StorageError) {
        var isEmpty = true
        var offset: UInt64 = 0
        while isEmpty, offset < size {
            let bytes = try file.read(1 << 20, at: offset)
            guard !bytes.isEmpty else { break }
            isEmpty = !bytes.contains { $0 != 0 }
            offset += UInt64(bytes.count)
        }
        if !isEmpty { figures.badSegments += 1 }
        guard changes else { return }
        if isEmpty {
            try directory.remove(name)
        } else {
            try directory.rename(name, to: name + ".bad")
        }
    }

    private mutating func survey(
        _ segment: Segment, _ file: any LogFile
    ) throws(StorageError) {
        var segment = segment
        segment.newestReceived = segment.header.created
        if let footer = try footer(of: segment, file) {
            segment.end = footer.end
            segment.lastSequence = footer.lastSequence
            // No record has come later than the footer was written.
            segment.newestReceived = max(segment.newestReceived, try newest(segment, file))
            let sequences = segment.header.firstSequence...max(
                footer.lastSequence, segment.header.firstSequence)
            if done.lowWater >= footer.lastSequence {
                (segment.records, segment.spans, segment.payloadBytes) = (
                    footer.records, footer.spans, footer.payloadBytes
                )
            } else if done.lowWater <= segment.header.firstSequence, !done.touches(sequences) {
                (segment.records, segment.spans, segment.payloadBytes) = (
                    footer.records, footer.spans, footer.payloadBytes
                )
                segment.unread.records = footer.records
                segment.unread.spans = footer.spans
                segment.unread.bytes = footer.payloadBytes
            } else {
                try walk(&segment, file, upTo: footer.end, payloads: false)
                // What the walk does not find and the footer has is lost, as far as it was not done.
                segment.end = footer.end
                segment.lastSequence = max(segment.lastSequence, footer.lastSequence)
            }
        } else {
            try walk(&segment, file, upTo: segment.fileSize, payloads: true)
        }
        segments.append(segment)
    }

    private func footer(
        of segment: Segment, _ file: any LogFile
    ) throws(StorageError) -> SegmentFooter? {
        guard segment.fileSize >= UInt64(SegmentHeader.size + SegmentFooter.size) else {
            return nil
        }
        let offset = segment.fileSize - UInt64(SegmentFooter.size)
        return SegmentFooter(
            try file.read(SegmentFooter.size, at: offset), at: offset,
            checksum: segment.header.checksum)
    }

    /// Only the limit of age asks for it, and only roughly: when the next segment was begun.
    private func newest(_ segment: Segment, _ file: any LogFile) throws(StorageError) -> UInt64 {
        var reader = SegmentReader(
            file, salt: segment.header.salt, upTo: segment.end, after: segment.header.firstSequence)
        if case .record(let header, _) = try reader.next(payloads: false) {
            return header.receivedAt
        }
        return 0
    }

    private mutating func walk(
        _ segment: inout Segment, _ file: any LogFile, upTo limit: UInt64, payloads: Bool
    ) throws(StorageError) {
        var reader = SegmentReader(
            file, salt: segment.header.salt, upTo: limit, after: segment.header.firstSequence)
        walk: while true {
            let item = try reader.next(payloads: payloads)
            switch item {
            case .damage: figures.corruptRecords += 1
            case .end: break walk
            case .record(let header, _), .badPayload(let header):
                segment.add(header, isUnread: !done.contains(header.sequence))
                segment.end = reader.offset
            }
        }
        if reader.hasTornTail, payloads { figures.tornTails += 1 }
    }

    /// Sequences that no segment has are done. A segment knows what came before it: what is not there
    /// and not done is missing.
    private mutating func closeGaps() {
        for index in segments.indices {
            let header = segments[index].header
            let before = index == 0 ? done.lowWater : segments[index - 1].lastSequence
            let known = max(before, done.lowWater)
            if header.precedingSequence > known {
                figures.missingRecords += header.precedingSequence - known
            }
            let start = index == 0 ? min(1, header.firstSequence) : before + 1
            let kept = foreign.filter { start...header.firstSequence ~= $0 }.min()
            if let kept {
                if start < kept { done.insert(start...kept - 1) }
                done.insert(header.firstSequence)
            } else if start <= header.firstSequence {
                done.insert(start...header.firstSequence)
            }
        }
    }
}
