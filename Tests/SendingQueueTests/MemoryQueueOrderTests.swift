import ExportTestKit
import SendingQueue
import TestKit
import Testing

@Suite struct MemoryQueueOrderTests {
    private let queue = MemoryQueue()

    @Test func `requests are taken whole and in the order in which they came`() throws {
        for spans in 1...3 { queue.offer(.blank(spans: spans, bytes: spans * 10)) }
        let items = queue.takeAll()
        #expect(items.map(\.spans) == [0..<1, 0..<2, 0..<3])
        #expect(items.map(\.request.body.count) == [10, 20, 30])
        #expect(items.map(\.ticket) == items.map(\.ticket).sorted())
        #expect(Set(items.map(\.ticket)).count == 3)
        #expect(queue.take() == nil)
    }

    @Test func `the order holds over thousands of requests`() {
        // More than the taken head of the list is kept for.
        for round in 0..<3 {
            for spans in 1...2000 { queue.offer(.blank(spans: spans)) }
            for spans in 1...2000 {
                let item = queue.take()
                #expect(item?.spans == 0..<spans, "round \(round)")
                item.map { queue.settle($0.ticket, spans: spans, as: .delivered) }
            }
            #expect(queue.take() == nil)
        }
        #expect(queue.books().queuedSpans == 0)
        #expect(queue.books().queuedBytes == 0)
        #expect(queue.books().queuedRequests == 0)
    }

    @Test func `the order holds while the queue is never empty`() {
        var next = 0
        for bytes in 1...6000 {
            queue.offer(.blank(spans: 1, bytes: bytes))
            guard bytes > 1500 else { continue }
            next += 1
            #expect(queue.take()?.request.body.count == next)
        }
        let rest = queue.takeAll().map(\.request.body.count)
        #expect(rest.count == 1500)
        #expect(rest.first == 4501 && rest == rest.sorted())
    }

    @Test func `what was put back is taken before what came later`() throws {
        for spans in [4, 5, 6] { queue.offer(.blank(spans: spans)) }
        let first = try #require(queue.take())
        let second = try #require(queue.take())
        queue.putBack(second.ticket, spans: 0..<5)
        queue.putBack(first.ticket, spans: 0..<4)
        #expect(queue.takeAll().map(\.spans) == [0..<4, 0..<5, 0..<6])
    }

    @Test func `pieces of one request come back in the order of its spans`() throws {
        queue.offer(.blank(spans: 10))
        queue.offer(.blank(spans: 1))
        let item = try #require(queue.take())
        for spans in [6..<7, 2..<4, 9..<10, 4..<6] { queue.putBack(item.ticket, spans: spans) }
        let items = queue.takeAll()
        #expect(items.map(\.spans) == [2..<4, 4..<6, 6..<7, 9..<10, 0..<1])
        #expect(items.prefix(4).allSatisfy { $0.ticket == item.ticket })
    }

    @Test func `spans are settled in any order and portions`() throws {
        queue.offer(.blank(spans: 5, bytes: 50))
        queue.offer(.blank(spans: 3, bytes: 30))
        let items = queue.takeAll()
        try #require(items.count == 2)
        queue.settle(items[1].ticket, spans: 3, as: .delivered)
        #expect(queue.books().queuedBytes == 50)
        queue.settle(items[0].ticket, spans: 2, as: .dropped(.rejected))
        queue.settle(items[0].ticket, spans: 0, as: .dropped(.shutdown))
        queue.settle(items[0].ticket, spans: 2, as: .delivered)
        #expect(queue.books().queuedSpans == 1)
        queue.settle(items[0].ticket, spans: 1, as: .dropped(.tooLarge))
        let books = queue.books()
        #expect(books.delivered == 5)
        #expect(books.dropped == [.rejected: 2, .tooLarge: 1])
        #expect(books.queuedBytes == 0 && books.queuedSpans == 0 && books.queuedRequests == 0)
        #expect(books.isBalanced)
    }

    @Test func `a request whose middle was put back ends with that middle`() throws {
        queue.offer(.blank(spans: 6))
        let item = try #require(queue.take())
        queue.settle(item.ticket, spans: 4, as: .delivered)
        queue.putBack(item.ticket, spans: 2..<4)
        let middle = try #require(queue.take())
        #expect(middle.spans == 2..<4)
        #expect(middle.offeredAt == item.offeredAt)
        queue.settle(middle.ticket, spans: 2, as: .delivered)
        #expect(queue.books().queuedRequests == 0)
    }

    @Test func `nothing is put back for an empty range`() throws {
        queue.offer(.blank(spans: 2))
        let item = try #require(queue.take())
        queue.putBack(item.ticket, spans: 1..<1)
        #expect(queue.take() == nil)
        #expect(queue.backlog() == Backlog())
    }
}

extension MemoryQueue {
    fileprivate func takeAll() -> [QueueItem] {
        var items: [QueueItem] = []
        while let item = take() { items.append(item) }
        return items
    }
}
