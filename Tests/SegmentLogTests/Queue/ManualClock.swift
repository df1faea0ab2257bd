import Synchronization

/// Both clocks of a machine, which a test moves.
final class ManualClock: Sendable {
    private struct Hands {
        var steady = ContinuousClock.now
        /// Milliseconds since 1970.
        var wall: UInt64 = 1_700_000_000_000
    }

    private let hands = Mutex(Hands())

    var steady: ContinuousClock.Instant { hands.withLock { $0.steady } }
    var wall: UInt64 { hands.withLock { $0.wall } }

    func advance(_ time: Duration) {
        hands.withLock {
            $0.steady += time
            $0.wall += UInt64(time / .milliseconds(1))
        }
    }

    /// Somebody sets the date.
    func setWall(_ wall: UInt64) { hands.withLock { $0.wall = wall } }
}

/// What came, in its order, from any thread.
final class Recorded<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])

    var all: [Value] { values.withLock { $0 } }

    func append(_ value: Value) { values.withLock { $0.append(value) } }
}
