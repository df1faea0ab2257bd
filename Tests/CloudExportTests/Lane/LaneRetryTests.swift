import CloudExport
import ExportTestKit
import SendingQueue
import TestKit
import Testing

@Suite(.timeLimit(.minutes(2))) struct LaneRetryTests {
    private static let failure = AttemptOutcome.unavailable("HTTP 500", retryAfter: nil)

    @Test func `after a failure the same bytes are sent again, and then they are delivered`()
        async throws
    {
        let story = LaneStory { .now($0.number == 1 ? Self.failure : .delivered) }
        try await story.play {
            story.queue.offer(.fixture(spans: 10))
            #expect(await story.wakes(at: 5))
            #expect(await story.sleeps(until: 5.25))
            #expect(story.target.attempts.count == 1)
            #expect(story.queue.books().queuedSpans == 10)
            #expect(await story.lane.status.batchedSpans == 10)
            #expect(await story.wakes(at: 5.25))
            let attempts = await story.attempts(2)
            try #require(attempts.count == 2)
            #expect(attempts[1].body == attempts[0].body)
            #expect(attempts[1].time == .seconds(5.25))
        }
        #expect(story.deliveredOnce == Array(1...10))
        #expect(story.lane.instruments.count(of: "unavailable") == 1)
        #expect(story.lane.instruments.count(of: "delivered") == 1)
    }

    @Test func `each failure doubles the wait, while later spans wait behind`() async {
        let story = LaneStory {
            $0.limits.maxRecords = 10
        } answer: {
            .now($0.number <= 4 ? Self.failure : .delivered)
        }
        await story.play {
            story.queue.offer(.fixture(spans: 10))
            #expect(await story.sleeps(until: 0.25))
            // A batch is full, and still nothing else goes out.
            story.queue.offer(.fixture(spans: 10, from: 11))
            for time in [0.25, 0.75, 1.75, 3.75] { #expect(await story.wakes(at: time)) }
            let attempts = await story.attempts(6)
            #expect(
                attempts.map(\.time)
                    == [0, 0.25, 0.75, 1.75, 3.75, 3.75].map { Duration.seconds($0) })
            #expect(attempts.prefix(5).allSatisfy { $0.spans == Array(1...10) })
        }
        #expect(story.target.delivered == Array(1...20))
    }

    @Test func `after failures the lane sends one at a time, then two, then four`() async {
        let story = LaneStory {
            $0.limits.maxRecords = 10
        } answer: {
            $0.number == 1 ? .now(Self.failure) : .whenReleased
        }
        await story.play {
            story.queue.offer(.fixture(spans: 10))
            #expect(await story.sleeps(until: 0.25))
            story.queue.offer(.fixture(spans: 80, from: 11))
            #expect(await story.wakes(at: 0.25))
            #expect(await story.attempts(2).count == 2)
            story.target.release(2, .delivered)
            #expect(await story.attempts(4).count == 4)
            #expect(story.target.mostInFlight == 2)
            story.target.release(3, .delivered)
            #expect(await story.attempts(7).count == 7)
            #expect(await eventually { story.target.inFlight == 4 })
            for number in 4...10 { story.target.release(number, .delivered) }
        }
        #expect(story.deliveredOnce == Array(1...90))
        #expect(story.target.mostInFlight == 4)
    }

    @Test(arguments: [
        AttemptOutcome.throttled(retryAfter: .seconds(60)),
        .unavailable("HTTP 503", retryAfter: .seconds(60)),
    ])
    func `Retry-After is waited for`(_ outcome: AttemptOutcome) async {
        let story = LaneStory { .now($0.number == 1 ? outcome : .delivered) }
        await story.play {
            story.queue.offer(.fixture(spans: 10))
            #expect(await story.wakes(at: 5))
            #expect(await story.wakes(at: 65))
            #expect(await story.attempts(2).map(\.time) == [.seconds(5), .seconds(65)])
        }
        #expect(story.deliveredOnce == Array(1...10))
    }

    @Test func `two batches that fail together wait for the longer time`() async {
        let story = LaneStory {
            $0.limits.maxRecords = 10
        } answer: {
            $0.number <= 2 ? .whenReleased : .now(.delivered)
        }
        await story.play {
            story.queue.offer(.fixture(spans: 20))
            _ = await story.attempts(2)
            story.target.release(1, .throttled(retryAfter: .seconds(60)))
            #expect(await story.sleeps(until: 60))
            story.target.release(2, Self.failure)
            #expect(await eventually { story.lane.instruments.count(of: "unavailable") == 1 })
            #expect(await story.wakes(at: 60))
            #expect(await story.attempts(4).count == 4)
        }
        #expect(story.deliveredOnce == Array(1...20))
    }

    @Test func `after max_elapsed_time the spans are dropped, with that reason`() async {
        let story = LaneStory {
            $0.maxElapsed = .seconds(10)
        } answer: { _ in
            .now(Self.failure)
        }
        await story.play {
            story.queue.offer(.fixture(spans: 10))
            // The waits are 0.25, 0.5, 1, 2, 4 and 8 seconds.
            for time in [5, 5.25, 5.75, 6.75, 8.75, 12.75] {
                #expect(await story.wakes(at: time))
            }
            #expect(await story.sleeps(until: 20.75))
            #expect(story.queue.books().queuedSpans == 10)
            story.clock.advance(to: .seconds(20.75))
            #expect(await eventually { story.queue.books().queuedSpans == 0 })
            #expect(story.queue.books().dropped == [.elapsed: 10])
        }
        #expect(story.target.attempts.count == 7)
        #expect(story.log.all.contains("error: Dropped spans after retrying for max_elapsed_time"))
    }

    @Test func `without max_elapsed_time spans are tried until they are delivered`() async {
        let story = LaneStory {
            $0.maxElapsed = nil
        } answer: {
            .now($0.number <= 100 ? Self.failure : .delivered)
        }
        await story.play {
            story.queue.offer(.fixture(spans: 10))
            for number in 1...101 {
                await story.clock.advanceToNextAlarm()
                _ = await story.attempts(number)
            }
        }
        #expect(story.deliveredOnce == Array(1...10))
        #expect(story.clock.elapsed > .seconds(1300))
    }

    @Test func `time in which the lane was paused does not count as retrying`() async {
        let story = LaneStory {
            $0.limits.maxRecords = 10
        } answer: {
            switch $0.number {
            case 1, 2: .whenReleased
            // The question about the quota.
            case 3: .now(.delivered)
            case 4: .now(Self.failure)
            default: .now(.delivered)
            }
        }
        await story.play {
            story.queue.offer(.fixture(spans: 20))
            _ = await story.attempts(2)
            story.target.release(1, Self.failure)
            #expect(await story.sleeps(until: 0.25))
            story.target.release(2, .quotaExhausted(retryAfter: .seconds(1000)))
            #expect(await story.wakes(at: 1050))
            #expect(await story.wakes(at: 1050.25))
            #expect(await story.attempts(6).count == 6)
        }
        #expect(story.queue.books().droppedTotal == 0)
        #expect(story.deliveredOnce == Array(1...20))
    }

    @Test func `the log has a line for the change and none for each attempt`() async {
        let story = LaneStory { .now($0.number <= 5 ? Self.failure : .delivered) }
        await story.play { story.queue.offer(.fixture(spans: 1)) }
        #expect(
            story.log.all == [
                "warning: The upstream cannot take spans; uploads are retried",
                "info: Uploads go on",
            ])
    }
}
