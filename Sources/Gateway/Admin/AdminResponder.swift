import CloudExport
import HTTPServing
import OTLPReceiving
import SendingQueue

/// The admin endpoint: `/metrics`, `/livez`, `/readyz`, and the status page with its JSON. No secrets, no
/// spans.
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
                let text = state.metrics(await state.looks())
                reply(Self.answer(200, MetricsText.contentType, text))
            }
        case "/":
            Task { [state] in
                let page = await state.report().html
                reply(
                    Self.answer(
                        200, "text/html; charset=utf-8", page,
                        fields: [
                            // Whatever somebody may have smuggled into it, nothing is loaded or run.
                            HTTPField(
                                name: "content-security-policy",
                                value: StatusPage.contentSecurityPolicy),
                            HTTPField(name: "x-content-type-options", value: "nosniff"),
                            HTTPField(name: "cache-control", value: "no-store"),
                        ]))
            }
        case "/status.json":
            Task { [state] in
                reply(Self.answer(200, "application/json", await state.report().json))
            }
        default:
            reply(
                Self.text(
                    404,
                    "no resource here; there are /, /status.json, /metrics, /livez and /readyz\n"))
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
            refusal: state.receiver.refusalReason(), looks: await state.looks())
        return answer(report.isReady ? 200 : 503, "application/json", report.json + "\n")
    }

    private static func text(
        _ status: Int, _ text: String, fields: [HTTPField] = []
    ) -> HTTPResponse {
        answer(status, "text/plain; charset=utf-8", text, fields: fields)
    }

    private static func answer(
        _ status: Int, _ type: String, _ text: String, fields: [HTTPField] = []
    ) -> HTTPResponse {
        HTTPResponse(
            status: status, fields: [HTTPField(name: "content-type", value: type)] + fields,
            body: Array(text.utf8))
    }
}
