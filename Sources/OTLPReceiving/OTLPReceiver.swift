package import HTTPServing
import Instruments
import OTLP
import OTLPJSON
package import SendingQueue
import Synchronization

/// Room 2 of the walk: takes trace exports over HTTP and gRPC, answers them, and hands what is good
/// to the queue. The only place that knows OTLP's status codes.
///
/// A request is decoded, walked and offered in one go, on the event loop of its connection or, where
/// that may take long, elsewhere; its answer leaves when the queue has it. `+Body` is what happens to
/// the bytes of a request, `+Answers` what to its answer.
package final class OTLPReceiver: HTTPResponder {
    let configuration: OTLPReceiverConfiguration
    let policy: RequestPolicy
    let answers: OTLPAnswers
    let cors: CORSPolicy
    let queue: any SendingQueue
    let budget: MemoryBudget
    let decoder = BodyDecoder()
    /// Milliseconds since 1970.
    private let wallClock: @Sendable () -> UInt64
    /// Runs work on a thread that no connection waits for.
    private let offload: @Sendable (@escaping @Sendable () -> Void) -> Void
    private let stopping = Atomic<Bool>(false)
    package let instruments = ReceiverInstruments()

    package init(
        configuration: OTLPReceiverConfiguration, queue: any SendingQueue, budget: MemoryBudget,
        wallClock: @escaping @Sendable () -> UInt64,
        offload: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void = { $0() }
    ) {
        self.configuration = configuration
        policy = RequestPolicy(configuration: configuration)
        answers = OTLPAnswers(paths: policy.paths)
        cors = CORSPolicy(configuration.cors)
        self.queue = queue
        self.budget = budget
        self.wallClock = wallClock
        self.offload = offload
    }

    /// From now on the gateway is not ready; requests are taken as before.
    package func stop() { stopping.store(true, ordering: .relaxed) }

    package enum RefusalReason: Hashable, Sendable {
        case stopping
        case queue(Shortage)

        /// A word for readiness.
        package var label: String { shortage?.rawValue ?? "stopping" }

        package var shortage: Shortage? {
            if case .queue(let shortage) = self { shortage } else { nil }
        }
    }

    /// Why a request of usual size that came now would not be taken; nil where it would.
    package func refusalReason() -> RefusalReason? {
        if stopping.load(ordering: .relaxed) { return .stopping }
        // An eighth of a small queue.
        let bytes = min(64 * 1024, Int(queue.books().capacityBytes / 8))
        return (queue.delayIfFull(bytes: bytes)?.shortage).map { .queue($0) }
    }

    package func admit(_ head: HTTPRequestHead) -> HTTPAdmission {
        switch policy.decide(head) {
        case .refuse(let refusal): return .refuse(answer(refusal, to: head))
        case .tellMethods: return .refuse(methods(for: head))
        case .take(.export):
            if let refusal = fullness(head) { return .refuse(answer(refusal, to: head)) }
            return .accept(maxBodyBytes: configuration.maxBodyBytes)
        case .take(.call(.checkHealth, _, let timeout)):
            return .accept(maxBodyBytes: HealthCheck.maxBodyBytes, within: timeout)
        case .take(.call(_, _, let timeout)):
            if let refusal = fullness(head) { return .refuse(answer(refusal, to: head)) }
            return .accept(
                maxBodyBytes: configuration.maxBodyBytes + GRPC.prefixBytes, within: timeout)
        }
    }

    /// A full queue is told before the body is read. A request that says that it is empty takes no
    /// room and succeeds (OTLP H21).
    private func fullness(_ head: HTTPRequestHead) -> Refusal? {
        guard head.declaredLength != 0,
            let (seconds, shortage) = queue.delayIfFull(bytes: head.declaredLength ?? 0)
        else { return nil }
        return Refusal(shortage, retryAfterSeconds: seconds)
    }

    package func respond(
        to request: consuming HTTPRequest, reply: @escaping @Sendable (HTTPResponse) -> Void
    ) {
        let started = ContinuousClock.now
        var request = consume request
        guard takesLong(request) else {
            serve(&request, since: started, reply)
            return
        }
        // Nothing of it stays behind, so that it is nobody else's there either.
        let parcel = Parcel(consume request)
        offload { [self] in
            guard var request = parcel.take() else { return }
            serve(&request, since: started, reply)
        }
    }

    /// Other connections of the loop would wait for it. What is compressed may become a thousand times
    /// as large, and may take long to become nothing.
    private func takesLong(_ request: borrowing HTTPRequest) -> Bool {
        let fields = request.head.fields
        let isCoded = fields["content-encoding"] != nil || fields["grpc-encoding"] != nil
        return request.body.count > (isCoded ? 64 * 1024 : 1024 * 1024)
    }

    private func serve(
        _ request: inout HTTPRequest, since started: ContinuousClock.Instant,
        _ reply: @escaping @Sendable (HTTPResponse) -> Void
    ) {
        let head = request.head
        // Nobody else has the bytes, so that they can be changed where they are.
        var received: [UInt8] = []
        swap(&received, &request.body)
        instruments.bodyBytes.add(received.count)
        // The queue has a limit of its own; what was reserved for decoding is free again.
        let reservation = Reservation(budget, bodyBytes: received.count)
        do throws(Refusal) {
            guard case .take(let intake) = policy.decide(head) else {
                preconditionFailure("a request was answered that had not been admitted")
            }
            let body: [UInt8]
            switch intake {
            case .export(let encoding, let coding):
                body = try export(received, encoding, coding, reservation)
            case .call(.checkHealth, let compression, _):
                reply(try health(received, compression, reservation))
                return
            case .call(_, let compression, _):
                body = try message(
                    consume received, compression, limit: configuration.maxBodyBytes, reservation)
            }
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
        var refusal = Refusal(problem)
        if case .tooLarge = refusal, head?.path == GRPCMethod.checkHealth.rawValue {
            refusal = .healthRequestTooLarge
        }
        // The server counts the prefix of a gRPC message, too, which no sender knows of.
        if case .tooLarge(let limit, let seen) = refusal, limit > configuration.maxBodyBytes {
            refusal = .tooLarge(limit: configuration.maxBodyBytes, seen: seen)
        }
        return answer(refusal, to: head)
    }
}

/// A request on its way to another thread, which takes it out.
private final class Parcel: Sendable {
    private let request: Mutex<HTTPRequest?>

    init(_ request: consuming HTTPRequest) { self.request = Mutex(request) }

    func take() -> HTTPRequest? { request.withLock { $0.take() } }
}
