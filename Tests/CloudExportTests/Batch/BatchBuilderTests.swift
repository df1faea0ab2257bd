import ExportTestKit
import MastraRecords
import SendingQueue
import SpanMapping
import TestKit
import Testing

@testable import CloudExport

@Suite struct BatchBuilderTests {
    private let queue = MemoryQueue()
    private var builder = BatchBuilder.fixture()

    @Test mutating func `nothing waits, nothing is built`() {
        #expect(builder.build(from: queue, maxBytes: 1_000_000) == nil)
        #expect(builder.openSpans == 0)
        #expect(builder.openSince == nil)
    }

    @Test mutating func `requests are joined in the order in which they came`() throws {
        queue.offer(.fixture(spans: 2, from: 1))
        queue.offer(.fixture(spans: 3, from: 3))
        let batch = try builder.buildOne(from: queue)
        #expect(batch.numbers == [1, 2, 3, 4, 5])
        #expect(batch.recordCount == 5)
        #expect(batch.parts.map(\.spans) == [0..<2, 0..<3])
        #expect(batch.parts.map(\.ticket.sequence) == [1, 2])
        #expect(batch.firstAttempt == nil && batch.searchBudget == nil)
        #expect(builder.build(from: queue, maxBytes: 1_000_000) == nil)
    }

