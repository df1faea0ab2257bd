import CloudExport
import ExportTestKit
import SendingQueue
import TestKit
import Testing

/// Cool-downs and quota pauses: spans are held, in the queue and not as batches.
@Suite(.timeLimit(.minutes(2))) struct LaneHoldTests {
    @Test(arguments: [
        AttemptOutcome.unauthorized(status: 401), .misdirected(status: 404), .untrusted("expired"),
    ])
    func `what a person has to mend holds the spans until the cool-down is over`(
        _ outcome: AttemptOutcome
    ) async throws {
        let story = LaneStory { .now($0.number == 1 ? outcome : .delivered) }
        try await story.play {
            story.queue.offer(.fixture(spans: 10))
            #expect(await story.wakes(at: 5))
            #expect(await story.sleeps(until: 65))
            #expect(story.queue.backlog().spans == 10)
            #expect(await story.lane.status.batchedSpans == 0)
            // More come, and wait as well.
            story.queue.offer(.fixture(spans: 2000, from: 11))
            story.clock.advance(to: .seconds(64))
            #expect(await story.sleeps(until: 65))
            #expect(story.target.attempts.count == 1)
            #expect(await story.wakes(at: 65))
            #expect(await eventually { story.queue.books().delivered >= 2000 })
            let attempts = story.target.attempts
            try #require(attempts.count >= 2)
            #expect(attempts[1].time == .seconds(65))
            #expect(attempts[1].spans == Array(1...1000))
        }
        #expect(story.deliveredOnce == Array(1...2010))
    }

    @Test func `cool-downs double while the token is refused`() async {
        let story = LaneStory {
            .now($0.number <= 4 ? .unauthorized(status: 401) : .delivered)
        }
        await story.play {
            story.queue.offer(.fixture(spans: 10))
            for time in [5.0, 65, 185, 425, 905] { #expect(await story.wakes(at: time)) }
            #expect(await eventually { story.queue.books().delivered == 10 })
        }
        #expect(story.target.attempts.count == 5)
    }

    @Test func `a spent quota holds the spans, an empty batch asks, and then they are delivered`()
        async throws
    {
        let story = LaneStory {
            .now($0.number == 1 ? .quotaExhausted(retryAfter: .seconds(100)) : .delivered)
        }
        try await story.play {
            story.queue.offer(.fixture(spans: 10))
            #expect(await story.wakes(at: 5))
            #expect(await story.sleeps(until: 110))
            #expect(await story.lane.status.posture.kind == "paused_quota")
            #expect(story.queue.backlog().spans == 10)
            #expect(await story.lane.status.batchedSpans == 0)
            #expect(await story.wakes(at: 110))
            let attempts = await story.attempts(3)
            try #require(attempts.count == 3)
            #expect(attempts.map(\.isProbe) == [false, true, false])
            #expect(attempts[1].records == 0)
            #expect(attempts[2].body == attempts[0].body)
            #expect(attempts[2].time == .seconds(110))
            #expect(await eventually { story.queue.books().delivered == 10 })
        }
        #expect(story.deliveredOnce == Array(1...10))
        #expect(
            story.log.all == [
                "warning: The quota is spent; spans are held until it is renewed",
                "info: Uploads go on",
            ])
    }

    @Test func `while the quota is spent nothing but empty batches goes out`() async {
        let story = LaneStory {
            switch $0.number {
            case 1: .now(.quotaExhausted(retryAfter: .seconds(100)))
            case 2: .now(.quotaExhausted(retryAfter: .seconds(10)))
            // The same time again.
            case 3: .now(.unavailable("HTTP 500", retryAfter: nil))
            case 4: .now(.quotaExhausted(retryAfter: nil))
            default: .now(.delivered)
            }
        }
        await story.play {
            story.queue.offer(.fixture(spans: 10))
            for time in [5, 110, 120.5, 131, 446] { #expect(await story.wakes(at: time)) }
            #expect(await eventually { story.queue.books().delivered == 10 })
        }
        #expect(story.target.attempts.map(\.isProbe) == [false, true, true, true, true, false])
        #expect(story.queue.books().droppedTotal == 0)
    }

    @Test func `batches that were under way when the quota was spent are held as well`() async {
        let story = LaneStory {
            $0.limits.maxRecords = 10
        } answer: {
            $0.number <= 4 ? .whenReleased : .now(.delivered)
        }
        await story.play {
            story.queue.offer(.fixture(spans: 60))
            _ = await story.attempts(4)
            story.target.release(3, .quotaExhausted(retryAfter: .seconds(100)))
            #expect(await story.sleeps(until: 105))
            story.target.release(1, .quotaExhausted(retryAfter: .seconds(100)))
            story.target.release(2, .delivered)
            story.target.release(4, .unavailable("reset", retryAfter: nil))
            #expect(await eventually { await story.lane.status.inFlight == 0 })
            #expect(story.target.attempts.count == 4)
            #expect(story.queue.books().delivered == 10)
            #expect(await story.wakes(at: 105))
            #expect(await eventually { story.queue.books().delivered == 60 })
        }
        #expect(story.deliveredOnce == Array(1...60))
        #expect(story.target.attempts.filter(\.isProbe).map(\.number) == [5])
    }

    @Test func `after a pause the spans go out in the order in which they came`() async {
        let story = LaneStory {
            $0.limits.maxRecords = 10
            $0.maxConcurrency = 1
        } answer: {
            .now($0.number == 2 ? .quotaExhausted(retryAfter: nil) : .delivered)
        }
        await story.play {
            story.queue.offer(.fixture(spans: 25))
            story.queue.offer(.fixture(spans: 25, from: 26))
            #expect(await story.wakes(at: 315))
            #expect(await eventually { story.queue.books().delivered == 50 })
        }
        #expect(story.target.delivered == Array(1...50))
    }
}
