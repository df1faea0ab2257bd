/// Spans a second over the last minute, from a look every second.
struct RateWindow: Sendable {
    private static let seconds = 60
    private var looks: [(accepted: UInt64, sent: UInt64)] = []

    mutating func note(accepted: UInt64, sent: UInt64) {
        looks.append((accepted, sent))
        if looks.count > Self.seconds + 1 { looks.removeFirst() }
    }

    /// Zero before the second look.
    var perSecond: (accepted: Double, sent: Double) {
        guard let first = looks.first, let last = looks.last, looks.count > 1 else { return (0, 0) }
        let time = Double(looks.count - 1)
        return (
            Double(last.accepted - first.accepted) / time, Double(last.sent - first.sent) / time
        )
    }
}
