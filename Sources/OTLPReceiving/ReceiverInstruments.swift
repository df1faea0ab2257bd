package import Instruments
import OTLP

/// What the receiver counts besides the spans, which the queue's books hold.
package struct ReceiverInstruments: Sendable {
    /// Answers by HTTP status; every status that `OTLPAnswers` makes is listed. gRPC's are apart.
    package let answers: [(status: Int, counter: Counter)]
    /// Answers to gRPC calls, by gRPC's name of their code.
    package let calls: [(code: String, counter: Counter)]
    /// Requests that were let in on no route.
    package let unauthorized: [(reason: AccessDenial, counter: Counter)]
    /// Bytes of bodies as they came, compressed or not.
    package let bodyBytes = Counter()
    /// From the whole request to its answer.
    package let duration = Histogram(
        bounds: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5])

    package init() {
        answers = [200, 204, 400, 401, 403, 404, 405, 408, 413, 415, 417, 429, 431, 503].map {
            ($0, Counter())
        }
        unauthorized = AccessDenial.allCases.map { ($0, Counter()) }
        calls = (["OK"] + StatusAnswer.Code.allCases.map(\.name)).map { ($0, Counter()) }
    }

    func count(status: Int) {
        answers.first { $0.status == status }?.counter.add()
    }

    func count(_ denial: AccessDenial) {
        unauthorized.first { $0.reason == denial }?.counter.add()
    }

    /// - Parameter code: nil for success.
    func count(call code: StatusAnswer.Code?) {
        let name = code?.name ?? "OK"
        calls.first { $0.code == name }?.counter.add()
    }
}
