package import HTTPServing
import OTLP
import SendingQueue

/// What is decided from the head of a request, before any of its body is read: what it asks for, who it
/// is, how much of that its route has taken lately, and whether there is room.
extension OTLPReceiver {
    package func admit(_ head: HTTPRequestHead) -> HTTPAdmission {
        let snapshot = snapshot
        do throws(Refusal) {
            switch snapshot.policy.decide(head) {
            case .refuse(let refusal): throw refusal
            case .tellMethods: return .refuse(methods(for: head, by: snapshot))
            case .take(let intake): return try admit(intake, head, snapshot)
            }
        } catch {
            return .refuse(answer(error, to: head, by: snapshot))
        }
    }

    private func admit(
        _ intake: RequestPolicy.Intake, _ head: HTTPRequestHead, _ snapshot: Snapshot
    ) throws(Refusal) -> HTTPAdmission {
        let maxBodyBytes = snapshot.configuration.maxBodyBytes
        switch intake {
        case .call(.checkHealth, _, let timeout):
            // Of a probe, which has no credentials; the answer tells nothing of a route.
            return .accept(
                maxBodyBytes: HealthCheck.maxBodyBytes, within: timeout,
                context: Admission(snapshot, intake, nil))
        case .export:
            let route = try route(head, snapshot.routing)
            return .accept(
                maxBodyBytes: maxBodyBytes, context: Admission(snapshot, intake, route))
        case .call(_, _, let timeout):
            let route = try route(head, snapshot.routing)
            return .accept(
                maxBodyBytes: maxBodyBytes + GRPC.prefixBytes, within: timeout,
                context: Admission(snapshot, intake, route))
        }
    }

    /// The route of a request, where that would take it.
    private func route(
        _ head: HTTPRequestHead, _ routing: Routing
    ) throws(Refusal) -> RouteIntake {
        switch routing.decide(head) {
        case .take(let route):
            // A request that says that it is empty takes no room and succeeds (OTLP H21).
            guard head.declaredLength != 0 else { return route }
            try checkPace(route)
            // A full queue is told before the body is read.
            if let (seconds, shortage) = route.queue.delayIfFull(bytes: head.declaredLength ?? 0) {
                throw Refusal(shortage, retryAfterSeconds: seconds)
            }
            return route
        case .deny(let denial):
            instruments.count(denial)
            throw denial.isForbidden
                ? .forbidden : .unauthorized(takesPasswords: routing.takesPasswords)
        }
    }

    func checkPace(_ route: RouteIntake) throws(Refusal) {
        guard let excess = route.limiter.excess() else { return }
        route.count(excess)
        throw .tooFast(excess)
    }

    /// What a route has to pay for a request that is offered to its queue; nothing for an empty one.
    func charge(
        _ summary: RequestSummary, _ bytes: Int, to route: RouteIntake
    ) throws(Refusal) {
        guard bytes > 0 else { return }
        do throws(RateLimiter.Excess) {
            try route.limiter.charge(spans: summary.spans, bytes: bytes)
        } catch {
            route.count(error)
            route.queue.noteRefused(summary.spans + summary.rejected)
            throw .tooFast(error)
        }
    }
}
