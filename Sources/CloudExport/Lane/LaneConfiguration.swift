package struct LaneConfiguration: Sendable {
    package var limits = BatchLimits()
    package var backoff = Backoff()
    /// Uploads at once, 1 to 64; all but one of them need one of the `UploadSlots`.
    package var maxConcurrency = 4
    /// From a batch's first attempt; then its spans are dropped. Time in which the lane is paused or
    /// cooling down does not count. Nil for no limit.
    package var maxElapsed: Duration? = .seconds(300)
    /// Uploads of derived metrics at once, 1 to 64.
    package var maxMetricUploads = 4
    /// Bytes of derived metrics that wait or are under way: as many as spans under way may have.
    var maxMetricBytes: Int { maxMetricUploads * limits.maxBytes }

    package init() {}
}

/// Time and chance, so that tests can hold both.
package struct LaneEnvironment: Sendable {
    package var now: @Sendable () -> ContinuousClock.Instant
    package var sleep: @Sendable (ContinuousClock.Instant) async -> Void
    /// In 0..<1.
    package var random: @Sendable () -> Double

    package init(
        now: @escaping @Sendable () -> ContinuousClock.Instant,
        sleep: @escaping @Sendable (ContinuousClock.Instant) async -> Void,
        random: @escaping @Sendable () -> Double
    ) {
        self.now = now
        self.sleep = sleep
        self.random = random
    }

    package static let real = LaneEnvironment(
        now: { ContinuousClock.now },
        sleep: { try? await ContinuousClock().sleep(until: $0) },
        random: { Double.random(in: 0..<1) })
}

/// What a lane is doing, for readiness and metrics.
package struct LaneStatus: Sendable, Hashable {
    package var posture: LaneGate.Posture
    /// Attempts under way.
    package var inFlight: Int
    /// Spans in batches that are cut and not settled.
    package var batchedSpans: Int
    package var isDraining: Bool
    /// Nil where no metrics are published.
    package var metrics: MetricStatus?
    /// When the upstream last took spans.
    package var lastDelivered: ContinuousClock.Instant?
    /// The last attempt that did not deliver.
    package var lastFault: Fault?

    package struct Fault: Sendable, Hashable {
        package var at: ContinuousClock.Instant
        /// A sentence without its end, secrets masked.
        package var text: String
    }
}

/// What becomes of derived metrics now.
package struct MetricStatus: Sendable, Hashable {
    package var posture: LaneGate.Posture
    /// Metrics that wait or are under way.
    package var held: Int
}
