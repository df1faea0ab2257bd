import CloudExport
import ExportTestKit
import Logging
import SendingQueue
import SpanMapping
import Synchronization
import TestKit
import Testing

/// A lane between a queue in memory and a scripted upstream, with a clock that only the story moves.
struct LaneStory: Sendable {
    let clock: ManualClock
    let queue: MemoryQueue
    let target: ScriptedTarget
    /// Of metrics, where the story has any.
    let metricsTarget: ScriptedTarget
    let lane: Lane
    let log = Recorder<String>()
    private let ended = Recorder<Bool>()

    /// - Parameters:
    ///   - seed: of chance; without one, jitter is in the middle each time.
    ///   - metrics: the script of the metrics route; without one there are no metrics.
    ///   - answer: the upstream's script.
    init(
        seed: UInt64? = nil, slots: UploadSlots? = nil,
        configure: (inout LaneConfiguration) -> Void = { _ in },
        metrics: (@Sendable (ScriptedTarget.Attempt) -> ScriptedTarget.Answer)? = nil,
        answer: @escaping @Sendable (ScriptedTarget.Attempt) -> ScriptedTarget.Answer
    ) {
        let clock = ManualClock()
        var configuration = LaneConfiguration()
        configure(&configuration)
        let chance = seed.map { Chance(seed: $0) }
        self.clock = clock
        queue = MemoryQueue(now: { clock.now })
        target = ScriptedTarget(clock: clock, answer)
        metricsTarget = ScriptedTarget(clock: clock, metrics ?? { _ in .now(.delivered) })
        lane = Lane(
            configuration: configuration, queue: queue, mapper: SpanMapper(dialect: .platform),
            target: target, metricsTarget: metrics == nil ? nil : metricsTarget,
            slots: slots,
            environment: LaneEnvironment(
                now: { clock.now }, sleep: { await clock.sleep(until: $0) },
                random: { chance?.next() ?? 0.5 }),
            logger: Logger(label: "lane") { [log] _ in RecordingLogHandler(log: log) })
    }

