import Testing

@testable import SendingQueue

/// Spans that end without having been sent.
@Suite struct LossTests {
    @Test func `drop_oldest lets the oldest segments go, and counts their spans`() throws {
        let lane = try Lane {
            $0.log.maxBytes = 512 << 10
            $0.queue.dropsOldest = true
            $0.queue.windowRequests = 1
        }
        for number in 1...30 {
            let outcome = lane.offer(UInt64(number), bytes: 100_000, spans: 1)
            lane.turn()
            #expect(outcome.all == [.accepted])
            #expect(lane.books.isBalanced)
        }
        let dropped = try #require(lane.books.dropped[.overflow])
        let sent = lane.deliverAll()
        #expect(UInt64(sent.count) + dropped == 30)
        // The one in the window was not lost, and of the others those that came last are there.
        #expect(sent.first == 1)
        #expect(sent.dropFirst().elementsEqual((32 - UInt64(sent.count))...30))
        #expect(lane.log.fileBytes <= 768 << 10)
        #expect(lane.books.queuedSpans == 0 && lane.books.isBalanced)
    }

    @Test func `what is older than the limit goes when both clocks say so`() throws {
        let lane = try Lane {
            $0.worker.maxAge = .seconds(3600)
            $0.queue.windowRequests = 1
        }
        for number in 1...3 { lane.offer(UInt64(number)) }
        lane.turn()
        // Somebody sets the date a year ahead: nothing is an hour old by that.
        lane.clock.setWall(lane.clock.wall + 365 * 86_400_000)
        for _ in 1...10 { lane.turn(after: .seconds(60)) }
        #expect(lane.books.droppedTotal == 0)
        lane.turn(after: .seconds(3600))
        #expect(lane.books.dropped == [.expired: 6])
        #expect(lane.deliverAll() == [1])
        #expect(lane.books.isBalanced && lane.books.queuedSpans == 0)
    }

    @Test func `a date that was set back keeps old spans, and loses none`() throws {
        let lane = try Lane {
            $0.worker.maxAge = .seconds(60)
            $0.queue.windowRequests = 1
        }
        for number in 1...3 { lane.offer(UInt64(number)) }
        lane.turn()
        lane.clock.setWall(1000)
        for _ in 1...5 { lane.turn(after: .seconds(60)) }
        #expect(lane.books.droppedTotal == 0)
        #expect(lane.deliverAll() == [1, 2, 3])
    }

    @Test func `the steady time of what was found at a start begins with the start`() throws {
        let lane = try Lane {
            $0.worker.maxAge = .seconds(3600)
            $0.queue.windowRequests = 1
        }
        for number in 1...3 { lane.offer(UInt64(number)) }
        lane.turn(after: .seconds(1))
        lane.clock.advance(.seconds(7200))
        try lane.restart()
        lane.turn(after: .seconds(3599))
        #expect(lane.books.droppedTotal == 0)
        lane.turn(after: .seconds(1))
        #expect(lane.books.dropped == [.expired: 6])
    }

    @Test func `a request that is young keeps its segment`() throws {
        let lane = try Lane {
            $0.worker.maxAge = .seconds(100)
            $0.queue.windowRequests = 1
        }
        for number in 1...10 {
            lane.offer(UInt64(number))
            lane.turn(after: .seconds(60))
        }
        #expect(lane.books.droppedTotal == 0)
        #expect(lane.deliverAll() == Array(1...10))
    }

    @Test func `damaged records are dropped as corrupt, and the books close`() throws {
        let lane = try Lane()
        for number in 1...5 { lane.offer(UInt64(number), spans: Int(number)) }
        lane.turn()
        lane.worker.finish()
        let inode = try #require(lane.disk.names[lane.disk.segmentNames[0]])
        // In the payload of the third.
        inode.cached[64 + 2 * (40 + 116 + 4) + 60] ^= 1
        try lane.restart()
        #expect(lane.books.recovered == 15)
        #expect(lane.deliverAll() == [1, 2, 4, 5])
        #expect(lane.books.dropped == [.corrupt: 3])
        #expect(lane.books.queuedSpans == 0 && lane.books.isBalanced)
        #expect(lane.events.all == [.dropped(spans: 3, reason: .corrupt)])
    }
}
