/// Keeps a change at the upstream from being taken for bad data: a record is only given up as refused
/// while other records are being taken.
package struct RefusalGuard: Sendable {
    /// Good data within this time is evidence that the upstream still takes what we send.
    private static let evidenceLifetime = Duration.seconds(600)
    private static let window = Duration.seconds(60)
    /// In a window, from this many refused records on their share counts.
    private static let minRefused = 20
    private static let maxRefusedShare = 0.2

    private var lastDelivered: ContinuousClock.Instant?
    private var windowStart: ContinuousClock.Instant?
    private var delivered = 0
    private var refused = 0

    package init() {}

    package mutating func noteDelivered(_ spans: Int, at now: ContinuousClock.Instant) {
        roll(to: now)
        guard spans > 0 else { return }
        lastDelivered = now
        delivered += spans
    }

    /// Whether a record that the upstream refuses by itself may be given up; counts it if so.
    package mutating func mayGiveUp(_ spans: Int, at now: ContinuousClock.Instant) -> Bool {
        roll(to: now)
        guard let lastDelivered, now - lastDelivered < Self.evidenceLifetime else { return false }
        let refusedThen = refused + spans
        if refusedThen >= Self.minRefused,
            Double(refusedThen) > Self.maxRefusedShare * Double(refusedThen + delivered)
        {
            return false
        }
        refused = refusedThen
        return true
    }

    private mutating func roll(to now: ContinuousClock.Instant) {
        if let windowStart, now - windowStart < Self.window { return }
        windowStart = now
        delivered = 0
        refused = 0
    }
}
