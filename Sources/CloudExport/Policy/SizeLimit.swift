/// The bytes of a batch that the upstream takes, learnt from its 413s: half of what was too large, and
/// a tenth more with each hour, up to the configured limit.
package struct SizeLimit: Sendable {
    private static let smallest = 64 * 1024
    private static let step = Duration.seconds(3600)
    private var maximum: Int
    private var learnt: Int?
    private var since: ContinuousClock.Instant?

    package init(maximum: Int) {
        self.maximum = maximum
    }

    package mutating func adopt(maximum: Int) {
        self.maximum = maximum
        if learnt ?? 0 >= maximum { learnt = nil }
    }

    package mutating func note(tooLarge bytes: Int, at now: ContinuousClock.Instant) {
        let half = max(min(Self.smallest, maximum), bytes / 2)
        guard half < current(at: now) else { return }
        learnt = half
        since = now
    }

    package mutating func current(at now: ContinuousClock.Instant) -> Int {
        while let limit = learnt, let start = since, now - start >= Self.step {
            learnt = limit + limit / 10
            since = start + Self.step
            if learnt ?? 0 >= maximum { learnt = nil }
        }
        return learnt ?? maximum
    }
}
