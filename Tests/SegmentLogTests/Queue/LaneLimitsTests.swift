import Testing

@testable import SendingQueue

/// What of a lane on disk is in memory, and limits that change while it runs. The number of a request has 16
/// bytes.
@Suite struct LaneLimitsTests {
    @Test func `a request larger than the window waits for an empty one, and stalls nothing`()
        throws
    {
        let lane = try Lane {
            $0.queue.windowBytes = 10_000
            $0.queue.maxOfferedBytes = 100_000
        }
        for number in 1...3 as ClosedRange<UInt64> {
            lane.offer(number, bytes: 4000)
            lane.turn()
        }
        lane.offer(4, bytes: 50_000)
        lane.offer(5, bytes: 100)
        lane.turn()
        var largest = 0
        var numbers: [UInt64] = []
        for _ in 0..<100 {
            let bytes = lane.queue.backlog().bytes
            largest = max(largest, bytes)
            if let item = lane.queue.take() {
                numbers.append(item.request.body.number ?? 0)
                lane.queue.settle(item.ticket, spans: item.spans.count, as: .delivered)
            }
            lane.turn(after: .milliseconds(100))
        }
        #expect(numbers == [1, 2, 3, 4, 5])
        #expect(
            (50_016...60_016).contains(largest) && lane.books.isBalanced
                && lane.books.queuedSpans == 0)
    }

    @Test func `spans that were refused before the queue was asked are in the books`() throws {
        let lane = try Lane()
        lane.queue.noteRefused(5)
        #expect(lane.books.refused == 5 && lane.books.isBalanced)
    }

    @Test func `a full lane takes spans again as soon as it may have more`() throws {
        let lane = try Lane { $0.queue.maxBytes = 1000 }
        lane.offer(1, bytes: 900)
        lane.turn()
        #expect(lane.queue.delayIfFull(bytes: 900) != nil)
        var setup = DurableQueue.Setup(
            queue: lane.setting.queue, worker: lane.setting.worker, log: lane.setting.log,
            deadLetterBytes: 1 << 20)
        setup.queue.maxBytes = 10_000
        lane.queue.adopt(setup)
        #expect(lane.queue.delayIfFull(bytes: 900) == nil)
        #expect(lane.books.capacityBytes == 10_000)
        let outcome = lane.offer(2, bytes: 900)
        lane.turn()
        #expect(outcome.all == [.accepted])
        #expect(lane.deliverAll() == [1, 2])
    }

    @Test func `the disk's limits follow too`() throws {
        let lane = try Lane { $0.log.maxBytes = 1 << 20 }
        #expect(lane.log.configuration.maxBytes == 1 << 20)
        var setup = DurableQueue.Setup(
            queue: lane.setting.queue, worker: lane.setting.worker, log: lane.setting.log,
            deadLetterBytes: 3 << 20)
        setup.log.maxBytes = 4 << 20
        setup.worker.maxAge = .seconds(5)
        lane.queue.adopt(setup)
        lane.turn()
        #expect(lane.log.configuration.maxBytes == 4 << 20)
        #expect(lane.letters?.configuration.maxBytes == 3 << 20)
        lane.offer(1)
        lane.turn()
        try lane.restart()
    }
}
