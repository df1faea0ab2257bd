import NIOCore

/// Whether a body grows fast enough: so many bytes in each interval, or its end. A body that was
/// declared large has to grow faster, so that it does not hold memory for hours.
struct BodyProgress {
    private let interval: TimeAmount
    private let minBytes: Int
    private var countAtStart = 0
    private(set) var deadline: NIODeadline

    /// In so many intervals a declared body has to be complete, at the slowest.
    private static let maxIntervals = 30

    init(interval: TimeAmount, minBytes: Int, declared: Int?, now: NIODeadline) {
        self.interval = interval
        self.minBytes = max(minBytes, (declared ?? 0) / Self.maxIntervals)
        deadline = now + interval
    }

    /// True where the interval is over and brought too little; else the next one begins when due.
    mutating func hasStalled(count: Int, now: NIODeadline) -> Bool {
        guard now >= deadline else { return false }
        if count - countAtStart < minBytes { return true }
        countAtStart = count
        deadline = now + interval
        return false
    }
}
