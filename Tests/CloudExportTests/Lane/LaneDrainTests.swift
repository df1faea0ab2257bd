import CloudExport
import ExportTestKit
import SendingQueue
import TestKit
import Testing

@Suite(.timeLimit(.minutes(2))) struct LaneDrainTests {
    private static let failure = AttemptOutcome.unavailable("HTTP 500", retryAfter: nil)

    @Test func `a drain sends the rest at once and ends`() async {
        let story = LaneStory { _ in .now(.delivered) }
        await story.play {
            story.queue.offer(.fixture(spans: 10))
            #expect(await story.sleeps(until: 5))
            await story.lane.drain(until: story.clock.now + .seconds(30))
            #expect(await eventually { story.hasEnded })
            #expect(story.clock.elapsed == .zero)
            #expect(await story.lane.status.isDraining)
        }
        #expect(story.deliveredOnce == Array(1...10))
        #expect(story.clock.alarms.isEmpty)
    }

    @Test func `an idle lane ends at once`() async {
        let story = LaneStory { _ in .now(.delivered) }
        await story.play {
            await story.lane.drain(until: story.clock.now + .seconds(30))
            #expect(await eventually { story.hasEnded })
        }
        #expect(story.target.attempts.isEmpty)
        #expect(story.clock.elapsed == .zero)
    }

    @Test func `a drain before the lane runs is not forgotten`() async {
        let story = LaneStory { _ in .now(.delivered) }
        story.queue.offer(.fixture(spans: 10))
        await story.lane.drain(until: story.clock.now + .seconds(30))
        await story.play { #expect(await eventually { story.hasEnded }) }
        #expect(story.deliveredOnce == Array(1...10))
        #expect(story.clock.elapsed == .zero)
    }

    @Test func `failures are retried while there is time to drain`() async {
        let story = LaneStory { .now($0.number <= 2 ? Self.failure : .delivered) }
        await story.play {
            story.queue.offer(.fixture(spans: 10))
            await story.lane.drain(until: story.clock.now + .seconds(30))
            #expect(await story.wakes(at: 0.25))
            #expect(await story.wakes(at: 0.75))
            #expect(await eventually { story.hasEnded })
        }
        #expect(story.deliveredOnce == Array(1...10))
    }

    @Test func `at the deadline what is left is dropped, and the queue is closed`() async {
        let story = LaneStory {
            $0.limits.maxRecords = 10
        } answer: {
            $0.number == 1 ? .now(.delivered) : .now(Self.failure)
        }
        await story.play {
            // Something is delivered, something cut, something open, something in the queue.
            story.queue.offer(.fixture(spans: 45))
            #expect(await eventually { story.queue.books().delivered == 10 })
            await story.lane.drain(until: story.clock.start + .seconds(0.1))
            #expect(await eventually { await story.lane.status.inFlight == 0 })
            #expect(!story.hasEnded)
            story.clock.advance(to: .seconds(0.1))
            #expect(await eventually { story.hasEnded })
            #expect(story.queue.books().dropped == [.shutdown: 35])
            #expect(story.queue.offer(.fixture(spans: 1)) == .stopping)
        }
        #expect(
            story.log.all.last
                == "error: Dropped spans that could not be delivered before the shutdown")
    }

    @Test func `an upstream that hangs does not keep the lane after the deadline`() async {
        let story = LaneStory {
            $0.limits.maxRecords = 10
        } answer: { _ in
            .whenReleased
        }
        await story.play {
            story.queue.offer(.fixture(spans: 100))
            _ = await story.attempts(4)
            await story.lane.drain(until: story.clock.now + .seconds(30))
            story.clock.advance(to: .seconds(29.999))
            #expect(await story.sleeps(until: 30))
            #expect(!story.hasEnded)
            story.clock.advance(to: .seconds(30))
            #expect(await eventually { story.hasEnded })
            #expect(story.queue.books().dropped == [.shutdown: 100])
        }
        #expect(story.target.attempts.count == 4)
        #expect(story.lane.instruments.count(of: "cancelled") == 4)
    }

    @Test func `a delivery that is answered while the lane gives up counts as delivered`() async {
        let story = LaneStory {
            $0.limits.maxRecords = 10
        } answer: { _ in
            .whenReleasedOnly
        }
        await story.play {
            story.queue.offer(.fixture(spans: 30))
            _ = await story.attempts(3)
            await story.lane.drain(until: story.clock.now + .seconds(30))
            story.clock.advance(to: .seconds(30))
            story.target.release(2, .delivered)
            story.target.release(1, Self.failure)
            story.target.release(3, .refused(status: 400, answer: ""))
            #expect(await eventually { story.hasEnded })
        }
        #expect(story.queue.books().delivered == 10)
        #expect(story.queue.books().dropped == [.shutdown: 20])
    }

    @Test(arguments: [
        AttemptOutcome.unauthorized(status: 401), .quotaExhausted(retryAfter: nil),
    ])
    func `a lane that is held has nothing to wait for, and gives up at once`(
        _ outcome: AttemptOutcome
    ) async {
        let story = LaneStory { _ in .now(outcome) }
        await story.play {
            story.queue.offer(.fixture(spans: 10))
            #expect(await story.wakes(at: 5))
            #expect(await eventually { story.queue.backlog().spans == 10 })
            await story.lane.drain(until: story.clock.now + .seconds(30))
            #expect(await eventually { story.hasEnded })
            #expect(story.clock.elapsed == .seconds(5))
        }
        #expect(story.queue.books().dropped == [.shutdown: 10])
    }

    @Test func `a question about the quota under way is waited for`() async {
        let story = LaneStory {
            switch $0.number {
            case 1: .now(.quotaExhausted(retryAfter: .seconds(100)))
            case 2: .whenReleased
            default: .now(.delivered)
            }
        }
        await story.play {
            story.queue.offer(.fixture(spans: 10))
            #expect(await story.wakes(at: 5))
            #expect(await story.wakes(at: 110))
            _ = await story.attempts(2)
            await story.lane.drain(until: story.clock.now + .seconds(30))
            story.target.release(2, .delivered)
            #expect(await eventually { story.hasEnded })
        }
        #expect(story.deliveredOnce == Array(1...10))
    }

    @Test func `of two drains the sooner deadline counts`() async {
        let story = LaneStory { _ in .whenReleased }
        await story.play {
            story.queue.offer(.fixture(spans: 10))
            await story.lane.drain(until: story.clock.now + .seconds(10))
            await story.lane.drain(until: story.clock.now + .seconds(30))
            #expect(await story.wakes(at: 10))
            #expect(await eventually { story.hasEnded })
        }
        #expect(story.queue.books().dropped == [.shutdown: 10])
    }

    @Test func `a cancelled run ends, and its spans are counted`() async {
        let story = LaneStory {
            $0.limits.maxRecords = 10
        } answer: { _ in
            .whenReleased
        }
        story.queue.offer(.fixture(spans: 45))
        let run = Task { await story.lane.run() }
        _ = await story.attempts(4)
        run.cancel()
        await run.value
        #expect(story.queue.books().dropped == [.shutdown: 45])
        #expect(story.queue.books().isBalanced)
        #expect(story.queue.offer(.fixture(spans: 1)) == .stopping)
    }

    @Test func `a run that is cancelled while nothing waits ends as well`() async {
        let story = LaneStory { _ in .now(.delivered) }
        let run = Task { await story.lane.run() }
        await Task.yield()
        run.cancel()
        await run.value
        #expect(story.target.attempts.isEmpty)
    }
}
