import NIOConcurrencyHelpers

@testable import HTTPServing

/// Admits each request with its path as context. Answers `200` with what it saw, refuses `/refused`, and tells each problem by its status.
package final class ScriptedResponder: HTTPResponder {
    private struct State {
        var requests: [HTTPRequest] = []
        var replies: [@Sendable (HTTPResponse) -> Void] = []
        var problems: [HTTPProblem] = []
        var special: (@Sendable (HTTPRequest) -> HTTPResponse?)?
    }

    private let state = NIOLockedValueBox(State())
    private let maxBodyBytes: Int
    private let holdsReplies: Bool
    private let trailers: [HTTPField]
    private let padding: Int
    private let time: Duration?
    private let hasLength: Bool

    /// With `holdsReplies` requests wait for `reply(to:)`; `padding` makes answers larger.
    package init(
        maxBodyBytes: Int = 1024 * 1024, holdsReplies: Bool = false, trailers: [HTTPField] = [],
        padding: Int = 0, time: Duration? = nil, hasLength: Bool = true
    ) {
        self.maxBodyBytes = maxBodyBytes
        self.holdsReplies = holdsReplies
        self.trailers = trailers
        self.padding = padding
        self.time = time
        self.hasLength = hasLength
    }

    package var requests: [HTTPRequest] { state.withLockedValue { $0.requests } }
    package var problems: [HTTPProblem] { state.withLockedValue { $0.problems } }

    /// Answers so where `special` is not nil.
    package func answers(_ special: @escaping @Sendable (HTTPRequest) -> HTTPResponse?) {
        state.withLockedValue { $0.special = special }
    }

    package func admit(_ head: HTTPRequestHead) -> HTTPAdmission {
        if head.path == "/refused" {
            return .refuse(HTTPResponse(status: 404, body: Array("refused".utf8)))
        }
        return .accept(maxBodyBytes: maxBodyBytes, within: time, context: head.path)
    }

    package func respond(
        to request: consuming HTTPRequest, reply: @escaping @Sendable (HTTPResponse) -> Void
    ) {
        let request = request
        state.withLockedValue { state in
            state.requests.append(request)
            state.replies.append(reply)
        }
        if !holdsReplies { reply(answer(to: request)) }
    }

    /// Replies to the request with this number; the reply may be called twice, as a test of that.
    package func reply(to index: Int) {
        let (request, reply) = state.withLockedValue { ($0.requests[index], $0.replies[index]) }
        reply(answer(to: request))
    }

    /// Lets go of requests and replies, which know their connections, as those know the responder.
    package func forget() {
        state.withLockedValue { $0 = State() }
    }

    private func answer(to request: HTTPRequest) -> HTTPResponse {
        if let special = state.withLockedValue({ $0.special })?(request) { return special }
        let text = "\(request.head.method) \(request.head.path) \(request.body.count)"
        return HTTPResponse(
            status: 200, fields: [HTTPField(name: "content-type", value: "text/plain")],
            body: Array(text.utf8) + [UInt8](repeating: 0x2E, count: padding), trailers: trailers,
            hasLength: hasLength)
    }

    package func response(to problem: HTTPProblem, head: HTTPRequestHead?) -> HTTPResponse {
        state.withLockedValue { $0.problems.append(problem) }
        let status =
            switch problem {
            case .malformed, .tlsHello: 400
            case .headersTooLarge: 431
            case .bodyTooLarge: 413
            case .headTimeout, .bodyTimeout, .deadlinePassed: 408
            case .outOfMemory, .stopping: 503
            case .expectationFailed: 417
            }
        return HTTPResponse(status: status)
    }
}
