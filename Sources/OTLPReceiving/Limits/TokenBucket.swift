/// Tokens that come at a steady rate and are spent by what is taken.
///
/// What is taken is charged after it was let in, and may take the bucket into debt: a request of any size
/// comes through, and pays by the time until the next. Over any time the bucket lets in at most what
/// came in that time, what it holds, and one request.
struct TokenBucket: Hashable, Sendable {
    /// Tokens in a thousandth, so that what comes in a nanosecond is a whole number of units and no
    /// rounding adds up.
    private static let unitsInToken: Int128 = 1_000_000_000_000

    /// A second, as configured.
    let rate: Double
    /// A nanosecond.
    private let unitsPerNanosecond: Int128
    /// One second's worth, at least a token.
    private let capacity: Int128
    private var units: Int128
    private var last: ContinuousClock.Instant

    /// Full.
    ///
    /// - Parameter rate: tokens a second, kept to the thousandth; above 0.
    init(rate: Double, now: ContinuousClock.Instant) {
        self.rate = rate
        unitsPerNanosecond = Int128(max(1, min(rate, 1e15) * 1000).rounded())
        capacity = max(Self.unitsInToken, unitsPerNanosecond * 1_000_000_000)
        units = capacity
        last = now
    }

    private mutating func refill(_ now: ContinuousClock.Instant) {
        guard now > last else { return }
        units = min(capacity, units + (now - last).nanosecondsWhole * unitsPerNanosecond)
        last = now
    }

    /// For how long nothing is let in; nil where something is.
    mutating func wait(_ now: ContinuousClock.Instant) -> Duration? {
        refill(now)
        guard units <= 0 else { return nil }
        // A whole token: with less, the next request would find as little as this one.
        let missing = Self.unitsInToken - units
        let nanoseconds = (missing + unitsPerNanosecond - 1) / unitsPerNanosecond
        return .nanoseconds(Int64(clamping: nanoseconds))
    }

    mutating func charge(_ tokens: Int) { units -= Int128(tokens) * Self.unitsInToken }

    mutating func refund(_ tokens: Int) {
        units = min(capacity, units + Int128(tokens) * Self.unitsInToken)
    }
}

extension Duration {
    fileprivate var nanosecondsWhole: Int128 {
        let (seconds, attoseconds) = components
        return Int128(seconds) * 1_000_000_000 + Int128(attoseconds / 1_000_000_000)
    }
}
