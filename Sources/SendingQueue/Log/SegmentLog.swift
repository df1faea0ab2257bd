import Glibc

/// The requests of a lane on disk: appended at one end, read at the other, and removed a segment at a
/// time when all of its requests are done. docs/queue-format.md describes the files, and
/// docs/decisions/0019 why they are as they are.
///
/// All of it blocks, and is used by one thread.
package final class SegmentLog {
    let directory: any LogDirectory
    package private(set) var configuration: SegmentLogConfiguration
    let wallClock: @Sendable () -> UInt64
    let random: @Sendable () -> UInt64
    let now: @Sendable () -> ContinuousClock.Instant
    let isReadOnly: Bool

    /// Oldest first. The last one is written to where it has a file.
    var segments: [Segment] = []
    var cursor: CursorFile
    /// Done, whether the cursor says so already or not.
    var done: DoneSet
    /// As the cursor has it, once this life has written one: what the last one left may be in the
    /// memory of the system alone, and is no ground for removing anything.
    var durableDone = DoneSet()
    var nextSequence: UInt64
    /// Of the newest record that is durable.
    private var lastRecord: UInt64
    /// Failures of the disk in a row.
    private(set) var failures = 0
    package internal(set) var figures = LogFigures()
    /// Of the group that is written; kept for its memory.
    private var buffer: [UInt8] = []

    var position = ReadPosition()
    /// Of the record that was read last: one that comes again, from a copy of a file, is none.
    var lastRead: UInt64 = 0
    /// Failures to read in a row.
    var readFailures = 0

    /// Opens what there is and says what it holds. What is damaged is passed over or set aside; only a
    /// directory that cannot be listed is an error.
    ///
    /// - Parameters:
    ///   - wallClock: milliseconds since 1970.
    ///   - random: for salts.
    ///   - isReadOnly: nothing is renamed or removed, for a look beside a running gateway.
    package init(
        _ directory: any LogDirectory, _ configuration: SegmentLogConfiguration,
        wallClock: @escaping @Sendable () -> UInt64,
        random: @escaping @Sendable () -> UInt64 = { UInt64.random(in: 0 ... .max) },
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now },
        isReadOnly: Bool = false
    ) throws(StorageError) {
        self.directory = directory
        self.configuration = configuration
        self.wallClock = wallClock
        self.random = random
        self.now = now
        self.isReadOnly = isReadOnly
        let lane = SegmentHeader.hash(ofLane: configuration.lane)
        var recovery = LogRecovery(directory, lane: lane, changes: !isReadOnly)
        try recovery.run()
        segments = recovery.segments
        cursor = recovery.cursor
        done = recovery.done
        figures = recovery.figures
        nextSequence = recovery.nextSequence
        lastRecord = segments.last?.lastSequence ?? done.last
        countFiles()
    }

    /// Other limits, for the segments that are begun from now on.
    package func adopt(
        maxBytes: UInt64, minFree: UInt64, durability: SegmentLogConfiguration.Durability
    ) {
        configuration.maxBytes = maxBytes
        configuration.minFree = minFree
        configuration.durability = durability
    }

    /// What waits to be read.
    package var unread: Amount {
        segments.reduce(into: Amount()) { $0 += $1.unread }
    }

    package var fileBytes: UInt64 { segments.reduce(0) { $0 + $1.fileSize } }

    func countFiles() {
        figures.segments = segments.count
        figures.fileBytes = fileBytes
    }

    var activeIndex: Int? {
        segments.last?.file == nil ? nil : segments.count - 1
    }
}

// MARK: - Appending

extension SegmentLog {
    /// Why a group was not appended. Nothing of it will be acknowledged, and no later record will have
    /// one of its sequences.
    package enum Obstacle: Error, Hashable {
        /// The segments have as many bytes as they may.
        case full
        /// The file system has less room than is to be left to others.
        case lowSpace
        case failed(StorageError)

        /// Something that goes would make it.
        var isLackOfRoom: Bool {
            switch self {
            case .full, .lowSpace: true
            case .failed(let error): error.isLackOfSpace
            }
        }
    }

    /// A record to be.
    typealias Entry = (payload: [UInt8], spans: UInt32, receivedAt: UInt64)

