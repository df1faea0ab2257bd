import CloudExport
import ExportTestKit
import SendingQueue
import TestKit
import Testing

@Suite(.timeLimit(.minutes(2))) struct LaneFlushTests {
    @Test func `a thousand spans are sent at once`() async throws {
        let story = LaneStory { _ in .now(.delivered) }
        try await story.play {
            story.queue.offer(.fixture(spans: 999))
            #expect(await story.sleeps(until: 5))
            #expect(story.target.attempts.isEmpty)
            story.queue.offer(.fixture(spans: 1, from: 1000))
            let attempts = await story.attempts(1)
            try #require(attempts.count == 1)
            #expect(attempts[0].time == .zero)
            #expect(attempts[0].spans == Array(1...1000))
            #expect(attempts[0].records == 1000)
            #expect(await eventually { story.queue.books().delivered == 1000 })
        }
        #expect(story.target.attempts.count == 1)
    }

    @Test func `fewer are sent five seconds after the first of them, and not before`() async throws
    {
        let story = LaneStory { _ in .now(.delivered) }
        try await story.play {
            story.clock.advance(to: .seconds(2))
            story.queue.offer(.fixture(spans: 10))
            #expect(await story.sleeps(until: 7))
            story.clock.advance(to: .seconds(4))
            story.queue.offer(.fixture(spans: 10, from: 11))
            story.clock.advance(to: .seconds(6.999))
            #expect(await story.sleeps(until: 7))
            #expect(story.target.attempts.isEmpty)
            story.clock.advance(to: .seconds(7))
            let attempts = await story.attempts(1)
            try #require(attempts.count == 1)
            #expect(attempts[0].time == .seconds(7))
            #expect(attempts[0].spans == Array(1...20))
        }
    }

    @Test func `spans that came while the lane was busy keep their own five seconds`() async throws
    {
        let story = LaneStory { $0.number == 1 ? .whenReleased : .now(.delivered) }
        await story.play {
            story.queue.offer(.fixture(spans: 1))
            #expect(await story.wakes(at: 5))
            _ = await story.attempts(1)
            story.clock.advance(to: .seconds(6))
            story.queue.offer(.fixture(spans: 1, from: 2))
            #expect(await story.sleeps(until: 11))
            story.target.release(1, .delivered)
            #expect(await story.wakes(at: 11))
            #expect(await story.attempts(2).last?.time == .seconds(11))
        }
        #expect(story.deliveredOnce == [1, 2])
    }

    @Test func `batches go out in the order in which the spans came`() async {
        let story = LaneStory {
            $0.maxConcurrency = 1
            $0.limits.maxRecords = 100
        } answer: { _ in
            .now(.delivered)
        }
        await story.play {
            for first in stride(from: 1, through: 901, by: 30) {
                story.queue.offer(.fixture(spans: 30, from: first))
            }
        }
        #expect(story.target.delivered == Array(1...930))
        #expect(story.target.attempts.map(\.records) == [Int](repeating: 100, count: 9) + [30])
    }

    @Test func `no more than four uploads are under way, and always four while there is work`()
        async
    {
        let story = LaneStory {
            $0.limits.maxRecords = 10
        } answer: { _ in
            .whenReleased
        }
        await story.play {
            story.queue.offer(.fixture(spans: 100))
            for number in 1...10 {
                let expected = min(number + 3, 10)
                #expect(await story.attempts(expected).count == expected)
                let left = expected - number + 1
                #expect(await eventually { await story.lane.status.inFlight == left })
                story.target.release(number, .delivered)
            }
        }
        #expect(story.target.mostInFlight == 4)
        #expect(story.deliveredOnce == Array(1...100))
    }

    @Test func `when nothing fails, each span is sent exactly once`() async {
        let story = LaneStory {
            $0.limits.maxRecords = 50
            $0.limits.maxBytes = 20_000
        } answer: { _ in
            .now(.delivered)
        }
        var random = SplitMix64(seed: 99)
        var number = 1
        await story.play {
            for _ in 1...60 {
                let spans = Int.random(in: 1...40, using: &random)
                let nameBytes = Int.random(in: 0...600, using: &random)
                story.queue.offer(
                    .fixture(spans: spans, from: number, nameBytes: nameBytes, rejected: 1))
                number += spans
                if Int.random(in: 0..<5, using: &random) == 0 { await Task.yield() }
            }
        }
        #expect(story.deliveredOnce == Array(1..<number))
        #expect(story.target.attempts.flatMap { $0.spans ?? [] }.count == number - 1)
        #expect(story.target.attempts.allSatisfy { $0.records <= 50 && $0.body.count <= 20_000 })
        #expect(story.queue.books().delivered == UInt64(number - 1))
    }

    @Test func `the counters tell what was delivered`() async {
        let story = LaneStory { _ in .now(.delivered) }
        await story.play { story.queue.offer(.fixture(spans: 1500)) }
        let instruments = story.lane.instruments
        #expect(instruments.deliveredBatches.value == 2)
        let bytes = story.target.attempts.reduce(0) { $0 + $1.body.count }
        #expect(instruments.deliveredBytes.value == UInt64(bytes))
        #expect(instruments.count(of: "delivered") == 2)
        #expect(instruments.count(of: "unavailable") == 0)
    }

    @Test func `a batch goes out when its requests have the bytes of one`() async {
        let story = LaneStory {
            $0.limits.maxBytes = 100_000
        } answer: { _ in
            .now(.delivered)
        }
        await story.play {
            story.queue.offer(.fixture(spans: 10, nameBytes: 20_000))
            #expect(await eventually { story.queue.books().delivered > 0 })
            #expect(story.clock.elapsed == .zero)
        }
        #expect(story.deliveredOnce == Array(1...10))
    }
}
