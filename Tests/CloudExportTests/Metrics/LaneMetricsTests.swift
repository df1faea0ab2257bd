import CloudExport
import ExportTestKit
import SendingQueue
import TestKit
import Testing

/// Metrics follow the records that they are derived from; whatever happens to them, the records
/// have ended.
@Suite(.timeLimit(.minutes(2))) struct LaneMetricsTests {
    private static let failure = AttemptOutcome.unavailable("HTTP 503", retryAfter: nil)

    private static func answers(
        _ first: AttemptOutcome...
    ) -> @Sendable (ScriptedTarget.Attempt) -> ScriptedTarget.Answer {
        { .now($0.number <= first.count ? first[$0.number - 1] : .delivered) }
    }

    /// The metrics of ten spans are two posts, which have one answer.
    private static func until(
        _ seconds: Double, _ outcome: AttemptOutcome
    ) -> @Sendable (ScriptedTarget.Attempt) -> ScriptedTarget.Answer {
        { .now($0.time < .seconds(seconds) ? outcome : .delivered) }
    }

    private static let small: @Sendable (inout LaneConfiguration) -> Void = {
        $0.limits.maxRecords = 10
    }

    @Test func `once records are delivered their metrics are published, each once`() async {
        let story = LaneStory(
            configure: Self.small, metrics: Self.answers(), answer: Self.answers())
        await story.play {
            story.queue.offer(.fixture(spans: 20, areGenerations: true))
            #expect(await story.published(1...20))
            #expect(story.queue.books().delivered == 20)
        }
        // A post of metrics has no more of them than one of spans.
        #expect(story.metricsTarget.attempts.allSatisfy { $0.records <= 10 })
        #expect(story.target.attempts.allSatisfy { $0.metrics == nil })
    }

    @Test func `without a metrics route nothing is derived`() async {
        let story = LaneStory(configure: Self.small, answer: Self.answers())
        await story.play {
            story.queue.offer(.fixture(spans: 10, areGenerations: true))
            #expect(await eventually { story.queue.books().delivered == 10 })
        }
        #expect(story.lane.instruments.derivedMetrics.value == 0)
        #expect(await story.lane.status.metrics == nil)
    }

    @Test func `records without metrics make no post`() async {
        let story = LaneStory(
            configure: Self.small, metrics: Self.answers(), answer: Self.answers())
        await story.play {
            story.queue.offer(.fixture(spans: 10))
            #expect(await eventually { story.queue.books().delivered == 10 })
        }
        #expect(story.metricsTarget.attempts.isEmpty)
    }

    @Test func `metrics wait for their records`() async {
        let story = LaneStory(
            configure: Self.small, metrics: Self.answers(), answer: Self.answers(Self.failure))
        await story.play {
            story.queue.offer(.fixture(spans: 10, areGenerations: true))
            #expect(await story.sleeps(until: 0.25))
            #expect(story.metricsTarget.attempts.isEmpty)
            #expect(await story.wakes(at: 0.25))
            #expect(await story.published(1...10))
        }
        #expect(story.target.attempts.count == 2)
    }

    // MARK: Trouble of the metrics route

    @Test func `trouble that passes is retried with the same metrics, and without the spans`()
        async
    {
        let story = LaneStory(
            configure: Self.small,
            metrics: Self.answers(
                Self.failure, .throttled(retryAfter: .seconds(7)), .cancelled),
            answer: Self.answers())
        await story.play {
            story.queue.offer(.fixture(spans: 5, areGenerations: true))
            #expect(await story.wakes(at: 5))
            #expect(await story.wakes(at: 5.25))
            #expect(await story.wakes(at: 12.25))
            #expect(await story.published(1...5))
            #expect(story.queue.books().delivered == 5)
        }
        #expect(story.target.attempts.count == 1)
        let bodies = story.metricsTarget.attempts.map(\.body)
        #expect(bodies.count == 4 && Set(bodies).count == 1)
        #expect(
            story.log.all == [
                "warning: The metrics route cannot take metrics; uploads are retried",
                "info: Metrics are published again",
            ])
        #expect(story.lane.instruments.count(of: "delivered") == 1)
    }

    @Test func `spans go on while the metrics route is away`() async {
        let story = LaneStory(
            configure: Self.small,
            metrics: { $0.time < .seconds(60) ? .now(Self.failure) : .now(.delivered) },
            answer: Self.answers())
        await story.play {
            for number in 0..<5 {
                story.queue.offer(
                    .fixture(spans: 10, from: number * 10 + 1, areGenerations: true))
                #expect(
                    await eventually { story.queue.books().delivered == (number + 1) * 10 })
            }
            #expect(story.clock.elapsed == .zero)
            #expect(await story.lane.status.posture == .open)
            #expect(await story.lane.status.metrics?.posture.kind == "backing_off")
            #expect(await story.lane.status.metrics?.held == 100)
            // One attempt at a time, as for spans.
            let attempts = story.metricsTarget.attempts.count
            await story.clock.advanceToNextAlarm()
            #expect(await story.metricAttempts(attempts + 1).count == attempts + 1)
            story.clock.advance(to: .seconds(60))
            #expect(
                await eventually {
                    if let next = story.clock.alarms.first { story.clock.advance(to: next) }
                    return await story.lane.status.metrics?.held == 0
                })
            #expect(await story.published(1...50))
        }
        #expect(story.metricsTarget.mostInFlight <= 4)
    }

    @Test func `a route that takes none for long loses its oldest metrics, and spans go on`()
        async
    {
        let story = LaneStory {
            $0.limits.maxRecords = 10
            $0.limits.maxBytes = 12_000
            $0.maxConcurrency = 1
            $0.maxMetricUploads = 1
        } metrics: { _ in
            .now(Self.failure)
        } answer: {
            .now($0.number < 0 ? Self.failure : .delivered)
        }
        await story.play {
            for number in 0..<30 {
                story.queue.offer(
                    .fixture(spans: 10, from: number * 10 + 1, areGenerations: true))
                #expect(
                    await eventually { story.queue.books().delivered == (number + 1) * 10 })
            }
            let held = await story.lane.status.metrics?.held ?? 0
            #expect(held > 0 && held < 60)
            #expect(story.droppedMetrics == [.overflow: 600 - held])
            // The newest are those that are kept.
            #expect(
                await eventually {
                    if let next = story.clock.alarms.first { story.clock.advance(to: next) }
                    return (story.metricsTarget.attempts.last?.metrics ?? []).contains {
                        $0.hasPrefix("29")
                    }
                })
        }
        let line =
            "error: Dropped the oldest metrics, since the metrics route has taken none for long"
        #expect(story.log.all.filter { $0 == line }.count == 1)
    }

    @Test func `a route that is slow makes spans wait, and loses nothing`() async {
        let story = LaneStory {
            $0.limits.maxRecords = 10
            $0.limits.maxBytes = 12_000
            $0.maxConcurrency = 1
            $0.maxMetricUploads = 1
        } metrics: { _ in
            .whenReleased
        } answer: { _ in
            .now(.delivered)
        }
        await story.play {
            story.queue.offer(.fixture(spans: 100, areGenerations: true))
            _ = await story.metricAttempts(1)
            #expect(await eventually { await story.lane.status.metrics?.held ?? 0 > 20 })
            for _ in 0..<200 { await Task.yield() }
            #expect(story.queue.books().delivered < 50)
            var number = 1
            #expect(
                await eventually {
                    guard story.metricsTarget.attempts.count >= number else {
                        return story.metricsTarget.deliveredMetrics.count == 200
                    }
                    story.metricsTarget.release(number, .delivered)
                    number += 1
                    return false
                })
            #expect(await story.published(1...100))
        }
        #expect(story.droppedMetrics == [:])
    }

    @Test func `what is too large is halved, and a single metric is dropped`() async {
        let story = LaneStory(
            configure: Self.small,
            metrics: {
                .now(
                    $0.records > 1 || $0.metrics == ["3 mastra_model_duration_ms"]
                        ? .tooLarge : .delivered)
            },
            answer: Self.answers())
        await story.play {
            story.queue.offer(.fixture(spans: 4, areGenerations: true))
            #expect(await story.wakes(at: 5))
            #expect(await eventually { story.metricsTarget.deliveredMetrics.count == 7 })
            #expect(await eventually { story.droppedMetrics == [.tooLarge: 1] })
        }
        let delivered = Set(story.metricsTarget.deliveredMetrics)
        #expect(
            delivered
                == Set(PublishedMetrics.names(of: 1...4)).subtracting([
                    "3 mastra_model_duration_ms"
                ]))
        #expect(story.target.attempts.count == 1)
    }

    @Test(arguments: [
        (AttemptOutcome.refused(status: 422, answer: "no"), MetricDropReason.rejected),
        (.refused(status: 400, answer: ""), .rejected),
        (.misdirected(status: 404), .noRoute),
    ])
    func `what is refused for good is dropped and counted, and told once`(
        _ outcome: AttemptOutcome, _ reason: MetricDropReason
    ) async {
        let story = LaneStory(
            configure: Self.small, metrics: { _ in .now(outcome) }, answer: Self.answers())
        await story.play {
            for number in 0..<3 {
                story.queue.offer(
                    .fixture(spans: 10, from: number * 10 + 1, areGenerations: true))
                #expect(
                    await eventually {
                        if let next = story.clock.alarms.first { story.clock.advance(to: next) }
                        return story.droppedMetrics == [reason: (number + 1) * 20]
                    })
            }
            #expect(story.queue.books().delivered == 30)
        }
        #expect(story.log.all.filter { $0.hasPrefix("error: Dropped metrics") }.count == 1)
        #expect(story.target.attempts.count == 3)
        #expect(await story.lane.status.posture == .open)
    }

    @Test func `metrics of a token that is not accepted for them are held, spans are not`() async {
        let story = LaneStory(
            configure: Self.small, metrics: Self.until(1, .unauthorized(status: 403)),
            answer: Self.answers())
        await story.play {
            story.queue.offer(.fixture(spans: 10, areGenerations: true))
            #expect(await story.sleeps(until: 60))
            #expect(await story.lane.status.metrics?.posture.kind == "cooling_down_unauthorized")
            story.queue.offer(.fixture(spans: 10, from: 11, areGenerations: true))
            #expect(await eventually { story.queue.books().delivered == 20 })
            #expect(story.metricsTarget.attempts.count == 2)
            #expect(await story.wakes(at: 60))
            #expect(await story.published(1...20))
        }
    }

    @Test func `attempts end after max_elapsed_time`() async {
        let story = LaneStory {
            $0.limits.maxRecords = 10
            $0.maxElapsed = .seconds(10)
        } metrics: { _ in
            .now(Self.failure)
        } answer: { _ in
            .now(.delivered)
        }
        await story.play {
            story.queue.offer(.fixture(spans: 5, areGenerations: true))
            #expect(
                await eventually {
                    if let next = story.clock.alarms.first { story.clock.advance(to: next) }
                    return story.droppedMetrics == [.elapsed: 10]
                })
        }
    }

    // MARK: Quota

    @Test func `a quota that metrics are told of pauses spans, and both go on after the probe`()
        async
    {
        let story = LaneStory(
            configure: Self.small,
            metrics: Self.until(1, .quotaExhausted(retryAfter: .seconds(100))),
            answer: Self.answers())
        await story.play {
            story.queue.offer(.fixture(spans: 10, areGenerations: true))
            #expect(await story.sleeps(until: 105))
            #expect(await story.lane.status.posture.kind == "paused_quota")
            story.queue.offer(.fixture(spans: 10, from: 11, areGenerations: true))
            for _ in 0..<100 { await Task.yield() }
            #expect(story.target.attempts.count == 1 && story.metricsTarget.attempts.count == 2)
            #expect(await story.wakes(at: 105))
            #expect(await story.published(1...20))
            #expect(story.target.attempts.filter(\.isProbe).count == 1)
        }
        #expect(story.deliveredOnce == Array(1...20))
    }

    @Test func `metrics that wait are held while spans are paused`() async {
        let story = LaneStory(
            configure: Self.small, metrics: Self.until(1, Self.failure),
            answer: Self.answers(.delivered, .quotaExhausted(retryAfter: .seconds(100))))
        await story.play {
            story.queue.offer(.fixture(spans: 10, areGenerations: true))
            #expect(await story.sleeps(until: 0.25))
            story.queue.offer(.fixture(spans: 10, from: 11, areGenerations: true))
            #expect(await story.sleeps(until: 105))
            #expect(story.metricsTarget.attempts.count == 2)
            #expect(await story.wakes(at: 105))
            #expect(await story.published(1...20))
        }
    }

    @Test func `metrics are the one attempt of a lane that backs off and has no spans left`() async
    {
        let story = LaneStory {
            $0.limits.maxRecords = 10
            $0.maxElapsed = .milliseconds(1)
            $0.maxConcurrency = 2
            $0.maxMetricUploads = 2
        } metrics: {
            $0.number == 1 ? .whenReleased : .now(.delivered)
        } answer: {
            $0.number == 1 ? .now(.delivered) : .whenReleased
        }
        await story.play {
            story.queue.offer(.fixture(spans: 10, areGenerations: true))
            _ = await story.metricAttempts(1)
            story.queue.offer(.fixture(spans: 10, from: 11, areGenerations: true))
            _ = await story.attempts(2)
            story.clock.advance(to: .seconds(1))
            story.metricsTarget.release(1, .cancelled)
            story.target.release(2, Self.failure)
            #expect(await eventually { story.queue.books().dropped == [.elapsed: 10] })
            #expect(
                await eventually {
                    if let next = story.clock.alarms.first { story.clock.advance(to: next) }
                    return story.metricsTarget.deliveredMetrics.count == 20
                })
            #expect(await eventually { await story.lane.status.posture == .open })
        }
        #expect(story.target.attempts.count == 2)
    }

    // MARK: Refused records

    @Test func `a record that is given up has no metrics, its neighbours have`() async {
        let story = LaneStory(configure: Self.small, metrics: Self.answers()) {
            .now(
                $0.spans?.contains(7) == true ? .refused(status: 400, answer: "bad") : .delivered)
        }
        await story.play {
            story.queue.offer(.fixture(spans: 10, areGenerations: true))
            #expect(await eventually { story.queue.books().dropped == [.rejected: 1] })
            let names = PublishedMetrics.names(of: Array(1...6) + Array(8...10)).sorted()
            #expect(await eventually { story.metricsTarget.deliveredMetrics.sorted() == names })
        }
    }

    // MARK: Stop

    @Test func `at a stop metrics are published before the lane ends`() async {
        let story = LaneStory(
            configure: Self.small, metrics: Self.answers(Self.failure, Self.failure),
            answer: Self.answers())
        await story.play {
            story.queue.offer(.fixture(spans: 25, areGenerations: true))
            #expect(await eventually { story.queue.books().delivered == 20 })
            await story.lane.drain(until: story.clock.start + .seconds(20))
            #expect(
                await eventually {
                    if let next = story.clock.alarms.first, next < .seconds(20) {
                        story.clock.advance(to: next)
                    }
                    return story.hasEnded
                })
            #expect(story.clock.elapsed < .seconds(20))
            #expect(await story.published(1...25))
        }
    }

    @Test func `at the deadline of a stop the metrics that are left are dropped and counted`()
        async
    {
        let story = LaneStory(
            configure: Self.small, metrics: { _ in .whenReleased }, answer: Self.answers())
        await story.play {
            story.queue.offer(.fixture(spans: 30, areGenerations: true))
            _ = await story.metricAttempts(4)
            await story.lane.drain(until: story.clock.start + .seconds(20))
            #expect(await story.wakes(at: 20))
            #expect(await eventually { story.hasEnded })
            #expect(story.queue.books().delivered == 30)
            #expect(story.droppedMetrics == [.shutdown: 60])
        }
        #expect(
            story.log.all == [
                "error: Dropped metrics that could not be published before the shutdown"
            ])
    }

    @Test func `a hold of metrics that outlasts the stop is not waited for`() async {
        let story = LaneStory(
            configure: Self.small, metrics: { _ in .now(.unauthorized(status: 401)) },
            answer: Self.answers())
        await story.play {
            story.queue.offer(.fixture(spans: 10, areGenerations: true))
            #expect(await story.sleeps(until: 60))
            await story.lane.drain(until: story.clock.start + .seconds(20))
            #expect(await eventually { story.hasEnded })
            #expect(story.clock.elapsed == .zero)
            #expect(story.droppedMetrics == [.shutdown: 20])
        }
    }

    @Test(arguments: 1...25 as ClosedRange<UInt64>)
    func `whatever both routes answer, metrics of delivered records end once`(_ seed: UInt64) async
    {
        let (spans, metrics) = (Moods(seed: seed), Moods(seed: seed &* 7919))
        let story = LaneStory(seed: seed) {
            $0.limits.maxRecords = 20
            $0.limits.maxBytes = 16_000
        } metrics: {
            .now(metrics.answer($0))
        } answer: {
            .now(spans.answer($0))
        }
        var random = SplitMix64(seed: seed &* 31)
        var number = 1
        await story.play {
            for _ in 1...20 {
                let count = Int.random(in: 1...30, using: &random)
                story.queue.offer(.fixture(spans: count, from: number, areGenerations: true))
                number += count
                for _ in 0..<Int.random(in: 0...20, using: &random) { await Task.yield() }
                if Bool.random(using: &random), let next = story.clock.alarms.first {
                    story.clock.advance(to: next)
                }
            }
            spans.calmDown()
            metrics.calmDown()
            #expect(
                await eventually {
                    if let next = story.clock.alarms.first { story.clock.advance(to: next) }
                    let held = await story.lane.status.metrics?.held
                    return story.queue.books().queuedSpans == 0 && held == 0
                })
        }
        let delivered = story.deliveredOnce
        #expect(Set(delivered).count == delivered.count, "seed \(seed)")
        let published = story.metricsTarget.deliveredMetrics
        #expect(Set(published).count == published.count, "seed \(seed)")
        #expect(
            Set(published).isSubset(of: PublishedMetrics.names(of: delivered)), "seed \(seed)")
        let dropped = story.droppedMetrics.values.reduce(0, +)
        #expect(published.count + dropped == 2 * delivered.count, "seed \(seed)")
        #expect(story.droppedMetrics[.shutdown] == nil, "seed \(seed)")
    }
}
