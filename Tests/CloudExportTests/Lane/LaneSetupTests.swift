import CloudExport
import ExportTestKit
import SendingQueue
import SpanMapping
import TestKit
import Testing

/// What a reload does to a lane that runs.
@Suite(.timeLimit(.minutes(2))) struct LaneSetupTests {
    private static func setup(
        _ target: ScriptedTarget, metrics: ScriptedTarget? = nil, changesUpstream: Bool = true,
        liftsCoolDown: Bool = false, projectID: String? = nil,
        _ configure: (inout LaneConfiguration) -> Void = { _ in }
    ) -> LaneSetup {
        var configuration = LaneConfiguration()
        configure(&configuration)
        return LaneSetup(
            configuration: configuration,
            mapper: SpanMapper(dialect: .platform, projectID: projectID), target: target,
            metricsTarget: metrics, changesUpstream: changesUpstream, liftsCoolDown: liftsCoolDown)
    }

    @Test func `a new token is used at once, whatever the lane was told for the old one`() async {
        let story = LaneStory { _ in .now(.unauthorized(status: 401)) }
        let second = ScriptedTarget(clock: story.clock) { _ in .now(.delivered) }
        await story.run {
            story.queue.offer(.fixture(spans: 10))
            #expect(await story.wakes(at: 5))
            #expect(await story.sleeps(until: 65))
            await story.lane.adopt(Self.setup(second))
            #expect(await eventually { story.queue.books().delivered == 10 })
        }
        #expect(story.target.attempts.count == 1 && second.delivered == Array(1...10))
        #expect(story.queue.books().isBalanced)
    }

    @Test(arguments: [true, false])
    func `a cool-down goes on where nothing changed, unless somebody asks`(_ asks: Bool) async {
        let story = LaneStory { .now($0.number == 1 ? .unauthorized(status: 401) : .delivered) }
        await story.run {
            story.queue.offer(.fixture(spans: 10))
            #expect(await story.wakes(at: 5))
            #expect(await story.sleeps(until: 65))
            await story.lane.adopt(
                Self.setup(story.target, changesUpstream: false, liftsCoolDown: asks))
            if asks {
                #expect(await eventually { story.queue.books().delivered == 10 })
            } else {
                #expect(await story.wakes(at: 65))
                #expect(await eventually { story.queue.books().delivered == 10 })
            }
        }
    }

    @Test func `what was under way and did not arrive is mapped anew for where it goes now`() async
    {
        let story = LaneStory { _ in .whenReleasedOnly }
        let second = ScriptedTarget(clock: story.clock) { _ in .now(.delivered) }
        await story.run {
            story.queue.offer(.fixture(spans: 3000))
            // In the order of their spans: which of their tasks begins first is up to the system.
            let attempts = await story.attempts(3)
                .sorted { ($0.spans?.first ?? 0) < ($1.spans?.first ?? 0) }.map(\.number)
            await story.lane.adopt(Self.setup(second, projectID: "other"))
            // One of them had arrived.
            story.target.release(attempts[0], .delivered)
            story.target.release(attempts[1], .unauthorized(status: 401))
            story.target.release(attempts[2], .unavailable("reset", retryAfter: nil))
            #expect(await eventually { story.queue.books().delivered == 3000 })
            #expect(await story.lane.status.posture == .open)
        }
        #expect(second.delivered.sorted() == Array(1001...3000))
        for attempt in second.attempts {
            #expect(String(decoding: attempt.body, as: UTF8.self).contains(#""projectId":"other""#))
        }
        #expect(story.queue.books().isBalanced)
    }

    @Test func `batches that wait to be sent again are made anew`() async {
        let story = LaneStory { _ in .now(.unavailable("down", retryAfter: nil)) }
        let second = ScriptedTarget(clock: story.clock) { _ in .now(.delivered) }
        await story.run {
            story.queue.offer(.fixture(spans: 1000))
            _ = await story.attempts(1)
            #expect(await eventually { await story.lane.status.batchedSpans == 1000 })
            await story.lane.adopt(Self.setup(second) { $0.limits.maxRecords = 100 })
            #expect(await eventually { story.queue.books().delivered == 1000 })
        }
        #expect(second.attempts.map(\.records) == Array(repeating: 100, count: 10))
        #expect(second.delivered.sorted() == Array(1...1000))
    }

    @Test func `a probe for the old quota says nothing about the new one`() async {
        let story = LaneStory {
            $0.isProbe ? .whenReleasedOnly : .now(.quotaExhausted(retryAfter: .seconds(10)))
        }
        let second = ScriptedTarget(clock: story.clock) { _ in .now(.delivered) }
        await story.run {
            story.queue.offer(.fixture(spans: 1000))
            _ = await story.attempts(1)
            #expect(await story.wakes(at: 10.5))
            _ = await story.attempts(2)
            await story.lane.adopt(Self.setup(second))
            story.target.release(2, .quotaExhausted(retryAfter: .seconds(1000)))
            #expect(await eventually { story.queue.books().delivered == 1000 })
            #expect(await story.lane.status.posture == .open)
        }
    }

    @Test func `what the old upstream took is no sign that the new one takes anything`() async {
        let story = LaneStory { _ in .whenReleasedOnly }
        let second = ScriptedTarget(clock: story.clock) { _ in
            .now(.refused(status: 400, answer: "no"))
        }
        let third = ScriptedTarget(clock: story.clock) { _ in .now(.delivered) }
        await story.run {
            story.queue.offer(.fixture(spans: 2000))
            _ = await story.attempts(2)
            await story.lane.adopt(Self.setup(second))
            story.target.release(1, .delivered)
            story.target.release(2, .unauthorized(status: 401))
            // All that is left is refused, halved, and held.
            #expect(
                await eventually { await story.lane.status.posture.kind == "cooling_down_contract" }
            )
            #expect(story.queue.books().droppedTotal == 0)
            await story.lane.adopt(Self.setup(third))
            #expect(await eventually { story.queue.books().delivered == 2000 })
        }
        #expect(third.delivered.sorted() == Array(1001...2000))
    }

    @Test(arguments: [true, false])
    func `metrics of what was under way are published once it arrives, where any still are`(
        _ areStill: Bool
    ) async {
        let story = LaneStory(metrics: { _ in .now(.delivered) }) { _ in .whenReleasedOnly }
        let second = ScriptedTarget(clock: story.clock) { _ in .now(.delivered) }
        await story.run {
            story.queue.offer(.fixture(spans: 1000, areGenerations: true))
            _ = await story.attempts(1)
            await story.lane.adopt(Self.setup(second, metrics: areStill ? second : nil))
            story.target.release(1, .delivered)
            #expect(await eventually { story.queue.books().delivered == 1000 })
        }
        let names = PublishedMetrics.names(of: 1...1000).sorted()
        #expect(second.deliveredMetrics.sorted() == (areStill ? names : []))
        #expect(story.metricsTarget.attempts.isEmpty)
        let derived = story.lane.instruments.derivedMetrics.value
        #expect(derived == UInt64(areStill ? names.count : 0))
        #expect(story.lane.instruments.deliveredMetrics.value == derived)
    }

    @Test func `a failed upload is remembered in words, a good one by its time`() async {
        let story = LaneStory {
            .now($0.number == 1 ? .unavailable("reset by peer", retryAfter: nil) : .delivered)
        }
        await story.run {
            story.queue.offer(.fixture(spans: 1000))
            #expect(await eventually { await story.lane.status.lastFault?.text == "reset by peer" })
            #expect(await story.lane.status.lastDelivered == nil)
            await story.clock.advanceToNextAlarm()
            #expect(await eventually { await story.lane.status.lastDelivered == story.clock.now })
        }
    }

    /// Of attempts that fail together one batch is kept mapped; the queue has the others.
    @Test func `an outage holds one batch in memory, and loses none`() async {
        let story = LaneStory { $0.number <= 4 ? .whenReleasedOnly : .now(.delivered) }
        await story.run {
            story.queue.offer(.fixture(spans: 4000))
            _ = await story.attempts(4)
            for number in 1...4 {
                story.target.release(number, .unavailable("down", retryAfter: nil))
            }
            #expect(await eventually { await story.lane.status.inFlight == 0 })
            #expect(await story.lane.status.batchedSpans == 1000)
            #expect(story.queue.backlog().spans == 3000)
            await story.clock.advanceToNextAlarm()
            #expect(await eventually { story.queue.books().delivered == 4000 })
        }
        #expect(story.deliveredOnce == Array(1...4000))
    }
}
