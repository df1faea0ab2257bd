import ExportTestKit
import MastraRecords
import SendingQueue
import TestKit
import Testing

@testable import CloudExport

@Suite struct BatchHalvesTests {
    @Test func `a single record has no halves`() throws {
        #expect(try batch(nameBytes: [10]).halves() == nil)
    }

    @Test func `halves are whole bodies, and together they are the batch`() throws {
        let whole = try batch(nameBytes: [5, 1, 300, 20, 7])
        let (first, second) = try #require(whole.halves())
        #expect(first.records + second.records == whole.records)
        #expect(first.spans + second.spans == whole.spans)
        #expect(try #require(first.numbers) + #require(second.numbers) == [1, 2, 3, 4, 5])
        #expect(first.body.bytes.starts(with: Array(#"{"spans":[{"#.utf8)))
        #expect(second.body.bytes.suffix(3) == Array("}]}".utf8))
    }

    @Test(arguments: [2, 3, 4, 5, 8, 16, 17, 1000])
    func `records of one size are halved by number`(_ count: Int) throws {
        let whole = try batch(nameBytes: [Int](repeating: 10, count: count))
        let (first, second) = try #require(whole.halves())
        #expect(abs(first.recordCount - second.recordCount) <= 1)
    }

    @Test(arguments: [
        [5000, 1, 1, 1, 1], [1, 1, 1, 1, 5000], [1, 1, 5000, 1], [1, 5000, 1, 1], [5000, 1],
        [1, 5000], [3000, 3000, 1, 1, 1, 3000, 3000], [1, 1, 1, 1, 1, 1, 1500],
    ])
    func `the cut is the one that is nearest to the middle by bytes`(_ nameBytes: [Int]) throws {
        let whole = try batch(nameBytes: nameBytes)
        let (first, second) = try #require(whole.halves())
        // No other cut makes halves that differ less.
        let sizes = whole.records.map(\.count)
        let differences = (1..<sizes.count).map { cut in
            abs(sizes[..<cut].reduce(0, +) - sizes[cut...].reduce(0, +))
        }
        let difference = abs(first.records.joined().count - second.records.joined().count)
        // Brackets and commas are a few bytes.
        #expect(try difference <= #require(differences.min()) + 20)
    }

    @Test func `halves keep the time of the first attempt and share the search's budget`() throws {
        var whole = try batch(nameBytes: [1, 1, 1, 1])
        whole.firstAttempt = ContinuousClock.now
        whole.searchBudget = SearchBudget()
        let (first, second) = try #require(whole.halves())
        #expect(first.firstAttempt == whole.firstAttempt)
        #expect(second.firstAttempt == whole.firstAttempt)
        #expect(first.searchBudget === whole.searchBudget)
        #expect(second.searchBudget === whole.searchBudget)
    }

    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `halved again and again, batches of any shape end as their records`(
        _ seed: UInt64
    ) throws {
        var random = SplitMix64(seed: seed)
        let whole = try randomBatch(&random)
        let numbers = try #require(whole.numbers, "seed \(seed)")
        var singles: [Batch] = []
        var pending = [whole]
        while let batch = pending.popLast() {
            guard let (first, second) = batch.halves() else {
                singles.append(batch)
                continue
            }
            let context = Comment(rawValue: "seed \(seed), \(batch.recordCount) records")
            #expect(first.recordCount > 0 && second.recordCount > 0, context)
            #expect(first.records + second.records == batch.records, context)
            #expect(first.spans + second.spans == batch.spans, context)
            #expect(first.numbers?.count == first.recordCount, context)
            #expect(second.numbers?.count == second.recordCount, context)
            pending += [second, first]
        }
        #expect(singles.map(\.recordCount) == [Int](repeating: 1, count: numbers.count))
        #expect(singles.flatMap { $0.numbers ?? [] } == numbers, "seed \(seed)")
        #expect(singles.flatMap(\.records) == whole.records, "seed \(seed)")
        #expect(singles.flatMap(\.spans) == whole.spans, "seed \(seed)")
    }

    /// A request for each span, with names of the given lengths.
    private func batch(nameBytes: [Int]) throws -> Batch {
        let queue = MemoryQueue()
        for (index, count) in nameBytes.enumerated() {
            queue.offer(.fixture(spans: 1, from: index + 1, nameBytes: count))
        }
        var builder = BatchBuilder.fixture()
        return try builder.buildOne(from: queue)
    }

    /// Requests of random sizes, of some of which a part only is left to be sent.
    private func randomBatch(_ random: inout SplitMix64) throws -> Batch {
        let queue = MemoryQueue()
        var number = 1
        for _ in 1...Int.random(in: 1...8, using: &random) {
            let spans = Int.random(in: 1...12, using: &random)
            queue.offer(
                .fixture(
                    spans: spans, from: number, nameBytes: .random(in: 0...200, using: &random),
                    rejected: .random(in: 0...1, using: &random)))
            number += spans
        }
        let items = sequence(state: queue) { $0.take() }.map { $0 }
        for item in items {
            let lower = Int.random(in: 0..<item.spans.count, using: &random)
            let upper = Int.random(in: lower + 1...item.spans.count, using: &random)
            queue.putBack(item.ticket, spans: lower..<upper)
        }
        var builder = BatchBuilder.fixture()
        return try builder.buildOne(from: queue)
    }
}
