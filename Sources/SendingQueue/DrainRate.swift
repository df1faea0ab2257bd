/// How fast the queue empties, for an honest `Retry-After`: bytes that left in the last seconds.
struct DrainRate: Sendable {
    private static let window = Duration.seconds(10)
    private var windowStart: ContinuousClock.Instant?
    private var bytes = 0
    /// Bytes a second in the window before.
    private var rate = 0.0

    mutating func note(_ count: Int, at time: ContinuousClock.Instant) {
        roll(to: time)
        bytes += count
    }

    private mutating func roll(to time: ContinuousClock.Instant) {
        guard let start = windowStart else {
            windowStart = time
            return
        }
        let elapsed = time - start
        guard elapsed >= Self.window else { return }
        rate = Double(bytes) / (elapsed / .seconds(1))
        bytes = 0
        windowStart = time
    }

    /// Between 1 and 30 seconds.
    mutating func secondsUntilRoom(
        for count: Int, queued: Int, capacity: Int, at time: ContinuousClock.Instant
    ) -> Int {
        roll(to: time)
        let current = windowStart.map { Double(bytes) / max((time - $0) / .seconds(1), 1) } ?? 0
        let speed = max(rate, current)
        let needed = max(1, Double(queued) + Double(count) - Double(capacity))
        guard speed > 0 else { return 30 }
        return min(30, max(1, Int((needed / speed).rounded(.up))))
    }
}
