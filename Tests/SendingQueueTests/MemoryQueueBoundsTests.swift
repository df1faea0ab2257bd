import ExportTestKit
import SendingQueue
import TestKit
import Testing

@Suite struct MemoryQueueBoundsTests {
    @Test func `a queue that is full by spans refuses and says when to come back`() {
        let queue = MemoryQueue(.fixture(maxSpans: 10))
        #expect(queue.offer(.blank(spans: 6)) == .accepted)
        #expect(queue.offer(.blank(spans: 4)) == .accepted)
        #expect(queue.offer(.blank(spans: 1)).retryAfter.map((1...30).contains) == true)
        #expect(queue.books().queuedSpans == 10)
        #expect(queue.books().refused == 1)
    }

    @Test func `a queue that is full by bytes refuses and says when to come back`() {
        let queue = MemoryQueue(.fixture(maxBytes: 100))
        #expect(queue.offer(.blank(spans: 1, bytes: 60)) == .accepted)
        #expect(queue.offer(.blank(spans: 1, bytes: 41)).retryAfter.map((1...30).contains) == true)
        #expect(queue.offer(.blank(spans: 1, bytes: 40)) == .accepted)
        #expect(queue.books().queuedBytes == 100)
    }

    @Test(arguments: [QueuedRequest.blank(spans: 50), .blank(spans: 1, bytes: 5000)])
    func `an empty queue takes a request of any size and then nothing more`(
        _ large: QueuedRequest
    ) {
        let queue = MemoryQueue(.fixture(maxBytes: 100, maxSpans: 10))
        #expect(queue.offer(large) == .accepted)
        #expect(queue.offer(.blank(spans: 1)).retryAfter != nil)
    }

    @Test func `spans that were taken count until they are settled`() throws {
        let queue = MemoryQueue(.fixture(maxSpans: 10))
        queue.offer(.blank(spans: 10))
        let item = try #require(queue.take())
        #expect(queue.offer(.blank(spans: 1)).retryAfter != nil)
        queue.settle(item.ticket, spans: 4, as: .delivered)
        #expect(queue.offer(.blank(spans: 5)).retryAfter != nil)
        #expect(queue.offer(.blank(spans: 4)) == .accepted)
    }

    @Test func `the bytes of a request are free when its last span has ended`() throws {
        let queue = MemoryQueue(.fixture(maxBytes: 100))
        queue.offer(.blank(spans: 2, bytes: 100))
        let item = try #require(queue.take())
        queue.settle(item.ticket, spans: 1, as: .delivered)
        #expect(queue.offer(.blank(spans: 1, bytes: 1)).retryAfter != nil)
        queue.settle(item.ticket, spans: 1, as: .dropped(.elapsed))
        #expect(queue.offer(.blank(spans: 1, bytes: 100)) == .accepted)
    }

    @Test func `a full queue still takes note of spans that were rejected`() {
        let queue = MemoryQueue(.fixture(maxSpans: 1))
        queue.offer(.blank(spans: 1))
        #expect(queue.offer(.blank(spans: 0), rejected: 3) == .accepted)
        #expect(queue.books().rejected == 3)
        #expect(queue.books().queuedRequests == 1)
        #expect(queue.backlog().spans == 1)
    }

    @Test func `a refused request is counted with the spans that were not taken from it`() {
        let queue = MemoryQueue(.fixture(maxSpans: 1))
        queue.offer(.blank(spans: 1))
        queue.offer(.blank(spans: 5), rejected: 2)
        var expected = queue.books()
        expected.received = 8
        expected.accepted = 1
        expected.rejected = 0
        expected.refused = 7
        #expect(queue.books() == expected)
    }

    @Test func `spans that were refused before the queue was asked are in the books`() {
        let queue = MemoryQueue(.fixture(maxSpans: 1))
        queue.offer(.blank(spans: 1))
        queue.noteRefused(5)
        var expected = queue.books()
        expected.received = 6
        expected.refused = 5
        #expect(queue.books() == expected && expected.isBalanced)
    }

    @Test func `a closed queue refuses everything and gives what it holds`() throws {
        let queue = MemoryQueue()
        queue.offer(.blank(spans: 2))
        queue.close()
        #expect(queue.offer(.blank(spans: 3), rejected: 1) == .stopping)
        #expect(queue.offer(.blank(spans: 0), rejected: 1) == .stopping)
        #expect(queue.books().refused == 5)
        let item = try #require(queue.take())
        queue.putBack(item.ticket, spans: 0..<2)
        #expect(queue.take()?.spans == 0..<2)
        queue.settle(item.ticket, spans: 2, as: .delivered)
        #expect(queue.books().delivered == 2)
        #expect(queue.books().isBalanced)
    }

    @Test func `the books tell the limits`() {
        let books = MemoryQueue(.fixture(maxBytes: 7, maxSpans: 5)).books()
        #expect(books.capacityBytes == 7)
        #expect(books.capacitySpans == 5)
    }

    @Test func `books with a span too many on either side are not balanced`() {
        var books = Books()
        books.received = 4
        books.accepted = 2
        books.rejected = 1
        books.refused = 1
        books.delivered = 1
        books.dropped[.elapsed] = 1
        #expect(books.isBalanced)
        books.queuedSpans = 1
        #expect(!books.isBalanced)
        books.queuedSpans = 0
        books.received = 5
        #expect(!books.isBalanced)
    }

    @Test func `a length that no memory has is refused and nothing more`() {
        let queue = MemoryQueue()
        #expect(queue.delayIfFull(bytes: .max) == nil)
        queue.offer(.blank(spans: 1))
        #expect(queue.delayIfFull(bytes: .max) != nil)
        #expect(queue.delayIfFull(bytes: 1) == nil)
    }

    @Test func `very many small requests are bounded by their number`() {
        var configuration = MemoryQueue.Configuration()
        configuration.maxBytes = 2560
        let queue = MemoryQueue(configuration: configuration)
        for _ in 0..<74 { #expect(queue.offer(.blank(spans: 1)) == .accepted) }
        #expect(queue.offer(.blank(spans: 1)) != .accepted)
    }

    @Test func `limits that change count from the next offer on`() {
        func request(_ bytes: Int) -> QueuedRequest {
            QueuedRequest(body: [UInt8](repeating: 0, count: bytes), spanCount: 1, receivedAt: 0)
        }
        let queue = MemoryQueue(.fixture(maxBytes: 100))
        #expect(queue.offer(request(80)) == .accepted)
        #expect(queue.offer(request(80)).retryAfter != nil)
        queue.adopt(.fixture(maxBytes: 200))
        #expect(queue.books().capacityBytes == 200)
        #expect(queue.offer(request(80)) == .accepted)
        queue.adopt(.fixture(maxBytes: 100))
        #expect(queue.offer(request(10)).retryAfter != nil)
        #expect(queue.books().queuedBytes == 160 && queue.books().isBalanced)
    }
}
