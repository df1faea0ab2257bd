import Testing

@testable import SendingQueue

/// A log of one life, on a disk whose bytes a test changes before the next one.
struct WrittenLog {
    let disk = FakeDisk()
    private(set) var requests: [QueuedRequest] = []
    var configuration = SegmentLogConfiguration.small

    /// - Parameter isClosed: whether the last segment has a footer.
    init(
        _ sizes: [Int] = [20, 40, 0, 60, 30], isClosed: Bool, done: [Int] = [],
        maxBytes: UInt64 = 2 << 20
    ) throws {
        configuration.maxBytes = maxBytes
        let log = try open()
        for (index, size) in sizes.enumerated() {
            let request = QueuedRequest.numbered(
                UInt64(index + 1), bytes: size, spans: index + 1, receivedAt: UInt64(index) * 1000)
            requests.append(request)
            _ = try log.append([request], isBehindReader: false)
        }
        if !done.isEmpty {
            let found = try log.read(maxBytes: .max, maxRecords: .max)
            for index in done { log.finish(found.records[index].sequence) }
            try log.writeCursor()
        }
        if isClosed { log.close() }
        disk.kill()
        // What was only reserved takes long to look at.
        if !isClosed { inode.resize(placeOfRecord(requests.count) + 100) }
    }

    func open() throws -> SegmentLog {
        try SegmentLog(
            disk.directory(), configuration, wallClock: { 5000 }, random: { 0x1234_5678_9abc_def0 })
    }

    var inode: FakeInode { disk.names[disk.segmentNames.first ?? ""] ?? FakeInode() }

    /// Where the record with that index begins; of the one behind the last, where all of them end.
    func placeOfRecord(_ index: Int) -> Int {
        requests.prefix(index).reduce(SegmentHeader.size) { $0 + Self.size($1) }
    }

    func range(ofRecord index: Int) -> Range<Int> {
        placeOfRecord(index)..<placeOfRecord(index + 1)
    }

    private static func size(_ request: QueuedRequest) -> Int {
        RecordHeader.size + request.body.count + RecordHeader.trailerSize
    }

    func amount(_ indices: [Int]) -> Amount {
        indices.reduce(into: Amount()) { sum, index in
            sum.records += 1
            sum.spans += UInt64(requests[index].spanCount)
            sum.bytes += UInt64(requests[index].body.count)
        }
    }
}

/// What a start finds, and what comes of it.
struct Recovery: Equatable {
    /// The requests, by their order when they were written.
    var indices: [Int] = []
    var corrupt = Amount()
    var figures = LogFigures()

    /// Opens it, reads and finishes all, and looks that nothing is held up by what is not there.
    init(of written: WrittenLog) throws {
        let log = try written.open()
        let unread = log.unread
        var sum = Amount()
        while !log.unread.isZero {
            let found = try log.read(maxBytes: 100, maxRecords: 3)
            corrupt += found.corrupt
            sum += found.corrupt
            for record in found.records {
                let index = Int(record.payload.number ?? 0) - 1
                indices.append(index)
                #expect(written.requests[index].body == record.payload)
                #expect(written.requests[index].spanCount == record.spanCount)
                #expect(written.requests[index].receivedAt == record.receivedAt)
                sum += written.amount([index])
                log.finish(record.sequence)
            }
        }
        #expect(sum == unread)
        figures = log.figures
        try log.writeCursor()
        #expect(log.segments.isEmpty)
        if figures.foreignFiles == 0 {
            #expect(log.done == DoneSet(lowWater: log.nextSequence - 1))
        }
    }
}
