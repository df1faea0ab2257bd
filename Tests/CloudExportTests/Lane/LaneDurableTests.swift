import CloudExport
import ExportTestKit
import Logging
import SendingQueue
import SpanMapping
import TestKit
import Testing

/// A lane before a queue that outlives the process.
private struct Story {
    let clock = ManualClock()
    let queue: KeepingQueue
    let target: ScriptedTarget
    let lane: Lane

    init(
        maxRecords: Int = 10,
        _ answer: @escaping @Sendable (ScriptedTarget.Attempt) -> ScriptedTarget.Answer
    ) {
        let clock = clock
        queue = KeepingQueue(now: { clock.now })
        target = ScriptedTarget(clock: clock, answer)
        var configuration = LaneConfiguration()
        configuration.limits.maxRecords = maxRecords
        lane = Lane(
            configuration: configuration, queue: queue, mapper: SpanMapper(dialect: .platform),
            target: target,
            environment: LaneEnvironment(
                now: { clock.now }, sleep: { await clock.sleep(until: $0) }, random: { 0.5 }),
            logger: Logger(label: "lane") { _ in SwiftLogNoOpLogHandler() })
    }
}

/// Nothing is given up for want of time.
@Suite(.timeLimit(.minutes(2))) struct LaneDurableTests {
    @Test func `a stop waits for what is under way, and leaves the rest`() async {
        let story = Story { _ in .whenReleased }
        let run = Task { await story.lane.run() }
        story.queue.offer(.fixture(spans: 100))
        #expect(await eventually { story.target.attempts.count == 4 })
        await story.lane.drain(until: story.clock.now + .seconds(30))
        for attempt in story.target.attempts {
            story.target.release(attempt.number, .delivered)
        }
        await run.value
        let books = story.queue.books()
        #expect(books.delivered == 40)
        #expect(books.queuedSpans == 60)
        #expect(books.droppedTotal == 0)
        #expect(books.isBalanced)
    }

    @Test func `at the deadline nothing is dropped`() async {
        let story = Story { _ in .whenReleased }
        let run = Task { await story.lane.run() }
        story.queue.offer(.fixture(spans: 100))
        #expect(await eventually { story.target.attempts.count == 4 })
        await story.lane.drain(until: story.clock.now + .seconds(30))
        #expect(await eventually { !story.clock.alarms.isEmpty })
        story.clock.advance(to: .seconds(30))
        await run.value
        #expect(story.queue.books().queuedSpans == 100)
        #expect(story.queue.books().droppedTotal == 0)
    }

    @Test func `a stop begins no new batch, not even of what was refused before`() async {
        let story = Story { _ in .now(.unavailable("HTTP 500", retryAfter: nil)) }
        let run = Task { await story.lane.run() }
        story.queue.offer(.fixture(spans: 10))
        #expect(await eventually { !story.clock.alarms.isEmpty })
        let attempts = story.target.attempts.count
        await story.lane.drain(until: story.clock.now + .seconds(30))
        await run.value
        #expect(story.target.attempts.count == attempts)
        #expect(story.queue.books().queuedSpans == 10)
    }

    @Test func `a refused record is set aside with what the upstream said`() async {
        let story = Story(maxRecords: 4) { attempt in
            attempt.spans?.contains(7) ?? false
                ? .now(.refused(status: 422, answer: "no")) : .now(.delivered)
        }
        let run = Task { await story.lane.run() }
        story.queue.offer(.fixture(spans: 8))
        #expect(await eventually { story.queue.books().queuedSpans == 0 })
        await story.lane.drain(until: story.clock.now)
        await run.value
        #expect(
            story.queue.asides == [
                .init(
                    ticket: Ticket(sequence: 1), spans: 6..<7, reason: .rejected,
                    cause: DropCause(status: 422, answer: "no"))
            ])
        #expect(story.queue.books().delivered == 7)
    }

    @Test func `the queue knows which request is being mapped`() async {
        let story = Story(maxRecords: 3) { _ in .now(.delivered) }
        let run = Task { await story.lane.run() }
        story.queue.offer(.fixture(spans: 4))
        story.queue.offer(.fixture(spans: 2, from: 5))
        #expect(await eventually { story.queue.books().delivered == 6 })
        await story.lane.drain(until: story.clock.now)
        await run.value
        let mapping = story.queue.mapping
        #expect(Set(mapping.compactMap(\.?.sequence)) == [1, 2])
        #expect(mapping.last == .some(nil), "nothing is being mapped at the end")
    }
}
