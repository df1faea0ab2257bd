import Synchronization

/// The counters behind `HTTPServerMetrics`: one atomic each, since every loop writes to them.
final class HTTPServerCounters: Sendable {
    let open = Atomic<Int>(0)
    let accepted = Atomic<Int>(0)
    let refused = Atomic<Int>(0)
    let refusedPeers = Atomic<Int>(0)
    let acceptPauses = Atomic<Int>(0)
    let requestsHTTP1 = Atomic<Int>(0)
    let requestsHTTP2 = Atomic<Int>(0)
    let handshakes = TLSHandshakeCounters()

    private let malformed = Atomic<Int>(0)
    private let headersTooLarge = Atomic<Int>(0)
    private let bodyTooLarge = Atomic<Int>(0)
    private let headTimeout = Atomic<Int>(0)
    private let bodyTimeout = Atomic<Int>(0)
    private let deadlinePassed = Atomic<Int>(0)
    private let outOfMemory = Atomic<Int>(0)
    private let expectationFailed = Atomic<Int>(0)
    private let stopping = Atomic<Int>(0)
    private let tlsHello = Atomic<Int>(0)

    func count(_ problem: HTTPProblem) {
        switch problem {
        case .malformed: malformed.add(1, ordering: .relaxed)
        case .headersTooLarge: headersTooLarge.add(1, ordering: .relaxed)
        case .bodyTooLarge: bodyTooLarge.add(1, ordering: .relaxed)
        case .headTimeout: headTimeout.add(1, ordering: .relaxed)
        case .bodyTimeout: bodyTimeout.add(1, ordering: .relaxed)
        case .deadlinePassed: deadlinePassed.add(1, ordering: .relaxed)
        case .outOfMemory: outOfMemory.add(1, ordering: .relaxed)
        case .expectationFailed: expectationFailed.add(1, ordering: .relaxed)
        case .stopping: stopping.add(1, ordering: .relaxed)
        case .tlsHello: tlsHello.add(1, ordering: .relaxed)
        }
    }

    func snapshot() -> HTTPServerMetrics {
        var metrics = HTTPServerMetrics()
        metrics.openConnections = open.load(ordering: .relaxed)
        metrics.acceptedConnections = accepted.load(ordering: .relaxed)
        metrics.refusedConnections = refused.load(ordering: .relaxed)
        metrics.refusedPeerConnections = refusedPeers.load(ordering: .relaxed)
        metrics.acceptPauses = acceptPauses.load(ordering: .relaxed)
        metrics.requestsHTTP1 = requestsHTTP1.load(ordering: .relaxed)
        metrics.requestsHTTP2 = requestsHTTP2.load(ordering: .relaxed)
        metrics.problems.malformed = malformed.load(ordering: .relaxed)
        metrics.problems.headersTooLarge = headersTooLarge.load(ordering: .relaxed)
        metrics.problems.bodyTooLarge = bodyTooLarge.load(ordering: .relaxed)
        metrics.problems.headTimeout = headTimeout.load(ordering: .relaxed)
        metrics.problems.bodyTimeout = bodyTimeout.load(ordering: .relaxed)
        metrics.problems.deadlinePassed = deadlinePassed.load(ordering: .relaxed)
        metrics.problems.outOfMemory = outOfMemory.load(ordering: .relaxed)
        metrics.problems.expectationFailed = expectationFailed.load(ordering: .relaxed)
        metrics.problems.stopping = stopping.load(ordering: .relaxed)
        metrics.problems.tlsHello = tlsHello.load(ordering: .relaxed)
        return metrics
    }
}
