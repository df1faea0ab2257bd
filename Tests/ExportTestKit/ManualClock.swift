import Synchronization
import TestKit

/// A clock that stands still until a test moves it. Whoever sleeps is listed in `alarms`, so that a
/// test can wait until somebody sleeps for the time that it expects.
package final class ManualClock: Sendable {
    package typealias Instant = ContinuousClock.Instant

    private struct State {
        var now: Instant
        var lastID = 0
        var sleepers: [Int: (until: Instant, continuation: CheckedContinuation<Void, Never>)] = [:]
        /// Cancelled before they fell asleep.
        var cancelled: Set<Int> = []
    }

    package let start: Instant
    private let state: Mutex<State>

    package init() {
        start = ContinuousClock.now
        state = Mutex(State(now: start))
    }

    package var now: Instant { state.withLock { $0.now } }

    /// Since the clock was made.
    package var elapsed: Duration { now - start }

    /// When sleepers are to be woken, since the clock was made; the next one first.
    package var alarms: [Duration] {
        state.withLock { state in state.sleepers.values.map { $0.until - start }.sorted() }
    }

    package func advance(by duration: Duration) {
        advance(to: elapsed + duration)
    }

    /// - Parameter time: since the clock was made.
    package func advance(to time: Duration) {
        let due = state.withLock { state in
            state.now = max(state.now, start + time)
            let due = state.sleepers.filter { $0.value.until <= state.now }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.sorted { $0.until < $1.until }.map(\.continuation)
        }
        for continuation in due { continuation.resume() }
    }

    /// Waits until somebody sleeps, and moves to the time of the first alarm.
    package func advanceToNextAlarm() async {
        guard await eventually({ !self.alarms.isEmpty }), let next = alarms.first else { return }
        advance(to: next)
    }

    package func sleep(until time: Instant) async {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.now >= time || state.cancelled.contains(id) { return true }
                    state.sleepers[id] = (time, continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                state.cancelled.insert(id)
                return state.sleepers.removeValue(forKey: id)
            }
            sleeper?.continuation.resume()
        }
        _ = state.withLock { $0.cancelled.remove(id) }
    }
}