    /// Appends requests, durable when it returns.
    ///
    /// - Parameter isBehindReader: the requests are handed on from memory, so that the reader passes
    ///   over them; only where it has read all that came before.
    /// - Returns: the sequence of the first; the others follow it.
    package func append(
        _ requests: [QueuedRequest], isBehindReader: Bool
    ) throws(Obstacle) -> UInt64 {
        try append(
            requests.map { ($0.body, UInt32($0.spanCount), $0.receivedAt) },
            isBehindReader: isBehindReader)
    }

    func append(
        _ entries: [Entry], isBehindReader: Bool
    ) throws(Obstacle) -> UInt64 {
        let size = UInt64(
            entries.reduce(0) {
                $0 + RecordHeader.size + $1.payload.count + RecordHeader.trailerSize
            })
        try refusing { () throws(StorageError) in try closeIfFull(for: size) }
        if activeIndex == nil {
            if let obstacle = lackOfRoom(for: size) { throw obstacle }
            try refusing { () throws(StorageError) in try begin(for: size) }
        }
        let first = try refusing { () throws(StorageError) in
            try write(entries, isBehindReader: isBehindReader)
        }
        failures = 0
        return first
    }

    private func refusing<Value>(
        _ body: () throws(StorageError) -> Value
    ) throws(Obstacle) -> Value {
        do throws(StorageError) {
            return try body()
        } catch {
            note(error)
            abandon()
            throw .failed(error)
        }
    }

    /// A group that fits into no segment gets one of its own size.
    private func closeIfFull(for size: UInt64) throws(StorageError) {
        guard let index = activeIndex else { return }
        let capacity = max(configuration.segmentBytes, segments[index].fileSize)
        if segments[index].end + size + UInt64(SegmentFooter.size) > capacity {
            try closeActive()
        }
    }

    private func write(
        _ entries: [Entry], isBehindReader: Bool
    ) throws(StorageError) -> UInt64 {
        let index = segments.count - 1
        guard let file = segments[index].file else {
            preconditionFailure("a segment has been begun")
        }
        let checksum = segments[index].header.checksum
        let first = nextSequence
        var headers: [RecordHeader] = []
        headers.reserveCapacity(entries.count)
        var end = segments[index].end
        buffer.removeAll(keepingCapacity: true)
        for entry in entries {
            let header = RecordHeader(
                payloadLength: UInt32(entry.payload.count), kind: configuration.kind.recordKind,
                sequence: nextSequence, spanCount: entry.spans, receivedAt: entry.receivedAt)
            // Never used again, whatever becomes of the write.
            nextSequence += 1
            header.append(to: &buffer, with: checksum)
            if entry.payload.count > Self.largePayload {
                // Not copied, so that memory does not follow the largest body.
                try flush(to: file, at: &end)
                try file.write(entry.payload, at: end)
                end += UInt64(entry.payload.count)
            } else {
                buffer += entry.payload
            }
            buffer.append(littleEndian: checksum.of(entry.payload))
            headers.append(header)
        }
        try flush(to: file, at: &end)
        if configuration.durability == .fsync {
            figures.syncs += 1
            try file.sync()
        }
        segments[index].end = end
        segments[index].fileSize = max(segments[index].fileSize, segments[index].end)
        segments[index].newestAppended = now()
        for header in headers { segments[index].add(header, isUnread: !isBehindReader) }
        lastRecord = segments[index].lastSequence
        if isBehindReader { position.pass(segments[index]) }
        return first
    }

    /// Groups have up to a MiB, or one payload that is larger.
    private static let largePayload = 1 << 20

    private func flush(to file: any LogFile, at end: inout UInt64) throws(StorageError) {
        guard !buffer.isEmpty else { return }
        try file.write(buffer, at: end)
        end += UInt64(buffer.count)
        buffer.removeAll(keepingCapacity: true)
    }

