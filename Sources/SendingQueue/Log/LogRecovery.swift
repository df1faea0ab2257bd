/// Finds out at a start what a directory holds. It changes nothing but names of files that hold nothing,
/// and gives back room that was reserved, so that it may end at any call and be run again.
struct LogRecovery {
    private let directory: any LogDirectory
    private let lane: UInt64
    private let changes: Bool
    /// Own sequences of segments that stay as they are: of a later version, or unreadable where their
    /// name cannot be changed. Nothing of theirs counts as done.
    private var kept: [UInt64] = []
    private var hasCursor = false
    /// The highest sequence that is in use, as far as anybody knows.
    private var highest: UInt64 = 0
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
        case .done(let done):
            self.done = done
            hasCursor = true
        case .missing: break
        case .damaged:
            figures.cursorResets += 1
            leaveRoom(for: 0)
        }
        highest = max(highest, done.last)
        for name in names {
            if let sequence = Segment.sequence(name) {
                highest = max(highest, sequence)
                try find(name, sequence)
            } else if name.hasSuffix(Self.bad),
                let sequence = Segment.sequence(String(name.dropLast(Self.bad.count)))
            {
                leaveRoom(for: sequence)
            }
        }
        segments.sort { $0.header.firstSequence < $1.header.firstSequence }
        closeGaps()
        // What was used up without leaving a record, so that the low-water mark is not held up.
        let last = segments.last?.lastSequence ?? done.lowWater
        highest = max(highest, last)
        if kept.isEmpty, last < highest { done.insert(last + 1...highest) }
        nextSequence = highest + 1
    }

    private static let bad = ".bad"
    /// A group whose sync failed was cut off, and a power cut may undo the cut: none of its sequences is
    /// for another record. More than any group has.
    private static let hiddenRecords: UInt64 = 1 << 20

    /// Nobody knows how far a segment goes that was not read, or how far a lost cursor had got.
    private mutating func leaveRoom(for sequence: UInt64) {
        highest = max(highest, sequence + 1 << 40)
    }

    private mutating func find(_ name: String, _ sequence: UInt64) throws(StorageError) {
        do throws(StorageError) {
            let file = try directory.open(name, forWriting: false)
            let size = try file.size()
            let bytes = try file.read(SegmentHeader.size, at: 0)
            switch SegmentHeader.read(bytes) {
            case .foreign:
                figures.foreignFiles += 1
                kept.append(sequence)
                leaveRoom(for: sequence)
            case .damaged: try setAside(name, sequence, file, size)
            case .header(let header):
                guard header.lane == lane, Segment.name(header.firstSequence) == name else {
                    return try setAside(name, sequence, file, size)
                }
                try survey(Segment(header: header, name: name, file: nil, fileSize: size), file)
            }
        } catch {
            if error.isLackOfResources { throw error }
            // The gateway that works here is done with it.
            if !changes, error.isMissing { return }
            figures.errors[error.symbol, default: 0] += 1
            figures.badSegments += 1
            leaveRoom(for: sequence)
            // Out of the way, since its sequences will count as done.
            if !changes || (try? directory.rename(name, to: name + Self.bad)) == nil {
                kept.append(sequence)
            }
        }
    }

    /// A file that was never written to is what a crash leaves of a new segment; any other is kept.
    private mutating func setAside(
        _ name: String, _ sequence: UInt64, _ file: any LogFile, _ size: UInt64
    ) throws(StorageError) {
        var isEmpty = true
        var offset: UInt64 = 0
        while isEmpty, offset < size {
            let bytes = try file.read(1 << 20, at: offset)
            guard !bytes.isEmpty else { break }
            isEmpty = !bytes.contains { $0 != 0 }
            offset += UInt64(bytes.count)
        }
        if isEmpty {
            // No record is lost with it, and another start may have more luck.
            if changes { try? directory.remove(name) }
            return
        }
        if changes { try directory.rename(name, to: name + Self.bad) }
        leaveRoom(for: sequence)
        figures.badSegments += 1
    }

    private mutating func survey(
        _ segment: Segment, _ file: any LogFile
    ) throws(StorageError) {
        var segment = segment
        segment.newestReceived = segment.header.created
        if let footer = try footer(of: segment, file) {
            try survey(&segment, file, with: footer)
        } else {
            try walkToTail(of: &segment, file)
        }
        segments.append(segment)
    }

    private mutating func survey(
        _ segment: inout Segment, _ file: any LogFile, with footer: SegmentFooter
    ) throws(StorageError) {
        segment.end = footer.end
        // When it was begun is near enough: all that is found here came before this life.
        segment.newestReceived = max(segment.newestReceived, try newest(segment, file))
        let first = segment.header.firstSequence
        let isTouched =
            done.lowWater > first
            || footer.lastSequence > first && done.touches(first + 1...footer.lastSequence)
        if isTouched, done.lowWater < footer.lastSequence {
            try walk(&segment, file, of: footer)
        } else {
            (segment.records, segment.spans, segment.payloadBytes) = (
                footer.records, footer.spans, footer.payloadBytes
            )
            segment.lastSequence = footer.lastSequence
            guard !isTouched else { return }
            segment.unread.records = footer.records
            segment.unread.spans = footer.spans
            segment.unread.bytes = footer.payloadBytes
        }
    }

    private func footer(
        of segment: Segment, _ file: any LogFile
    ) throws(StorageError) -> SegmentFooter? {
        guard segment.fileSize >= UInt64(SegmentHeader.size + SegmentFooter.size) else {
            return nil
        }
        let offset = segment.fileSize - UInt64(SegmentFooter.size)
        let footer = SegmentFooter(
            try file.read(SegmentFooter.size, at: offset), at: offset,
            checksum: segment.header.checksum)
        guard let footer, footer.lastSequence >= segment.header.firstSequence else { return nil }
        return footer
    }

    /// Only the limit of age asks for it, and only roughly.
    private func newest(_ segment: Segment, _ file: any LogFile) throws(StorageError) -> UInt64 {
        var reader = SegmentReader(
            file, salt: segment.header.salt, upTo: segment.end, after: segment.header.firstSequence)
        if case .record(let header, _) = try reader.next(payloads: false) {
            return header.receivedAt
        }
        return 0
    }

    /// Of a closed segment some records are done. Those that the footer has and the walk does not find
    /// are left to be met by the reader, which says that they are lost.
    private mutating func walk(
        _ segment: inout Segment, _ file: any LogFile, of footer: SegmentFooter
    ) throws(StorageError) {
        var reader = SegmentReader(
            file, salt: segment.header.salt, upTo: footer.end, after: segment.header.firstSequence,
            last: footer.lastSequence)
        var absent: UInt64 = 0
        walk: while true {
            switch try reader.next(payloads: false) {
            case .damage: continue
            case .end: break walk
            case .record(let header, _), .badPayload(let header), .tooLarge(let header):
                absent += done.absent(between: segment.lastSequence, and: header.sequence)
                segment.add(header, isUnread: !done.contains(header.sequence))
            }
        }
        absent += done.absent(between: segment.lastSequence, and: footer.lastSequence + 1)
        let missing = footer.records - min(segment.records, footer.records)
        if absent > 0, missing > 0 {
            // How the spans are spread among those that are done and those that are not is not known.
            let share = min(absent, missing)
            let spans = footer.spans - min(segment.spans, footer.spans)
            let bytes = footer.payloadBytes - min(segment.payloadBytes, footer.payloadBytes)
            segment.unread.records += share
            segment.unread.spans +=
                missing.dividingFullWidth(
                    spans.multipliedFullWidth(by: share)
                ).quotient
            segment.unread.bytes +=
                missing.dividingFullWidth(
                    bytes.multipliedFullWidth(by: share)
                ).quotient
        }
        segment.lastSequence = max(segment.lastSequence, footer.lastSequence)
    }

    /// Of a segment that was being written when its life ended. Damage with a record behind it is damage;
    /// what is at the end was never acknowledged, and is no part of the segment.
    private mutating func walkToTail(
        of segment: inout Segment, _ file: any LogFile
    ) throws(StorageError) {
        var reader = SegmentReader(
            file, salt: segment.header.salt, upTo: segment.fileSize,
            after: segment.header.firstSequence)
        var tail: [RecordHeader] = []
        var damages: UInt64 = 0
        walk: while true {
            switch try reader.next(payloads: true) {
            case .damage: damages += 1
            case .badPayload(let header), .tooLarge(let header): tail.append(header)
            case .end: break walk
            case .record(let header, _):
                for header in tail + [header] { add(header, to: &segment) }
                tail = []
                figures.corruptRecords += damages
                damages = 0
                segment.end = reader.offset
            }
        }
        segment.isSurveyed = true
        highest = max(highest, tail.last?.sequence ?? 0, segment.lastSequence + Self.hiddenRecords)
        if !tail.isEmpty || damages > 0 || reader.hasTornTail {
            figures.tornTails += 1
        } else if changes, segment.end < segment.fileSize {
            giveBackRoom(of: &segment)
        }
    }

    private mutating func add(_ header: RecordHeader, to segment: inout Segment) {
        // Sequences that are not there are met by no reader, and must not hold up the others.
        if segment.lastSequence + 1 < header.sequence {
            done.insert(segment.lastSequence + 1...header.sequence - 1)
        }
        segment.add(header, isUnread: !done.contains(header.sequence))
    }

    /// Nothing was ever written there. Otherwise each life that ends early would hold the room of a
    /// whole segment against the limit.
    private func giveBackRoom(of segment: inout Segment) {
        let file = try? directory.open(segment.name, forWriting: true)
        if let file, (try? file.truncate(segment.end)) != nil { segment.fileSize = segment.end }
    }

    /// Sequences that no segment has are done. A segment knows what came before it: what is not there
    /// and not done is missing.
    private mutating func closeGaps() {
        for index in segments.indices {
            let header = segments[index].header
            let before = index == 0 ? 0 : segments[index - 1].lastSequence
            guard before < header.firstSequence else { continue }
            let start = before + 1
            if let kept = kept.filter({ start...header.firstSequence ~= $0 }).min() {
                if start < kept { done.insert(start...kept - 1) }
                done.insert(header.firstSequence)
                continue
            }
            // Without a cursor nobody knows what has been before the first of them.
            if hasCursor || index > 0, header.precedingSequence > before {
                let last = min(header.precedingSequence, header.firstSequence)
                figures.missingRecords += done.absent(from: start...max(start, last))
            }
            done.insert(start...header.firstSequence)
        }
    }
}
