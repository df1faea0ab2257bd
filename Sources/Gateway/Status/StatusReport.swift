/// What the status page and its JSON tell: a value, so that both are functions of it. Times are
/// milliseconds since 1970.
struct StatusReport: Sendable {
    struct Listener: Sendable {
        var name: String
        var address: String
    }

    /// The last time that the configuration was read again.
    struct Reload: Sendable {
        var at: UInt64
        var isApplied: Bool
        var message: String
    }

    struct Fault: Sendable {
        var at: UInt64
        var text: String
    }

    struct Route: Sendable {
        var name: String
        /// A URL, or "console".
        var destination: String
        var project: String?
        /// Of `LaneGate.Posture.kind`, such as "open" or "paused_quota".
        var posture: String
        /// When the lane tries again, where it waits.
        var until: UInt64?
        /// Whether it is no longer in the configuration and only sends what it holds.
        var isRetired: Bool
        /// Why spans are refused, in words; nil where they are taken.
        var refusal: String?
        /// Over the last minute.
        var receivedPerSecond: Double
        var sentPerSecond: Double
        var accepted: UInt64
        var sent: UInt64
        /// Only those above zero.
        var dropped: [(reason: String, spans: UInt64)]
        var rejected: UInt64
        var limitedRequests: UInt64
        var heldSpans: UInt64
        var heldBytes: UInt64
        /// 0 where nothing limits them.
        var capacityBytes: UInt64
        /// Milliseconds.
        var oldestAge: UInt64?
        var lastDelivered: UInt64?
        var lastError: Fault?
        /// Such as ("spans_per_second", "1000"), only what is set.
        var limits: [(key: String, value: String)]
    }

    /// On disk and of no route in the configuration.
    struct LeftLane: Sendable {
        var name: String
        var spans: UInt64
        var bytes: UInt64
        var oldest: UInt64?
        /// Spans that were given up and are kept.
        var deadLetters: UInt64
    }

    var version: String
    var now: UInt64
    var startedAt: UInt64
    /// Nil where spans are taken.
    var refusal: String?
    var listeners: [Listener]
    /// "memory", or the directory.
    var queue: String
    var unauthorizedRequests: UInt64
    var reload: Reload?
    var routes: [Route]
    var leftLanes: [LeftLane]
}
