import NIOCore

/// Whether a body grows fast enough: so many bytes in each interval, or its end.
struct BodyProgress {
    private let interval: TimeAmount
    private let minBytes: Int
    private var countAtStart = 0
    private(set) var deadline: NIODeadline

    init(interval: TimeAmount, minBytes: Int, now: NIODeadline) {
        self.interval = interval
        self.minBytes = minBytes
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