    private func begin(for size: UInt64) throws(StorageError) {
        if cursor.isInDoubt { try cursor.write(done) }
        let header = SegmentHeader(
            lane: SegmentHeader.hash(ofLane: configuration.lane), firstSequence: nextSequence,
            precedingSequence: lastRecord, created: wallClock(), salt: random())
        // A name is not tried twice, and no record has its sequence.
        nextSequence += 1
        done.insert(header.firstSequence)
        let name = Segment.name(header.firstSequence)
        let file = try directory.create(name)
        let length = max(
            configuration.segmentBytes,
            size + UInt64(SegmentHeader.size + SegmentFooter.size))
        do throws(StorageError) {
            try file.allocate(length)
            try file.write(header.bytes, at: 0)
            figures.syncs += 1
            try file.sync()
            try directory.sync()
            // After a failure the disk has to show that it keeps what it is given.
            if failures > 0 { try readBack(header, name) }
        } catch {
            try? directory.remove(name)
            throw error
        }
        var segment = Segment(header: header, name: name, file: file, fileSize: length)
        segment.newestReceived = header.created
        segments.append(segment)
        countFiles()
    }

    private func readBack(_ header: SegmentHeader, _ name: String) throws(StorageError) {
        let bytes = try directory.open(name, forWriting: false).read(SegmentHeader.size, at: 0)
        guard bytes == header.bytes else { throw StorageError("read back", name, EIO) }
    }

    /// Writes the footer, gives back the room that is left over, and ends writing to the segment.
    func closeActive() throws(StorageError) {
        guard let index = activeIndex, let file = segments[index].file else { return }
        let segment = segments[index]
        let footer = SegmentFooter(
            records: segment.records, spans: segment.spans, lastSequence: segment.lastSequence,
            end: segment.end, payloadBytes: segment.payloadBytes)
        try file.write(footer.bytes(with: segment.header.checksum), at: segment.end)
        let size = segment.end + UInt64(SegmentFooter.size)
        try file.truncate(size)
        figures.syncs += 1
        try file.sync()
        segments[index].file = nil
        segments[index].fileSize = size
        countFiles()
    }

    /// Nothing is written to the segment any more. What of the group is in it was not acknowledged; it
    /// goes if the disk still lets it, and else is sent without having been asked for.
    func abandon() {
        guard let index = activeIndex, let file = segments[index].file else { return }
        segments[index].file = nil
        if (try? file.truncate(segments[index].end)) != nil {
            segments[index].fileSize = segments[index].end
        }
        burn(after: segments[index].lastSequence)
        if segments[index].records == 0, (try? directory.remove(segments[index].name)) != nil {
            segments.remove(at: index)
        }
        countFiles()
    }

    /// No record has those sequences, and the low-water mark has to pass them.
    private func burn(after last: UInt64) {
        if last + 1 < nextSequence { done.insert(last + 1...nextSequence - 1) }
    }

    private func note(_ error: StorageError) {
        failures += 1
        figures.errors[error.symbol, default: 0] += 1
    }

    /// An error at something else than an append: counted, and tried again.
    func noteOther(_ error: StorageError) {
        figures.errors[error.symbol, default: 0] += 1
    }

    /// Whether requests could be appended now, found out without one: a new segment has to be made,
    /// synced and read back where none is open.
    package func probe() -> Obstacle? {
        if activeIndex != nil { return isLowOnSpace ? .lowSpace : nil }
        if let obstacle = lackOfRoom(for: 0) { return obstacle }
        do throws(Obstacle) {
            try refusing { () throws(StorageError) in try begin(for: 0) }
            return nil
        } catch {
            return error
        }
    }

    private func lackOfRoom(for size: UInt64) -> Obstacle? {
        let length = max(configuration.segmentBytes, size)
        let isFull =
            !segments.isEmpty
            && fileBytes + length > configuration.maxBytes + configuration.segmentBytes
        if isFull { return .full }
        return isLowOnSpace ? .lowSpace : nil
    }

    package var isLowOnSpace: Bool {
        guard let free = directory.freeSpace() else { return false }
        return free < configuration.minFree
    }

    /// What keeps the next request from being taken, as far as it is seen without writing anything.
    package var foreseen: Obstacle? {
        guard let free = directory.freeSpace() else { return nil }
        if free < configuration.minFree { return .lowSpace }
        return activeIndex == nil && free < configuration.segmentBytes
            ? .failed(.noSpace) : nil
    }
}
