package import Instruments

/// What the receiver counts besides the spans, which the queue's books hold.
package struct ReceiverInstruments: Sendable {
    /// Answers by status; every status that `OTLPAnswers` makes is listed.
    package let answers: [(status: Int, counter: Counter)]
    /// Bytes of bodies as they came, compressed or not.
    package let bodyBytes = Counter()
    /// From the whole request to its answer.
    package let duration = Histogram(
        bounds: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5])

    package init() {
        answers = [200, 400, 404, 405, 408, 413, 415, 417, 431, 503].map { ($0, Counter()) }
    }

    func count(_ status: Int) {
        answers.first { $0.status == status }?.counter.add()
    }
}
