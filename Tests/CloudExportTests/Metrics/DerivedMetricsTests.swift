import ExportTestKit
import MastraRecords
import SendingQueue
import SpanMapping
import TestKit
import Testing

@testable import CloudExport

@Suite struct DerivedMetricsTests {
    private func batch(spans: Int, plainAfter: Int = 0) throws -> Batch {
        let queue = MemoryQueue()
        queue.offer(.fixture(spans: spans, areGenerations: true))
        if plainAfter > 0 { queue.offer(.fixture(spans: plainAfter, from: spans + 1)) }
        var builder = BatchBuilder(
            limits: .fixture(), mapper: SpanMapper(dialect: .platform), derivesMetrics: true)
        return try builder.buildOne(from: queue)
    }

    private func names(_ batches: [MetricBatch]) throws -> [[String]] {
        try batches.map { batch in
            let published = try #require(PublishedMetrics(batch.body.bytes))
            #expect(published.names.count == batch.count)
            return published.names
        }
    }

    @Test func `a batch has the metrics of its records, in their order`() throws {
        let metrics = try #require(try batch(spans: 3, plainAfter: 2).metrics)
        #expect(metrics.count == 6)
        #expect(
            try names(metrics.batches(maxMetrics: 100, maxBytes: .max)) == [
                PublishedMetrics.names(of: 1...3)
            ])
    }

    @Test func `pieces of a batch have those of their records`() throws {
        var pending = [try batch(spans: 9, plainAfter: 3)]
        var single: [[String]] = []
        while let batch = pending.popLast() {
            let metrics = try #require(batch.metrics)
            let found = try names(metrics.batches(maxMetrics: 1000, maxBytes: .max)).flatMap { $0 }
            let spans = try #require(batch.numbers)
            #expect(found == PublishedMetrics.names(of: spans.filter { $0 <= 9 }))
            guard let (first, second) = batch.halves() else {
                single.append(found)
                continue
            }
            pending += [second, first]
        }
        #expect(single.flatMap { $0 } == PublishedMetrics.names(of: 1...9))
    }

    @Test(arguments: [1, 2, 3, 7, 100])
    func `posts have at most so many metrics`(_ limit: Int) throws {
        let metrics = try #require(try batch(spans: 6).metrics)
        let batches = metrics.batches(maxMetrics: limit, maxBytes: .max)
        #expect(batches.dropLast().allSatisfy { $0.count == limit })
        #expect(try names(batches).flatMap { $0 } == PublishedMetrics.names(of: 1...6))
    }

    @Test(arguments: [1, 500, 900, 1300, 2000])
    func `posts have at most so many bytes, unless one metric alone has more`(
        _ limit: Int
    ) throws {
        let metrics = try #require(try batch(spans: 6).metrics)
        let batches = metrics.batches(maxMetrics: 1000, maxBytes: limit)
        #expect(batches.allSatisfy { $0.body.count <= limit || $0.count == 1 })
        #expect(try names(batches).flatMap { $0 } == PublishedMetrics.names(of: 1...6))
    }

    @Test func `posts are halved down to single metrics`() throws {
        let metrics = try #require(try batch(spans: 4).metrics)
        var pending = metrics.batches(maxMetrics: 1000, maxBytes: .max)
        var found: [[String]] = []
        while let batch = pending.popLast() {
            if let halves = batch.halves() {
                pending += halves.reversed()
            } else {
                found += try names([batch])
            }
        }
        #expect(found == PublishedMetrics.names(of: 1...4).map { [$0] })
    }

    @Test func `a batch that is built without metrics has none`() throws {
        let queue = MemoryQueue()
        queue.offer(.fixture(spans: 2, areGenerations: true))
        var builder = BatchBuilder.fixture()
        let batch = try builder.buildOne(from: queue)
        #expect(batch.metrics == nil)
        #expect(batch.halves()?.0.metrics == nil)
    }

    @Test func `metrics that are derived again are the same metrics`() throws {
        let bodies = try (1...2).map { _ in
            let metrics = try #require(try batch(spans: 3).metrics)
            return metrics.batches(maxMetrics: 100, maxBytes: .max).map(\.body.bytes)
        }
        #expect(bodies[0] == bodies[1])
        #expect(Set(try #require(PublishedMetrics(bodies[0][0])).ids).count == 6)
    }
}
