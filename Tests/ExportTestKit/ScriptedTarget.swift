package import CloudExport
package import MastraRecords
import Synchronization

/// An upstream that is told what to answer at each attempt, and remembers what came.
package final class ScriptedTarget: BatchTarget {
    package struct Attempt: Sendable {
        /// From 1, probes included.
        package let number: Int
        package let body: [UInt8]
        /// What the lane said.
        package let records: Int
        /// Of the spans in the body; nil where the body is none that the upstream understands.
        package let spans: [Int]?
        /// Of the metrics in the body, likewise.
        package let metrics: [String]?
        /// When it began, since the clock was made.
        package let time: Duration

        package var isProbe: Bool { body == Array(#"{"spans":[]}"#.utf8) }
    }

    package enum Answer: Sendable {
        case now(AttemptOutcome)
        /// Hangs until `release` or until the attempt's task is cancelled.
        case whenReleased
        /// Hangs until `release`, whatever the task is told.
        case whenReleasedOnly
    }

    private struct State {
        var attempts: [Attempt] = []
        var inFlight = 0
        var mostInFlight = 0
        var delivered: [Int] = []
        var deliveredMetrics: [String] = []
        var waiting: [Int: CheckedContinuation<AttemptOutcome, Never>] = [:]
        /// Given before the attempt had begun to wait.
        var early: [Int: AttemptOutcome] = [:]
    }

    private let clock: ManualClock
    private let script: @Sendable (Attempt) -> Answer
    private let state = Mutex(State())

    package init(clock: ManualClock, _ script: @escaping @Sendable (Attempt) -> Answer) {
        self.clock = clock
        self.script = script
    }

    package var attempts: [Attempt] { state.withLock { $0.attempts } }
    package var inFlight: Int { state.withLock { $0.inFlight } }
    /// The most attempts that were under way at one time.
    package var mostInFlight: Int { state.withLock { $0.mostInFlight } }
    /// Numbers of the spans that were answered as delivered, in the order of the answers.
    package var delivered: [Int] { state.withLock { $0.delivered } }
    /// The same of metrics.
    package var deliveredMetrics: [String] { state.withLock { $0.deliveredMetrics } }

    package func attempt(_ body: ByteBlock, records: Int) async -> AttemptOutcome {
        let bytes = body.bytes
        let spans = PublishedSpans(bytes)?.numbers
        let metrics = PublishedMetrics(bytes)?.names
        let attempt = state.withLock { state in
            let attempt = Attempt(
                number: state.attempts.count + 1, body: bytes, records: records, spans: spans,
                metrics: metrics, time: clock.elapsed)
            state.attempts.append(attempt)
            state.inFlight += 1
            state.mostInFlight = max(state.mostInFlight, state.inFlight)
            return attempt
        }
        let outcome =
            switch script(attempt) {
            case .now(let outcome): outcome
            case .whenReleased:
                await withTaskCancellationHandler {
                    await waitForRelease(of: attempt.number)
                } onCancel: {
                    release(attempt.number, .cancelled)
                }
            case .whenReleasedOnly: await waitForRelease(of: attempt.number)
            }
        state.withLock { state in
            state.inFlight -= 1
            if outcome == .delivered {
                state.delivered += spans ?? []
                state.deliveredMetrics += metrics ?? []
            }
        }
        return outcome
    }

    /// Answers an attempt that hangs.
    package func release(_ number: Int, _ outcome: AttemptOutcome) {
        let continuation = state.withLock { state in
            let found = state.waiting.removeValue(forKey: number)
            if found == nil { state.early[number] = outcome }
            return found
        }
        continuation?.resume(returning: outcome)
    }

    private func waitForRelease(of number: Int) async -> AttemptOutcome {
        await withCheckedContinuation { continuation in
            let early = state.withLock { state in
                let early = state.early.removeValue(forKey: number)
                if early == nil { state.waiting[number] = continuation }
                return early
            }
            if let early { continuation.resume(returning: early) }
        }
    }
}
