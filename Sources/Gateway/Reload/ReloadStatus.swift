import Instruments
import Synchronization

/// What came of reading the configuration again.
final class ReloadStatus: Sendable {
    struct Last: Sendable {
        /// Milliseconds since 1970.
        let at: UInt64
        let isApplied: Bool
        /// A sentence for people.
        let message: String
    }

    let applied = Counter()
    let failed = Counter()
    private let state = Mutex<(last: Last?, appliedAt: UInt64)>((nil, WallClock.milliseconds()))

    /// Nil where it was read at the start alone.
    var last: Last? { state.withLock { $0.last } }

    /// When the configuration that runs was read, milliseconds since 1970.
    var appliedAt: UInt64 { state.withLock { $0.appliedAt } }

    func note(isApplied: Bool, _ message: String) {
        (isApplied ? applied : failed).add()
        let last = Last(at: WallClock.milliseconds(), isApplied: isApplied, message: message)
        state.withLock { state in
            state.last = last
            if isApplied { state.appliedAt = last.at }
        }
    }
}
