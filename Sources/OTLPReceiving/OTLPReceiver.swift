package import HTTPServing
import Instruments
import OTLP
package import SendingQueue

/// Room 2 of the walk: takes OTLP/HTTP trace exports, answers them, and hands what is good to the
/// queue. The only place that knows OTLP's status codes.
///
/// Runs on the event loop of the connection and does not block: a request is inflated, walked and
/// offered in one go, and its answer leaves when the queue has it.
package final class OTLPReceiver: HTTPResponder {
    private let configuration: OTLPReceiverConfiguration
    private let policy: RequestPolicy
    private let answers: OTLPAnswers
    private let queue: any SendingQueue
    private let budget: MemoryBudget
    private let inflaters = InflaterPool()
    /// Milliseconds since 1970.
    private let wallClock: @Sendable () -> UInt64
    package let instruments = ReceiverInstruments()

    package init(
        configuration: OTLPReceiverConfiguration, queue: any SendingQueue, budget: MemoryBudget,
        wallClock: @escaping @Sendable () -> UInt64
    ) {
        self.configuration = configuration
        policy = RequestPolicy(configuration: configuration)
        answers = OTLPAnswers(tracesPath: configuration.tracesPath)
        self.queue = queue
        self.budget = budget
        self.wallClock = wallClock
    }

    package func admit(_ head: HTTPRequestHead) -> HTTPAdmission {
        switch policy.decide(head) {
        case .refuse(let refusal): return .refuse(answer(refusal, to: head))
        case .take:
            // An empty request takes no room and succeeds (H21).
            if head.declaredLength != 0,
                let seconds = queue.delayIfFull(bytes: head.declaredLength ?? 0)
            {
                return .refuse(answer(Self.full(seconds), to: head))
            }
            return .accept(maxBodyBytes: configuration.maxBodyBytes)
        }
    }

    package func respond(
        to request: consuming HTTPRequest, reply: @escaping @Sendable (HTTPResponse) -> Void
    ) {
        let started = ContinuousClock.now
        let head = request.head
        instruments.bodyBytes.add(request.body.count)
        var reserved = 0
        // The queue has a limit of its own; what was reserved for inflating is free again.
        defer { budget.release(reserved) }
        do throws(Refusal) {
            let body = try inflated(request, &reserved)
            let summary = try walk(body)
            let accepted = QueuedRequest(
                body: body, spanCount: summary.spans, receivedAt: wallClock())
            queue.offer(accepted, rejected: summary.rejected) { [self] outcome in
                let response = answer(outcome, summary, to: head)
                instruments.duration.observe(.now - started)
                reply(response)
            }
        } catch {
            let response = answer(error, to: head)
            instruments.duration.observe(.now - started)
            reply(response)
        }
    }

    package func response(to problem: HTTPProblem, head: HTTPRequestHead?) -> HTTPResponse {
        answer(Refusal(problem), to: head)
    }

    private func inflated(
        _ request: HTTPRequest, _ reserved: inout Int
    ) throws(Refusal) -> [UInt8] {
        let coding = BodyCoding(
            contentEncoding: request.head.fields["content-encoding"] ?? "identity")
        guard coding == .gzip else { return request.body }
        do throws(InflateError) {
            return try inflaters.inflate(request.body, limit: configuration.maxBodyBytes) { count in
                guard budget.reserve(count) else { return false }
                reserved += count
                return true
            }
        } catch {
            throw switch error {
            case .broken(let reason):
                .badRequest(
                    field: "content-encoding", description: "the body cannot be inflated: \(reason)"
                )
            case .tooLarge(let limit): .tooLarge(limit: limit, seen: nil)
            case .outOfMemory: Self.outOfMemory(limit: budget.limit)
            }
        }
    }

    private func walk(_ body: [UInt8]) throws(Refusal) -> RequestSummary {
        do throws(WireError) {
            return try walkRequest(body.span)
        } catch {
            throw .badRequest(
                field: error.field,
                description: "the body is no ExportTraceServiceRequest: \(error.description)")
        }
    }

    private func answer(
        _ outcome: OfferOutcome, _ summary: RequestSummary, to head: HTTPRequestHead
    ) -> HTTPResponse {
        switch outcome {
        case .accepted:
            instruments.count(200)
            return answers.success(rejected: summary.rejected, message: summary.rejectionMessage)
        case .full(let seconds):
            return answer(Self.full(seconds), to: head)
        case .stopping:
            return answer(
                .unavailable("the gateway is stopping", retryAfterSeconds: 5), to: head)
        }
    }

    private func answer(_ refusal: Refusal, to head: HTTPRequestHead?) -> HTTPResponse {
        let response = answers.refusal(refusal, to: head)
        instruments.count(response.status)
        return response
    }

    private static func full(_ seconds: Int) -> Refusal {
        .unavailable("the sending queue is full", retryAfterSeconds: seconds)
    }

    fileprivate static func outOfMemory(limit: Int) -> Refusal {
        .unavailable(
            "requests in flight take all of memory_limit, which is \(limit) bytes",
            retryAfterSeconds: 1)
    }
}

extension Refusal {
    fileprivate init(_ problem: HTTPProblem) {
        self =
            switch problem {
            case .malformed(let reason): .badRequest(field: "request", description: reason)
            case .headersTooLarge(let limit): .headersTooLarge(limit: limit)
            case .bodyTooLarge(let limit, let seen): .tooLarge(limit: limit, seen: seen)
            case .headTimeout(let limit):
                .timedOut("the request head did not come within \(limit.inWords)")
            case .bodyTimeout(let limit):
                .timedOut("the request body made no progress within \(limit.inWords)")
            case .outOfMemory(let limit): OTLPReceiver.outOfMemory(limit: limit)
            case .expectationFailed(let value): .expectationFailed(value)
            case .tlsHello:
                .badRequest(
                    field: "request", description: "this listener does not speak TLS: use http")
            case .stopping: .unavailable("the gateway is stopping", retryAfterSeconds: 5)
            }
    }
}

extension Duration {
    /// `10 s`, or `300 ms` where it is no whole second.
    fileprivate var inWords: String {
        let milliseconds = Int(self / .milliseconds(1))
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(milliseconds) ms"
    }
}
