import ExportTestKit
import TestKit
import Testing

@testable import SendingQueue

@Suite struct RetryAfterTests {
    private let clock = ManualClock()

    @Test func `a queue from which nothing has left asks for the longest delay`() {
        var drain = DrainRate()
        #expect(drain.seconds(for: 1, at: clock) == 30)
    }

    @Test(arguments: [(1, 1), (100, 1), (101, 2), (250, 3), (3000, 30), (1_000_000, 30)])
    func `room comes as fast as bytes left in the window before`(_ bytes: Int, _ seconds: Int) {
        var drain = DrainRate()
        drain.note(600, at: clock.now)
        clock.advance(by: .seconds(4))
        drain.note(400, at: clock.now)
        clock.advance(by: .seconds(6))
        // 1000 bytes in 10 seconds.
        #expect(drain.seconds(for: bytes, at: clock) == seconds)
    }

    @Test func `the window that runs counts where it is the faster one`() {
        var drain = DrainRate()
        drain.note(500, at: clock.now)
        clock.advance(by: .seconds(5))
        #expect(drain.seconds(for: 1000, at: clock) == 10)
        clock.advance(by: .seconds(5))
        #expect(drain.seconds(for: 1000, at: clock) == 20)
        drain.note(4000, at: clock.now)
        clock.advance(by: .seconds(2))
        #expect(drain.seconds(for: 2000, at: clock) == 1)
    }

    @Test func `a first burst does not pass for a rate of its own`() {
        var drain = DrainRate()
        drain.note(500, at: clock.now)
        clock.advance(by: .milliseconds(1))
        #expect(drain.seconds(for: 1000, at: clock) == 2)
    }

    @Test func `after a standstill the old rate is forgotten`() {
        var drain = DrainRate()
        drain.note(1_000_000, at: clock.now)
        clock.advance(by: .seconds(10))
        #expect(drain.seconds(for: 1000, at: clock) == 1)
        clock.advance(by: .seconds(10))
        #expect(drain.seconds(for: 1000, at: clock) == 30)
    }

    @Test func `only what is over the capacity has to leave first`() {
        var drain = DrainRate()
        drain.note(1000, at: clock.now)
        clock.advance(by: .seconds(10))
        let seconds = drain.secondsUntilRoom(
            for: 400, queued: 900, capacity: 1000, at: clock.now)
        #expect(seconds == 3)
    }

    @Test func `a full queue answers by the speed at which it empties`() throws {
        let queue = MemoryQueue(.fixture(maxBytes: 1000), clock: clock)
        for _ in 1...10 { queue.offer(.blank(spans: 1, bytes: 100)) }
        #expect(queue.offer(.blank(spans: 1, bytes: 100)) == .full(retryAfterSeconds: 30))
        let item = try #require(queue.take())
        queue.settle(item.ticket, spans: 1, as: .delivered)
        queue.offer(.blank(spans: 1, bytes: 100))
        clock.advance(by: .seconds(5))
        // 100 bytes in 5 seconds.
        #expect(queue.offer(.blank(spans: 1, bytes: 100)) == .full(retryAfterSeconds: 5))
        #expect(queue.offer(.blank(spans: 1, bytes: 200)) == .full(retryAfterSeconds: 10))
    }
}

extension DrainRate {
    /// Until there is room for so many bytes in a queue that is exactly full.
    fileprivate mutating func seconds(for bytes: Int, at clock: ManualClock) -> Int {
        secondsUntilRoom(for: bytes, queued: 5000, capacity: 5000, at: clock.now)
    }
}
