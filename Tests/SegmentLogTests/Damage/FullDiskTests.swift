import Glibc
import Testing

@testable import SendingQueue

@Suite struct FullDiskTests {
    /// Where the file system says what it has left nothing has to fail; where it does not, a call does.
    @Test(arguments: [true, false])
    func `a full disk refuses, keeps what it has, and takes again when there is room`(
        tellsFreeSpace: Bool
    ) throws {
        let disk = FakeDisk()
        disk.capacity = 700_000
        disk.tellsFreeSpace = tellsFreeSpace
        let log = try SegmentLog(disk.directory(), .small, wallClock: { 0 })
        var accepted: [UInt64] = []
        var obstacles: [SegmentLog.Obstacle] = []
        func append(_ number: UInt64) {
            let request = QueuedRequest.numbered(number, bytes: 90_000, spans: 1, receivedAt: 0)
            do throws(SegmentLog.Obstacle) {
                _ = try log.append([request], isBehindReader: false)
                accepted.append(number)
            } catch {
                obstacles.append(error)
            }
        }
        for number in 1...12 as ClosedRange<UInt64> { append(number) }
        #expect(obstacles.count > 3 && accepted.count > 3)
        #expect(
            obstacles.allSatisfy {
                if case .failed(let error) = $0 { error.isLackOfSpace } else { $0 == .lowSpace }
            })
        // The cursor gets its room, and what is done makes room for others.
        for record in try log.read(maxBytes: .max, maxRecords: 3).records {
            log.finish(record.sequence)
        }
        disk.capacity = 720_000
        try log.writeCursor()
        append(20)
        #expect(accepted.last == 20)
        disk.crash()
        let next = try SegmentLog(disk.directory(), .small, wallClock: { 0 })
        let found = try next.read(maxBytes: .max, maxRecords: .max).records
        #expect(found.compactMap(\.payload.number) == Array(accepted.dropFirst(3)))
    }
}
