import NIOCore

/// What all connections of one listener share.
final class ServingContext: Sendable {
    let configuration: HTTPServerConfiguration
    let responder: any HTTPResponder
    let budget: MemoryBudget
    let counters = HTTPServerCounters()
    let peers = PeerCounts()
    /// Nil where there is no clock; then no `Date` is sent.
    let date: HTTPDateHeader?
    /// Nil on a listener in clear text.
    let tls: TLSContextSource?

    let headTimeout: TimeAmount
    let bodyTimeout: TimeAmount
    let idleTimeout: TimeAmount
    /// How long a connection that has been answered for good is still read from, so that the
    /// client sees the answer and no reset (RFC 9112 9.6).
    let lingerTimeout = TimeAmount.seconds(1)
    /// As long as bytes keep coming, for at most so long.
    let longestLinger = TimeAmount.seconds(30)

    init(
        configuration: HTTPServerConfiguration, responder: any HTTPResponder, budget: MemoryBudget,
        clock: (@Sendable () -> Int)? = nil, tls: TLSContextSource? = nil
    ) {
        date = clock.map(HTTPDateHeader.init(clock:))
        self.configuration = configuration
        self.responder = responder
        self.budget = budget
        self.tls = tls
        headTimeout = TimeAmount(configuration.headTimeout)
        bodyTimeout = TimeAmount(configuration.bodyTimeout)
        idleTimeout = TimeAmount(configuration.idleTimeout)
    }

    /// Counts the problem and asks for the answer to it.
    func answer(to problem: HTTPProblem, head: HTTPRequestHead?) -> HTTPResponse {
        counters.count(problem)
        return responder.response(to: problem, head: head)
    }

    /// The response with the time at which it is made (RFC 9110 6.6.1).
    func dated(_ response: HTTPResponse) -> HTTPResponse {
        guard let date else { return response }
        var response = response
        response.fields.append(HTTPField(name: "date", value: date.value))
        return response
    }

    var headTimeoutProblem: HTTPProblem {
        .headTimeout(configuration.headTimeout)
    }

    var bodyTimeoutProblem: HTTPProblem {
        .bodyTimeout(configuration.bodyTimeout)
    }
}

/// What the server tells a connection, as a user event through its pipeline.
enum ConnectionEvent: Sendable, Hashable {
    /// Finish what is under way, begin nothing, then close.
    case drain
    /// Close now; requests without an answer are told so.
    case stop
}
