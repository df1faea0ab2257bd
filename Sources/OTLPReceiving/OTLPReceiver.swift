package import HTTPServing
import Instruments
import OTLP
package import SendingQueue
import Synchronization

/// Room 2 of the walk: takes trace exports over HTTP and gRPC, answers them, and hands what is good
/// to the queue of its route. The only place that knows OTLP's status codes.
///
/// A request is decoded, walked and offered in one go, on the event loop of its connection or, where
/// that may take long, elsewhere; its answer leaves when the queue has it. `+Admission` is what its
/// header decides, `+Body` what happens to the bytes of a request, `+Answers` what to its answer.
package final class OTLPReceiver: HTTPResponder {
    private let current: Mutex<Snapshot>
    let budget: MemoryBudget
    let decoder = BodyDecoder()
    /// Milliseconds since 1970.
    private let wallClock: @Sendable () -> UInt64
    /// Runs work on a thread that no connection waits for.
    private let offload: @Sendable (@escaping @Sendable () -> Void) -> Void
    private let stopping = Atomic<Bool>(false)
    package let instruments = ReceiverInstruments()

    package init(
        configuration: OTLPReceiverConfiguration, routing: Routing, budget: MemoryBudget,
        wallClock: @escaping @Sendable () -> UInt64,
        offload: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void = { $0() }
    ) {
        current = Mutex(Snapshot(configuration, routing))
        self.budget = budget
        self.wallClock = wallClock
        self.offload = offload
    }

    /// From now on requests are admitted on these. Those that were admitted before end on what there was
    /// then, and go into the queues of that.
    package func adopt(configuration: OTLPReceiverConfiguration, routing: Routing) {
        let next = Snapshot(configuration, routing)
        current.withLock { $0 = next }
    }

    var snapshot: Snapshot { current.withLock { $0 } }

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

    /// Why a request of usual size that came now would be taken on no route, by the first; nil where one
    /// would take it.
    package func refusalReason() -> RefusalReason? {
        if stopping.load(ordering: .relaxed) { return .stopping }
        var first: Shortage?
        for route in snapshot.routing.intakes {
            guard let shortage = route.shortage() else { return nil }
            first = first ?? shortage
        }
        return first.map { .queue($0) }
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
        guard let admission = request.context as? Admission else {
            preconditionFailure("a request was answered that had not been admitted")
        }
        let head = request.head
        // Nobody else has the bytes, so that they can be changed where they are.
        var received: [UInt8] = []
        swap(&received, &request.body)
        instruments.bodyBytes.add(received.count)
        // The queue has a limit of its own; what was reserved for decoding is free again.
        let reservation = Reservation(budget, bodyBytes: received.count)
        do throws(Refusal) {
            guard let route = admission.route else {
                reply(try health(consume received, admission, reservation))
                return
            }
            // Others of the route may have come since the head was looked at.
            if !received.isEmpty { try checkPace(route) }
            let body = try plain(consume received, admission, reservation)
            let summary = try walk(body)
            try charge(summary, body.count, to: route)
            let accepted = QueuedRequest(
                body: body, spanCount: summary.spans, receivedAt: wallClock())
            let bytes = body.count
            route.queue.offer(accepted, rejected: summary.rejected) { [self] outcome in
                if outcome != .accepted {
                    route.limiter.refund(spans: summary.spans, bytes: bytes)
                }
                let response = answer(outcome, summary, to: head, by: admission.snapshot)
                instruments.duration.observe(.now - started)
                reply(response)
            }
        } catch {
            let response = answer(error, to: head, by: admission.snapshot)
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
        let snapshot = snapshot
        let maxBodyBytes = snapshot.configuration.maxBodyBytes
        if case .tooLarge(let limit, let seen) = refusal, limit > maxBodyBytes {
            refusal = .tooLarge(limit: maxBodyBytes, seen: seen)
        }
        return answer(refusal, to: head, by: snapshot)
    }
}

/// A request on its way to another thread, which takes it out.
private final class Parcel: Sendable {
    private let request: Mutex<HTTPRequest?>

    init(_ request: consuming HTTPRequest) { self.request = Mutex(request) }

    func take() -> HTTPRequest? { request.withLock { $0.take() } }
}
