import CloudExport
import ExportTestKit
import Synchronization
import TestKit

/// A route that answers by chance until it calms down.
final class Moods: Sendable {
    private struct State {
        var random: SplitMix64
        var isCalm = false
    }

    private let state: Mutex<State>

    init(seed: UInt64) {
        state = Mutex(State(random: SplitMix64(seed: seed)))
    }

    func calmDown() {
        state.withLock { $0.isCalm = true }
    }

    func answer(_ attempt: ScriptedTarget.Attempt) -> AttemptOutcome {
        state.withLock { state in
            guard !state.isCalm else { return .delivered }
            return switch Int.random(in: 0..<16, using: &state.random) {
            case 0, 1: .unavailable("HTTP 500", retryAfter: nil)
            case 2: .throttled(retryAfter: .seconds(3))
            case 3: .quotaExhausted(retryAfter: .seconds(20))
            case 4: .unauthorized(status: 401)
            case 5, 6: attempt.records > 1 ? .tooLarge : .delivered
            case 7: attempt.records > 1 ? .refused(status: 400, answer: "no") : .delivered
            case 8: .misdirected(status: 404)
            default: .delivered
            }
        }
    }
}
