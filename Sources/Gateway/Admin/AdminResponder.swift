import CloudExport
import HTTPServing
import OTLPReceiving
import SendingQueue

/// The admin endpoint: `/metrics`, `/livez`, `/readyz` and a plain status page. No secrets, no spans.
final class AdminResponder: HTTPResponder {
    private let state: GatewayState

    init(state: GatewayState) {
        self.state = state
    }

    func admit(_ head: HTTPRequestHead) -> HTTPAdmission {
        guard head.method == "GET" || head.method == "HEAD" else {
            return .refuse(
                Self.text(405, "use GET\n", fields: [HTTPField(name: "allow", value: "GET, HEAD")]))
        }
        return .accept(maxBodyBytes: 0)
    }

    func respond(
        to request: consuming HTTPRequest, reply: @escaping @Sendable (HTTPResponse) -> Void
    ) {
        let path = request.head.path
        switch path {
        case "/livez": reply(Self.text(200, "alive\n"))
        case "/readyz":
            Task { [state] in reply(await Self.ready(state)) }
        case "/metrics":
            Task { [state] in
                let text = state.metrics(await state.lane.status)
                reply(
                    HTTPResponse(
                        status: 200,
                        fields: [HTTPField(name: "content-type", value: MetricsText.contentType)],
                        body: Array(text.utf8)))
            }
        case "/":
            Task { [state] in
                reply(Self.text(200, await Self.page(state)))
            }
        default: reply(Self.text(404, "no resource here; there are /metrics, /livez and /readyz\n"))
        }
    }

    func response(to problem: HTTPProblem, head: HTTPRequestHead?) -> HTTPResponse {
        switch problem {
        case .malformed(let reason): Self.text(400, reason + "\n")
        case .headersTooLarge: Self.text(431, "headers are too large\n")
        case .bodyTooLarge: Self.text(413, "no body is taken here\n")
        case .headTimeout, .bodyTimeout, .deadlinePassed:
            Self.text(408, "the request did not come in time\n")
        case .expectationFailed: Self.text(417, "the expectation cannot be met\n")
        case .tlsHello: Self.text(400, "this listener does not speak TLS: use http\n")
        case .outOfMemory, .stopping: Self.text(503, "not now\n")
        }
    }

    /// 503 where spans are refused. What the upstream does is told beside it, and is no reason: spans
    /// are held for as long.
    private static func ready(_ state: GatewayState) async -> HTTPResponse {
        let report = Readiness(
            refusal: state.receiver.refusalReason(),
            lane: await state.lane.status, books: state.queue.books(),
            oldest: state.queue.backlog().oldest.map { .now - $0 })
        return Self.json(report.isReady ? 200 : 503, report.json + "\n")
    }

    private static func page(_ state: GatewayState) async -> String {
        let books = state.queue.books()
        let status = await state.lane.status
        let lines = [
            ("mastra-gateway", GatewayVersion.current),
            (
                "receiving",
                state.listeners.map { "\($0.name) \($0.server.boundAddress)" }.joined(
                    separator: ", ")
            ),
            ("sending to", state.destination),
            ("uploads", status.posture.kind),
            ("accepted", "\(books.accepted) spans"),
            ("delivered", "\(books.delivered) spans"),
            ("held", "\(books.queuedSpans) spans, \(books.queuedBytes) bytes"),
            ("dropped", "\(books.droppedTotal) spans"),
        ]
        return lines.map { "\($0.0.padded(to: 16))\($0.1)\n" }.joined()
    }

    private static func text(
        _ status: Int, _ text: String, fields: [HTTPField] = []
    ) -> HTTPResponse {
        HTTPResponse(
            status: status,
            fields: [HTTPField(name: "content-type", value: "text/plain; charset=utf-8")] + fields,
            body: Array(text.utf8))
    }

    private static func json(_ status: Int, _ text: String) -> HTTPResponse {
        HTTPResponse(
            status: status,
            fields: [HTTPField(name: "content-type", value: "application/json")],
            body: Array(text.utf8))
    }
}