    /// Runs the lane beside the story. At the end the lane is drained, in whatever time it needs;
    /// then the books have to be closed.
    func play(
        sourceLocation: SourceLocation = #_sourceLocation, _ story: () async throws -> Void
    ) async rethrows {
        let run = Task {
            await lane.run()
            ended.append(true)
        }
        do {
            try await story()
        } catch {
            run.cancel()
            throw error
        }
        let deadline = clock.elapsed + .seconds(7200)
        await lane.drain(until: clock.start + deadline)
        let isOver = await eventually {
            // Whatever is waited for, but not the end of all waiting.
            if let next = clock.alarms.first, next < deadline { clock.advance(to: next) }
            return hasEnded
        }
        #expect(isOver, "the lane hangs", sourceLocation: sourceLocation)
        run.cancel()
        let books = queue.books()
        #expect(books.isBalanced, "\(books)", sourceLocation: sourceLocation)
        #expect(books.queuedSpans == 0, "\(books)", sourceLocation: sourceLocation)
        #expect(books.queuedBytes == 0, "\(books)", sourceLocation: sourceLocation)
        #expect(
            books.delivered == UInt64(target.delivered.count), sourceLocation: sourceLocation)
        await checkCounters(sourceLocation)
    }

    /// Runs the lane beside a story that leaves nothing to be sent, in which upstreams may change.
    func run(
        sourceLocation: SourceLocation = #_sourceLocation, _ story: () async -> Void
    ) async {
        let run = Task { await lane.run() }
        await story()
        await lane.drain(until: clock.start + clock.elapsed + .seconds(60))
        await run.value
        let books = queue.books()
        #expect(
            books.isBalanced && books.queuedSpans == 0, "\(books)", sourceLocation: sourceLocation)
    }

    private func checkCounters(_ sourceLocation: SourceLocation) async {
        let instruments = lane.instruments
        let attempts = UInt64(target.attempts.count)
        #expect(instruments.attemptsBegun.value == attempts, sourceLocation: sourceLocation)
        let ended = instruments.attempts.reduce(0) { $0 + $1.counter.value }
        #expect(ended == attempts, sourceLocation: sourceLocation)
        #expect(
            instruments.duration.snapshot.counts.reduce(0, +) == attempts,
            sourceLocation: sourceLocation)
        let status = await lane.status
        #expect(status.inFlight == 0, sourceLocation: sourceLocation)
        #expect(status.batchedSpans == 0, sourceLocation: sourceLocation)
        let metricAttempts = instruments.metricAttempts.reduce(0) { $0 + $1.counter.value }
        #expect(
            metricAttempts == UInt64(metricsTarget.attempts.count), sourceLocation: sourceLocation)
        #expect(status.metrics?.held ?? 0 == 0, sourceLocation: sourceLocation)
        let sent = instruments.deliveredMetrics.value
        #expect(
            sent == UInt64(metricsTarget.deliveredMetrics.count), sourceLocation: sourceLocation)
        let dropped = instruments.droppedMetrics.reduce(0) { $0 + $1.counter.value }
        #expect(
            instruments.derivedMetrics.value == sent + dropped, sourceLocation: sourceLocation)
    }

    var hasEnded: Bool { !ended.all.isEmpty }
    /// In the order of their numbers.
    var deliveredOnce: [Int] { target.delivered.sorted() }

    /// Waits until so many attempts have begun.
    func attempts(_ count: Int) async -> [ScriptedTarget.Attempt] {
        let came = await eventually { target.attempts.count >= count }
        #expect(came, "\(target.attempts.count) attempts came and not \(count)")
        return target.attempts
    }

    /// Waits until so many attempts to publish metrics have begun.
    func metricAttempts(_ count: Int) async -> [ScriptedTarget.Attempt] {
        let came = await eventually { metricsTarget.attempts.count >= count }
        #expect(came, "\(metricsTarget.attempts.count) attempts came and not \(count)")
        return metricsTarget.attempts
    }

    /// Waits until metrics of all these spans were published, each once.
    func published(_ spans: ClosedRange<Int>) async -> Bool {
        let names = PublishedMetrics.names(of: spans).sorted()
        return await eventually { metricsTarget.deliveredMetrics.sorted() == names }
    }

    /// Metrics that were dropped, by reason, those above 0.
    var droppedMetrics: [MetricDropReason: Int] {
        let counts = lane.instruments.droppedMetrics.map { ($0.reason, Int($0.counter.value)) }
        return Dictionary(uniqueKeysWithValues: counts.filter { $0.1 > 0 })
    }

    /// Waits until the lane sleeps for nothing but this time, in seconds since the beginning. From
    /// then on it does nothing before an offer, an answer or that time comes.
    func sleeps(until seconds: Double) async -> Bool {
        let time = Duration.seconds(seconds)
        // An alarm is off by less than a nanosecond where factors are applied to durations.
        return await eventually {
            let alarms = clock.alarms
            return alarms.count == 1 && abs((alarms[0] - time) / .seconds(1)) < 1e-6
        }
    }

    /// Moves the clock to where the lane sleeps to, which has to be this time.
    func wakes(at seconds: Double) async -> Bool {
        guard await sleeps(until: seconds) else { return false }
        await clock.advanceToNextAlarm()
        return true
    }
}

/// Numbers in 0..<1, for whoever asks.
private final class Chance: Sendable {
    private let random: Mutex<SplitMix64>

    init(seed: UInt64) {
        random = Mutex(SplitMix64(seed: seed))
    }

    func next() -> Double {
        random.withLock { Double.random(in: 0..<1, using: &$0) }
    }
}

/// Keeps level and message, which are constant texts, and the metadata behind them.
private struct RecordingLogHandler: LogHandler {
    let log: Recorder<String>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    func log(event: LogEvent) {
        log.append("\(event.level): \(event.message)")
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
}
