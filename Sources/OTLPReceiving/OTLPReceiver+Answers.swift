import HTTPServing
import OTLP
import SendingQueue

/// From an outcome to the response that leaves: counted, compressed where that is offered, and with
/// what a browser wants to know.
extension OTLPReceiver {
    func answer(
        _ outcome: OfferOutcome, _ summary: RequestSummary, to head: HTTPRequestHead,
        by snapshot: Snapshot
    ) -> HTTPResponse {
        switch outcome {
        case .accepted:
            let form = AnswerForm(head)
            let response = snapshot.answers.success(
                rejected: summary.rejected, message: summary.rejectionMessage, in: form)
            if form == .grpc { instruments.count(call: nil) }
            return finished(response, form, head, snapshot)
        case .full(let seconds, let shortage):
            return answer(Refusal(shortage, retryAfterSeconds: seconds), to: head, by: snapshot)
        case .stopping:
            return answer(
                .unavailable("the gateway is stopping", retryAfterSeconds: 5), to: head,
                by: snapshot)
        }
    }

    func answer(
        _ refusal: Refusal, to head: HTTPRequestHead?, by snapshot: Snapshot
    ) -> HTTPResponse {
        let form = AnswerForm(head)
        if form == .grpc { instruments.count(call: refusal.code) }
        return finished(snapshot.answers.refusal(refusal, in: form), form, head, snapshot)
    }

    func methods(for head: HTTPRequestHead, by snapshot: Snapshot) -> HTTPResponse {
        finished(snapshot.answers.methods(), AnswerForm(head), head, snapshot)
    }

    private func finished(
        _ response: HTTPResponse, _ form: AnswerForm, _ head: HTTPRequestHead?,
        _ snapshot: Snapshot
    ) -> HTTPResponse {
        guard form != .grpc else { return response }
        instruments.count(status: response.status)
        guard let head else { return response }
        var response = response
        if response.body.count >= AnswerGzip.minBytes, let offer = head.fields["accept-encoding"],
            AnswerGzip.isOffered(offer), let packed = AnswerGzip.compressed(response.body)
        {
            response.body = packed
            response.fields.append(HTTPField(name: "content-encoding", value: "gzip"))
            response.fields.append(HTTPField(name: "vary", value: "accept-encoding"))
        }
        if snapshot.cors.isOn { response.fields += snapshot.cors.fields(for: head) }
        return response
    }
}

extension Refusal {
    init(_ shortage: Shortage, retryAfterSeconds: Int) {
        self = .unavailable(shortage.sentence, retryAfterSeconds: retryAfterSeconds)
    }

    static func outOfMemory(limit: Int) -> Refusal {
        .unavailable(
            "requests in flight take all of memory_limit, which is \(limit) bytes",
            retryAfterSeconds: 1)
    }

    init(_ problem: HTTPProblem) {
        self =
            switch problem {
            case .malformed(let reason): .badRequest(field: "request", description: reason)
            case .headersTooLarge(let limit): .headersTooLarge(limit: limit)
            case .bodyTooLarge(let limit, let seen): .tooLarge(limit: limit, seen: seen)
            case .headTimeout(let limit):
                .timedOut("the request head did not come within \(limit.inWords)")
            case .bodyTimeout(let limit):
                .timedOut("the request body made no progress within \(limit.inWords)")
            case .deadlinePassed(let limit):
                .timedOut("the request was not complete within its grpc-timeout, \(limit.inWords)")
            case .outOfMemory(let limit): .outOfMemory(limit: limit)
            case .expectationFailed(let value): .expectationFailed(value)
            case .tlsHello:
                .badRequest(
                    field: "request", description: "this listener does not speak TLS: use http")
            case .stopping: .unavailable("the gateway is stopping", retryAfterSeconds: 5)
            }
    }
}

extension Duration {
    /// `10 s`, `300 ms` where it is no whole second, `5 ns` where it is less than a millisecond.
    fileprivate var inWords: String {
        if self < .milliseconds(1), self > .zero {
            return "\(Int(self / .nanoseconds(1))) ns"
        }
        let milliseconds = Int(self / .milliseconds(1))
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(milliseconds) ms"
    }
}
