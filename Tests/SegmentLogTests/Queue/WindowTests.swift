import Testing

@testable import SendingQueue

@Suite struct WindowTests {
    @Test func `the window bounds what is in memory, and the rest is read in order`() throws {
        let lane = try Lane {
            $0.queue.windowBytes = 1000
            $0.queue.windowRequests = 5
        }
        for number in 1...40 { lane.offer(UInt64(number), bytes: 10 * (number % 7) + 100) }
        var taken: [UInt64] = []
        for _ in 1...100 {
            lane.turn()
            let (bytes, count) = lane.queue.state.withLock { ($0.held.bytes, $0.held.count) }
            // The last request that was read may reach over the border.
            #expect(bytes < 1000 + 200 && count <= 5)
            #expect(lane.queue.figures().unreadSpans == lane.log.unread.spans)
            guard let item = lane.queue.take() else { break }
            taken.append(item.request.body.number ?? 0)
            lane.queue.settle(item.ticket, spans: item.spans.count, as: .delivered)
        }
        #expect(taken == Array(1...40))
        #expect(lane.books.queuedSpans == 0 && lane.books.isBalanced)
    }

    @Test func `a request that is larger than the window is sent`() throws {
        let lane = try Lane { $0.queue.windowBytes = 50 }
        lane.offer(1, bytes: 1000)
        lane.offer(2, bytes: 1000)
        lane.turn()
        #expect(lane.queue.state.withLock { $0.held.count } == 1)
        #expect(lane.deliverAll() == [1, 2])
    }

    @Test func `nothing overtakes what is on disk`() throws {
        let lane = try Lane { $0.queue.windowRequests = 2 }
        for number in 1...4 {
            lane.offer(UInt64(number))
            lane.turn()
        }
        let first = try #require(lane.queue.take())
        lane.queue.settle(first.ticket, spans: 3, as: .delivered)
        // There is room for one, which belongs to the third.
        lane.offer(5)
        lane.turn()
        #expect([first.request.body.number] + lane.deliverAll() == [1, 2, 3, 4, 5])
    }

    @Test func `the sender is woken when requests come into the window`() throws {
        let lane = try Lane { $0.queue.windowRequests = 1 }
        let waiting = Recorded<Int>()
        lane.queue.onChange { spans, _ in waiting.append(spans) }
        lane.offer(1, spans: 2)
        lane.turn()
        lane.offer(2, spans: 5)
        lane.turn()
        #expect(waiting.all == [2])
        let item = try #require(lane.queue.take())
        lane.queue.settle(item.ticket, spans: 2, as: .delivered)
        lane.turn()
        #expect(waiting.all == [2, 5])
    }
}
