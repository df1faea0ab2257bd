package import Instruments

/// What a lane counts besides the spans, which the queue's books hold.
package struct LaneInstruments: Sendable {
    /// Attempts that have ended, by `AttemptOutcome.label`.
    package let attempts: [(outcome: String, counter: Counter)]
    /// Attempts begun; with those that have ended it tells how many are under way.
    package let attemptsBegun = Counter()
    /// Bytes of JSON in delivered batches.
    package let deliveredBytes = Counter()
    package let deliveredBatches = Counter()
    /// From the beginning of an attempt to its answer.
    package let duration = Histogram(
        bounds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30])

    /// Metrics of delivered records; those that were published, given up or are held add up to it.
    package let derivedMetrics = Counter()
    package let deliveredMetrics = Counter()
    package let droppedMetrics: [(reason: MetricDropReason, counter: Counter)]
    /// Attempts to publish metrics that have ended, by `AttemptOutcome.label`.
    package let metricAttempts: [(outcome: String, counter: Counter)]

    package init() {
        attempts = AttemptOutcome.labels.map { ($0, Counter()) }
        metricAttempts = AttemptOutcome.labels.map { ($0, Counter()) }
        droppedMetrics = MetricDropReason.allCases.map { ($0, Counter()) }
    }

    /// Derived, and neither published nor given up.
    package var heldMetrics: UInt64 {
        let ended = deliveredMetrics.value + droppedMetrics.reduce(0) { $0 + $1.counter.value }
        return derivedMetrics.value - min(ended, derivedMetrics.value)
    }

    func count(_ outcome: AttemptOutcome) {
        attempts.first { $0.outcome == outcome.label }?.counter.add()
    }

    func countOfMetrics(_ outcome: AttemptOutcome) {
        metricAttempts.first { $0.outcome == outcome.label }?.counter.add()
    }

    func drop(_ metrics: Int, as reason: MetricDropReason) {
        droppedMetrics.first { $0.reason == reason }?.counter.add(metrics)
    }
}
