/// Exponential delays with full jitter: anywhere between the floor and a limit that grows by a
/// factor with each failure.
package struct Backoff: Hashable, Sendable {
    /// Limit after the first failure; above 0.
    package var initialInterval = Duration.milliseconds(500)
    /// The limit grows no further than this.
    package var maxInterval = Duration.seconds(30)
    /// At least 1.
    package var multiplier = 2.0
    /// No delay is shorter.
    package var floor = Duration.milliseconds(50)

    package init() {}

    /// - Parameters:
    ///   - failures: consecutive ones, 1 after the first.
    ///   - random: in 0..<1.
    package func delay(failures: Int, random: Double) -> Duration {
        max(floor, limit(failures: failures) * random)
    }

    package func limit(failures: Int) -> Duration {
        var limit = initialInterval
        for _ in 1..<max(1, failures) {
            limit = min(limit * multiplier, maxInterval)
            if limit == maxInterval { break }
        }
        return min(limit, maxInterval)
    }
}

/// Delays after failures that nothing but a person mends: a minute, doubling to a quarter of an
/// hour, give or take a tenth (MASTRA-CONTRACT 1.9).
package enum CoolDown {
    package static func delay(failures: Int, random: Double) -> Duration {
        var target = Duration.seconds(60)
        for _ in 1..<max(1, min(failures, 8)) { target = min(target * 2, .seconds(900)) }
        return max(.seconds(60), target * (0.9 + 0.2 * random))
    }
}
