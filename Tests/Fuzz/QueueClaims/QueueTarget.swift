import FuzzClaims

@testable import SendingQueue

/// A queue directory with a segment, and a cursor where the first byte says so, both of any bytes.
///
/// - The log opens, whatever it finds, and opening it twice finds the same.
/// - It reads no record twice and none out of order, and no more bytes than there are.
/// - What it said was there it reads, or says that it is lost.
/// - It takes new requests, which are read behind the others, and after another start.
///
/// Checksums stop nearly every change of a byte, so that the second byte may ask for them to be written
/// anew: then it is lengths, counts and sequences that lie.
package enum QueueTarget: FuzzTarget {
    package static let name = "queue"
    private static let segmentName = Segment.name(1)

    package static func check(_ input: [UInt8]) throws(BrokenClaim) {
        guard input.count >= 2 else { return }
        var segment = Array(input[2...])
        var files: [String: [UInt8]] = [:]
        if input[0] & 1 == 1 {
            files["cursor"] = Sealing.cursor(Array(segment.suffix(64)), seals: input[1] & 1 == 1)
            segment.removeLast(min(64, segment.count))
        }
        if input[1] & 1 == 1 { Sealing.seal(&segment) }
        files[segmentName] = segment
        let first = try open(MemoryDirectory(files))
        let directory = MemoryDirectory(files)
        let log = try open(directory)
        try claim(first.unread == log.unread, "two starts find \(first.unread), \(log.unread)")
        try claim(first.nextSequence == log.nextSequence, "two starts go on differently")
        try readAll(log, of: segment)
        try goOn(log, directory)
    }

    private static func open(_ directory: MemoryDirectory) throws(BrokenClaim) -> SegmentLog {
        var configuration = SegmentLogConfiguration()
        configuration.maxBytes = 1 << 20
        do throws(StorageError) {
            return try SegmentLog(
                directory, configuration, wallClock: { 1_700_000_000_000 }, random: { 42 })
        } catch {
            throw BrokenClaim("a start fails: \(error)")
        }
    }

    private static func readAll(_ log: SegmentLog, of segment: [UInt8]) throws(BrokenClaim) {
        let expected = log.unread
        var last: UInt64 = 0
        var total = Amount()
        var bytes = 0
        while true {
            let found = try read(log)
            guard !found.records.isEmpty || found.corrupt.records > 0 else { break }
            for record in found.records {
                try claim(record.sequence > last, "sequence \(record.sequence) after \(last)")
                last = record.sequence
                bytes += record.payload.count
                total.records += 1
                total.spans += UInt64(record.spanCount)
            }
            total += found.corrupt
        }
        try claim(bytes <= segment.count, "\(bytes) bytes in a file of \(segment.count)")
        try claim(total.records >= expected.records, "\(total) of \(expected)")
        try claim(log.unread.isZero, "\(log.unread) cannot be read")
    }

    private static func read(_ log: SegmentLog) throws(BrokenClaim) -> SegmentLog.Found {
        do throws(StorageError) {
            return try log.read(maxBytes: 1 << 16, maxRecords: 100)
        } catch {
            throw BrokenClaim("reading fails: \(error)")
        }
    }

    private static func goOn(
        _ log: SegmentLog, _ directory: MemoryDirectory
    ) throws(BrokenClaim) {
        let request = QueuedRequest(body: [1, 2, 3], spanCount: 1, receivedAt: 7)
        do throws(SegmentLog.Obstacle) {
            _ = try log.append([request], isBehindReader: false)
        } catch {
            throw BrokenClaim("an append fails: \(error)")
        }
        try claim(
            try read(log).records.map(\.payload) == [[1, 2, 3]], "the new request is not read")
        let again = try open(MemoryDirectory(directory.contents))
        var payloads: [[UInt8]] = []
        while case let found = try read(again), !found.records.isEmpty || !found.corrupt.isZero {
            payloads += found.records.map(\.payload)
        }
        try claim(payloads.last == [1, 2, 3], "the new request is gone after another start")
    }
}