    @Test mutating func `a batch is cut at its number of records, and the request goes on`() {
        builder = .fixture(maxRecords: 4)
        queue.offer(.fixture(spans: 3, from: 1))
        queue.offer(.fixture(spans: 6, from: 4))
        queue.offer(.fixture(spans: 1, from: 10))
        let batches = builder.buildAll(from: queue)
        #expect(batches.map(\.numbers) == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10]])
        #expect(
            batches.map { $0.parts.map(\.spans) } == [[0..<3, 0..<1], [1..<5], [5..<6, 0..<1]])
    }

    @Test mutating func `a request that ends with the batch leaves nothing open`() {
        builder = .fixture(maxRecords: 4)
        queue.offer(.fixture(spans: 4, from: 1))
        queue.offer(.fixture(spans: 4, from: 5))
        #expect(builder.build(from: queue, maxBytes: 1_000_000)?.numbers == [1, 2, 3, 4])
        #expect(builder.openSpans == 0)
        #expect(queue.backlog().spans == 4)
        #expect(builder.buildAll(from: queue).map(\.numbers) == [[5, 6, 7, 8]])
    }

    @Test mutating func `what is open counts the spans that no batch has yet`() {
        let clock = ManualClock()
        let queue = MemoryQueue(now: { clock.now })
        builder = .fixture(maxRecords: 4)
        queue.offer(.fixture(spans: 10))
        clock.advance(by: .seconds(3))
        _ = builder.build(from: queue, maxBytes: 1_000_000)
        #expect(builder.openSpans == 6)
        #expect(builder.openSince == clock.start)
        _ = builder.build(from: queue, maxBytes: 1_000_000)
        #expect(builder.openSpans == 2)
        _ = builder.build(from: queue, maxBytes: 1_000_000)
        #expect(builder.openSpans == 0 && builder.openSince == nil)
    }

    @Test mutating func `a batch is cut at its bytes, and no sooner`() {
        var number = 1
        for nameBytes in [1, 300, 20, 700, 5, 90] {
            queue.offer(.fixture(spans: 7, from: number, nameBytes: nameBytes))
            number += 7
        }
        let batches = builder.buildAll(from: queue, maxBytes: 3000)
        #expect(batches.flatMap { $0.numbers ?? [] } == Array(1...42))
        #expect(batches.count > 4)
        for (batch, next) in zip(batches, batches.dropFirst()) {
            #expect(batch.body.count <= 3000)
            // With a comma, the next record would have been too much.
            #expect(batch.body.count + 1 + next.records[0].count > 3000)
        }
    }

    @Test mutating func `a batch may have exactly as many bytes as allowed`() throws {
        queue.offer(.fixture(spans: 3))
        let size = try builder.buildOne(from: queue).body.count
        for (limit, counts) in [(size, [3]), (size - 1, [2, 1])] {
            queue.offer(.fixture(spans: 3))
            #expect(builder.buildAll(from: queue, maxBytes: limit).map(\.recordCount) == counts)
        }
    }

    @Test mutating func `one record over the limit goes out alone`() {
        queue.offer(.fixture(spans: 2, from: 1))
        queue.offer(.fixture(spans: 2, from: 3, nameBytes: 5000))
        queue.offer(.fixture(spans: 2, from: 5))
        let batches = builder.buildAll(from: queue, maxBytes: 3000)
        #expect(batches.map(\.numbers) == [[1, 2], [3], [4], [5, 6]])
    }

    @Test mutating func `a record over the batch's own limit is made short until it fits`() throws {
        let limits = BatchLimits.fixture(maxBytes: 3000)
        builder = BatchBuilder(limits: limits, mapper: SpanMapper(dialect: .platform))
        queue.offer(.fixture(spans: 1, from: 1))
        queue.offer(.fixture(spans: 1, from: 2, nameBytes: 100_000))
        queue.offer(.fixture(spans: 1, from: 3))
        let batches = builder.buildAll(from: queue, maxBytes: limits.maxBytes)
        #expect(batches.flatMap { $0.numbers ?? [] } == [1, 2, 3])
        #expect(batches.allSatisfy { $0.body.count <= limits.maxBytes })
        let records = batches.flatMap(\.records).map { String(decoding: $0, as: UTF8.self) }
        #expect(records.map { $0.contains("\"record_shrunk\"") } == [false, true, false])
        #expect(records.map { $0.contains(" bytes cut]…") } == [false, true, false])
    }

    @Test(arguments: [1, 2, 3, 7, 1000])
    mutating func `spans that the walk rejected are passed over`(_ maxRecords: Int) {
        builder = .fixture(maxRecords: maxRecords)
        queue.offer(.fixture(spans: 10, from: 1, rejected: 2))
        queue.offer(.fixture(spans: 4, from: 11, rejected: 1))
        let batches = builder.buildAll(from: queue)
        #expect(batches.flatMap { $0.numbers ?? [] } == Array(1...14))
        #expect(batches.dropLast().allSatisfy { $0.recordCount == min(14, maxRecords) })
        #expect(queue.books().droppedTotal == 0)
        #expect(batches.flatMap(\.spans) == places(10, 1) + places(4, 2))
    }

    @Test mutating func `the open rest is put back, and another builder goes on with it`() throws {
        builder = .fixture(maxRecords: 4)
        queue.offer(.fixture(spans: 10, rejected: 1))
        queue.offer(.fixture(spans: 2, from: 11))
        #expect(builder.build(from: queue, maxBytes: 1_000_000)?.numbers == [1, 2, 3, 4])
        builder.putBack(into: queue)
        #expect(builder.openSpans == 0)
        #expect(queue.backlog().spans == 8)
        var other = BatchBuilder.fixture()
        let rest = try other.buildOne(from: queue)
        #expect(rest.numbers == Array(5...12))
        #expect(rest.parts.map(\.spans) == [4..<10, 0..<2])
        // Twice does not double.
        builder.putBack(into: queue)
        #expect(queue.backlog().spans == 0)
    }

    @Test mutating func `ranges from the middle of a request are built as they are`() throws {
        queue.offer(.fixture(spans: 10, rejected: 1))
        let item = try #require(queue.take())
        queue.putBack(item.ticket, spans: 7..<9)
        queue.putBack(item.ticket, spans: 2..<4)
        let batch = try builder.buildOne(from: queue)
        #expect(batch.numbers == [3, 4, 8, 9])
        #expect(batch.parts.map(\.spans) == [2..<4, 7..<9])
    }

    @Test mutating func `spans that are not in the bytes are dropped as unmappable`() {
        let short = QueuedRequest.fixture(spans: 2)
        queue.offer(QueuedRequest(body: short.body, spanCount: 5, receivedAt: 0))
        queue.offer(.fixture(spans: 1, from: 3))
        let batches = builder.buildAll(from: queue)
        #expect(batches.map(\.numbers) == [[1, 2, 3]])
        #expect(queue.books().dropped == [.unmappable: 3])
        queue.offer(QueuedRequest(body: [], spanCount: 4, receivedAt: 0))
        #expect(builder.build(from: queue, maxBytes: 1_000_000) == nil)
        #expect(queue.books().dropped == [.unmappable: 7])
        #expect(queue.books().isBalanced)
    }

    @Test mutating func `a span that makes no record is dropped, and its neighbours are not`()
        throws
    {
        let spans: [[UInt8]] = [
            .pendingSpan(1), .span(2, nameBytes: 1), .span(3, nameBytes: 1), .pendingSpan(4),
            .pendingSpan(5), .span(6, nameBytes: 1), .span(7, nameBytes: 1), .pendingSpan(8),
        ]
        let body = [UInt8].exportRequest(spans)
        builder = .fixture(maxRecords: 3)
        queue.offer(QueuedRequest(body: body, spanCount: 8, receivedAt: 0))
        let first = try builder.buildOne(from: queue)
        #expect(first.numbers == [2, 3, 6])
        #expect(first.parts.map(\.spans) == [1..<3, 5..<6])
        // What is put back begins behind what was dropped.
        builder.putBack(into: queue)
        let second = try builder.buildOne(from: queue)
        #expect(second.numbers == [7])
        #expect(queue.books().dropped == [.pendingSpan: 4])
        #expect(queue.books().isBalanced)
    }

    @Test func `each reason of the mapping is one of the books, by the same name`() {
        for reason in SpanMapper.Reason.allCases {
            #expect(DropReason(reason).rawValue == reason.rawValue)
            #expect(DropReason(reason).isByDesign)
        }
        let byDesign = DropReason.allCases.filter(\.isByDesign)
        #expect(byDesign.count == SpanMapper.Reason.allCases.count)
    }

    @Test mutating func `a request of nothing but such spans is done with`() {
        let body = [UInt8].exportRequest([.pendingSpan(1), .pendingSpan(2)])
        queue.offer(QueuedRequest(body: body, spanCount: 2, receivedAt: 0))
        #expect(builder.build(from: queue, maxBytes: 1_000_000) == nil)
        #expect(queue.books().dropped == [.pendingSpan: 2])
        #expect(queue.backlog().spans == 0)
    }

    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    mutating func `whatever the limits, each span is in one batch`(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let maxRecords = Int.random(in: 1...20, using: &random)
        let maxBytes = Int.random(in: 500...8000, using: &random)
        builder = .fixture(maxRecords: maxRecords)
        var number = 1
        var batches: [Batch] = []
        for _ in 1...12 {
            let spans = Int.random(in: 1...30, using: &random)
            queue.offer(
                .fixture(
                    spans: spans, from: number, nameBytes: .random(in: 0...900, using: &random),
                    rejected: .random(in: 0...1, using: &random)))
            number += spans
            // Sometimes a batch is built between two offers, and the rest returned.
            if Bool.random(using: &random) {
                builder.build(from: queue, maxBytes: maxBytes).map { batches.append($0) }
            }
            if Int.random(in: 0..<4, using: &random) == 0 { builder.putBack(into: queue) }
        }
        batches += builder.buildAll(from: queue, maxBytes: maxBytes)
        let context = Comment(rawValue: "seed \(seed)")
        #expect(batches.flatMap { $0.numbers ?? [] } == Array(1..<number), context)
        #expect(Set(batches.flatMap(\.spans)).count == number - 1, context)
        for batch in batches {
            #expect(batch.recordCount <= maxRecords, context)
            #expect(batch.body.count <= maxBytes || batch.recordCount == 1, context)
        }
    }

    /// Of the request with that sequence in a new queue.
    private func places(_ spans: Int, _ sequence: UInt64) -> [SpanPlace] {
        (0..<spans).map { SpanPlace(ticket: Ticket(sequence: sequence), index: $0) }
    }
}
