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

    package init() {
        attempts = AttemptOutcome.labels.map { ($0, Counter()) }
    }

    func count(_ outcome: AttemptOutcome) {
        attempts.first { $0.outcome == outcome.label }?.counter.add()
    }
}
