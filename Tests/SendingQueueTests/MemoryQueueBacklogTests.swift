import ExportTestKit
import SendingQueue
import TestKit
import Testing

@Suite struct MemoryQueueBacklogTests {
    private let clock = ManualClock()
    private let queue: MemoryQueue
    private let wakes = Recorder<Int>()

    init() {
        queue = MemoryQueue(.fixture(maxSpans: 20), clock: clock)
    }

    @Test func `the backlog is what nobody has taken, as old as its head`() throws {
        #expect(queue.backlog() == Backlog())
        queue.offer(.blank(spans: 3, bytes: 30))
        clock.advance(by: .seconds(2))
        queue.offer(.blank(spans: 4, bytes: 40))
        #expect(queue.backlog() == Backlog(spans: 7, bytes: 70, oldest: clock.start))
        let item = try #require(queue.take())
        #expect(queue.backlog() == Backlog(spans: 4, bytes: 40, oldest: clock.now))
        queue.putBack(item.ticket, spans: 1..<3)
        #expect(queue.backlog() == Backlog(spans: 6, bytes: 70, oldest: clock.start))
    }

    @Test func `an accepted offer and a return wake with the number of spans that wait`() throws {
        queue.onChange { [wakes] spans, _ in wakes.append(spans) }
        queue.offer(.blank(spans: 3))
        queue.offer(.blank(spans: 2))
        let item = try #require(queue.take())
        #expect(wakes.all == [3, 5])
        queue.putBack(item.ticket, spans: 1..<3)
        #expect(wakes.all == [3, 5, 4])
    }

    @Test func `a refused offer wakes nobody`() {
        queue.offer(.blank(spans: 20))
        queue.onChange { [wakes] spans, _ in wakes.append(spans) }
        queue.offer(.blank(spans: 1))
        queue.close()
        queue.offer(.blank(spans: 1))
        #expect(wakes.all.isEmpty)
    }

    @Test func `whoever is woken may use the queue at once`() {
        // Neither callback is made under the queue's lock.
        let taken = Recorder<Int>()
        queue.onChange { [queue] _, _ in taken.append(queue.take()?.spans.count ?? 0) }
        queue.offer(.blank(spans: 3), rejected: 0) { [queue] _ in
            taken.append(Int(queue.books().accepted))
        }
        #expect(taken.all == [3, 3])
    }
}
