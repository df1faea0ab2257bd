import Foundation
import TestKit
import Testing

@testable import SendingQueue

@Suite struct WorkerTests {
    @Test func `the self-check finds books that do not close`() throws {
        let lane = try Lane()
        for number in 1...3 { lane.offer(UInt64(number)) }
        lane.turn()
        lane.turn(after: .seconds(60))
        #expect(lane.queue.figures().mismatches == 0)
        lane.queue.state.withLock { $0.books.queuedSpans += 1 }
        lane.turn(after: .seconds(60))
        #expect(lane.events.all == [.mismatch(counted: 9, booked: 10)])
        lane.turn()
        #expect(lane.queue.figures().mismatches == 1)
    }

    @Test func `the cursor is written at most once a second, and says when it cannot be`() throws {
        let lane = try Lane()
        lane.offer(1)
        lane.turn()
        let before = lane.disk.calls
        let item = try #require(lane.queue.take())
        lane.queue.settle(item.ticket, spans: 3, as: .delivered)
        lane.turn(after: .milliseconds(900))
        #expect(lane.disk.calls == before)
        lane.disk.fail(1, .write, code: 5, times: 2)
        for _ in 1...2 { lane.turn(after: .seconds(1)) }
        #expect(lane.events.all.count == 1)
        lane.turn(after: .seconds(1))
        #expect(!lane.log.hasUnwrittenCursor)
        lane.disk.crash()
        try lane.restart()
        #expect(lane.deliverAll().isEmpty)
    }

    @Test func `a segment that could not be removed is removed later`() throws {
        let lane = try Lane()
        lane.offer(1)
        lane.turn()
        #expect(lane.deliverAll() == [1])
        lane.offer(2, bytes: 1 << 20)
        lane.turn()
        lane.disk.fail(1, .remove, code: 13)
        lane.turn(after: .seconds(1))
        #expect(lane.disk.segmentNames.count == 2)
        lane.turn(after: .seconds(1))
        #expect(lane.disk.segmentNames.count == 1)
    }

    /// The intervals are so long that only a ring can have done it.
    @Test func `a worker on its thread takes all there is, and ends with everything on disk`()
        async throws
    {
        let lane = try Lane { $0.worker.checkInterval = .seconds(3600) }
        let outcomes = (1...1300).map { lane.offer(UInt64($0), bytes: 10, spans: 1) }
        let beats = Recorded<Bool>()
        let isDone = Recorded<Bool>()
        let worker = lane.worker
        let thread = Thread {
            worker.run { beats.append(true) }
            isDone.append(true)
        }
        thread.start()
        #expect(await eventually { outcomes.allSatisfy { $0.all == [.accepted] } })
        var sent: [UInt64] = []
        while let item = lane.queue.take(), sent.count < 100 {
            sent.append(item.ticket.sequence)
            lane.queue.settle(item.ticket, spans: 1, as: .delivered)
        }
        lane.queue.end()
        #expect(await eventually { !isDone.all.isEmpty })
        #expect(!beats.all.isEmpty)
        lane.disk.crash()
        try lane.restart()
        #expect(lane.books.recovered == 1200)
        #expect(lane.deliverAll() == Array(101...1300))
    }
}
