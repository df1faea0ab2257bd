package import HTTPServing
package import LocalStore
import MastraRecords
import Synchronization

/// The viewer's listener: its pages and files, its own API, Mastra's API, and events. It answers questions and changes nothing.
package final class ViewerResponder: HTTPResponder {
    private let configuration: ViewerConfiguration
    private let hosts: HostCheck
    private let files: ViewerFiles
    private let api: ViewerAPI
    private let mastra: MastraAPI
    private let events: EventHub
    /// Answers with contents of many spans take memory: one is made at a time, others are asked for again.
    private let largeAnswers = Mutex(0)

    package init(_ configuration: ViewerConfiguration, store: LocalStore, events: EventHub) {
        self.configuration = configuration
        self.events = events
        files = ViewerFiles(gzip: configuration.gzip)
        hosts = HostCheck(hosts: configuration.hosts)
        api = ViewerAPI(configuration: configuration, store: store)
        mastra = MastraAPI(reader: store.reader)
    }

    package func admit(_ head: HTTPRequestHead) -> HTTPAdmission {
        if let problem = hosts.problem(with: head) { return .refuse(ViewerAnswer.problem(problem)) }
        guard configuration.admits?(head.fields) ?? true else {
            return .refuse(
                ViewerAnswer.problem(
                    RequestProblem(status: 401, message: "the viewer wants its credential"),
                    // RFC 7617; browsers ask for a name and a password then.
                    fields: [
                        ("www-authenticate", "Basic realm=\"mastra-gateway\", charset=\"UTF-8\"")
                    ]))
        }
        guard head.method == "GET" || head.method == "HEAD" else {
            return .refuse(
                ViewerAnswer.problem(
                    RequestProblem(status: 405, message: "use GET"),
                    fields: [("allow", "GET, HEAD")]))
        }
        return .accept(maxBodyBytes: 0)
    }

    package func respond(
        to request: consuming HTTPRequest, reply: @escaping @Sendable (HTTPResponse) -> Void
    ) {
        let head = request.head
        let parts = head.path.split(separator: "/", omittingEmptySubsequences: true)
            .map { PercentCoding.decoded($0) }
        switch (parts.first, parts.count) {
        case ("api", 3...) where parts[1] == "viewer":
            answer(reply, isLarge: parts.last == "export") { [api, events] in
                if parts.dropFirst(2) == ["events"] { return Self.listen(events) }
                return try await api.answer(Array(parts.dropFirst(2)), QueryParameters(head.query))
            }
        case ("api", 3...) where parts[1] == "observability":
            answer(reply, isLarge: true) { [mastra] in
                try await mastra.answer(Array(parts.dropFirst(2)), QueryParameters(head.query))
            }
        case ("assets", 2): reply(file(parts[1], head))
        // Pages tell from the path what to show; the same file is all of them.
        case (nil, _), ("usage", 1), ("traces", 2), ("threads", 2):
            reply(file("index.html", head))
        default:
            reply(Self.nothing)
        }
    }

    private static let nothing = ViewerAnswer.problem(.notFound("no resource here"))

    private func file(_ name: String, _ head: HTTPRequestHead) -> HTTPResponse {
        let takesGzip = configuration.offersGzip(head.fields["accept-encoding"] ?? "")
        return files[name]?.response(to: head, takesGzip: takesGzip) ?? Self.nothing
    }

    private static let maxLargeAnswers = 2

    private func answer(
        _ reply: @escaping @Sendable (HTTPResponse) -> Void, isLarge: Bool = false,
        _ body: @escaping @Sendable () async throws -> HTTPResponse
    ) {
        if isLarge, largeAnswers.withLock({ $0 >= Self.maxLargeAnswers }) {
            return reply(
                ViewerAnswer.problem(
                    RequestProblem(
                        status: 503,
                        message: "\(Self.maxLargeAnswers) large answers are being made; ask again"),
                    fields: [("retry-after", "1")]))
        }
        if isLarge { largeAnswers.withLock { $0 += 1 } }
        Task {
            defer { if isLarge { largeAnswers.withLock { $0 -= 1 } } }
            do {
                reply(try await body())
            } catch let problem as RequestProblem {
                reply(ViewerAnswer.problem(problem))
            } catch let error as SQLiteError where error.isInterrupt {
                reply(
                    ViewerAnswer.problem(
                        RequestProblem(
                            status: 503,
                            message:
                                "the store did not answer in time; a shorter range of time takes less"
                        )))
            } catch {
                reply(
                    ViewerAnswer.problem(
                        RequestProblem(status: 503, message: "the store cannot be read: \(error)")))
            }
        }
    }

    private static func listen(_ events: EventHub) -> HTTPResponse {
        guard let stream = events.stream() else {
            return ViewerAnswer.problem(
                RequestProblem(status: 503, message: "too many pages are listening"))
        }
        return ViewerAnswer.bytes(
            200, "text/event-stream", EventHub.greeting, fields: [("cache-control", "no-store")],
            stream: stream)
    }

    package func response(to problem: HTTPProblem, head: HTTPRequestHead?) -> HTTPResponse {
        let (status, message) =
            switch problem {
            case .malformed(let reason): (400, reason)
            case .headersTooLarge(let limit): (431, "headers are larger than \(limit) bytes")
            case .bodyTooLarge: (413, "no body is taken here")
            case .headTimeout, .bodyTimeout, .deadlinePassed:
                (408, "the request did not come in time")
            case .expectationFailed: (417, "the expectation cannot be met")
            case .tlsHello: (400, "this listener does not speak TLS: use http")
            case .outOfMemory, .stopping: (503, "not now")
            }
        return ViewerAnswer.problem(RequestProblem(status: status, message: message))
    }
}
