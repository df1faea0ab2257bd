import HTTPServing
import LocalStore
import MastraRecords

/// What the viewer's pages ask for; docs/viewer.md describes it, since others may ask as well.
struct ViewerAPI: Sendable {
    private let configuration: ViewerConfiguration
    private let store: LocalStore
    private var reader: StoreReader { store.reader }

    init(configuration: ViewerConfiguration, store: LocalStore) {
        self.configuration = configuration
        self.store = store
    }

    /// - Parameter path: behind `/api/viewer/`.
    func answer(_ path: [String], _ query: QueryParameters) async throws -> HTTPResponse {
        switch path.first {
        case "traces" where path.count == 1: return try await list(query)
        case "traces" where path.count == 2:
            let trace = try await trace(path[1])
            let skeleton = try await reader.skeleton(of: trace)
            return ViewerAnswer.json { TraceAnswers.skeleton(skeleton, of: trace, &$0) }
        case "traces" where path.count == 3 && path[2] == "export":
            return try await export(try await trace(path[1]), query)
        case "traces" where path.count == 4 && path[2] == "spans":
            let trace = try await trace(path[1])
            guard let look = try await reader.span(path[3].lowercased(), of: trace) else {
                throw RequestProblem.notFound("the trace has no such span")
            }
            return ViewerAnswer.json { TraceAnswers.span(look, &$0) }
        case "threads" where path.count == 2:
            let turns = try await reader.thread(path[1])
            guard !turns.isEmpty else {
                throw RequestProblem.notFound("no trace is of this thread")
            }
            return ViewerAnswer.json { TraceAnswers.thread(path[1], turns, &$0) }
        case "usage" where path.count == 1: return try await usage(query)
        case "facets" where path.count == 1:
            let facets = try await reader.facets()
            return ViewerAnswer.json { writer in
                writer.literal("{\"services\":")
                writer.list(facets.services) { $1.string($0) }
                writer.member("types")
                writer.list(facets.types) { $1.string($0) }
                writer.member("models")
                writer.list(facets.models) { $1.string($0) }
                writer.member("agents")
                writer.list(facets.agents) { $1.string($0) }
                writer.byte(UInt8(ascii: "}"))
            }
        case "state" where path.count == 1: return try await state()
        default: throw RequestProblem.notFound("no resource here")
        }
    }

    private func trace(_ text: String) async throws -> TraceSummary {
        let prefix = try TraceID.prefix(text, of: "trace", atLeast: 8)
        guard let trace = try await reader.trace(prefix) else {
            throw RequestProblem.notFound(
                "no trace, or more than one, has an id that begins with \(prefix)")
        }
        return trace
    }

    private func list(_ query: QueryParameters) async throws -> HTTPResponse {
        var filter = TraceFilter()
        filter.service = try query.text("service")
        filter.from = try query.milliseconds("from")
        filter.to = try query.milliseconds("to")
        filter.traceID = try query.traceID("trace")
        filter.hasErrors = try query.choice("status", of: Status.self).map { $0 == .error }
        filter.type = try query.text("type")
        filter.text = try query.text("text")
        filter.name = try query.text("name")
        filter.thread = try query.text("thread")
        filter.model = try query.text("model")
        filter.minDuration = try query.milliseconds("min")
        filter.delivery = try query.choice("delivery", of: CloudDelivery.self)?.delivery
        let limit = try query.integer("limit", in: 1...100) ?? 50
        let cursor = try query["before"].map { text throws(RequestProblem) in
            guard let cursor = TraceCursor(text) else {
                throw .parameter("before", "the `next` of an answer", text)
            }
            return cursor
        }
        let list = try await reader.traces(filter, limit: limit, before: cursor)
        return ViewerAnswer.json { TraceAnswers.list(list, &$0) }
    }

    private enum Status: String, CaseIterable { case ok, error }

    private enum CloudDelivery: String, CaseIterable {
        case queued, sent, refused

        var delivery: Delivery {
            switch self {
            case .queued: .queued
            case .sent: .sent
            case .refused: .refused
            }
        }
    }

    private enum Format: String, CaseIterable { case mastra, otlp }

    private func export(
        _ trace: TraceSummary, _ query: QueryParameters
    ) async throws -> HTTPResponse {
        let format = try query.choice("format", of: Format.self) ?? .mastra
        guard let records = try await reader.records(of: trace) else {
            throw RequestProblem.tooLarge("the trace", "ask for its spans one by one")
        }
        let ending = format == .otlp ? "otlp.json" : "json"
        let fields = [
            ("content-disposition", "attachment; filename=\"trace-\(trace.traceID).\(ending)\""),
            ("cache-control", "no-store"),
        ]
        switch format {
        case .mastra:
            var writer = JSONWriter(capacity: records.count + 128)
            MastraAPI.write(trace: trace.traceID, spans: records, &writer)
            return ViewerAnswer.bytes(
                200, "application/json", writer.bytes(from: 0), fields: fields)
        case .otlp:
            return ViewerAnswer.bytes(
                200, "application/json", try OTLPExport.request(of: records), fields: fields)
        }
    }

    private func usage(_ query: QueryParameters) async throws -> HTTPResponse {
        let dimension = try query.choice("by", of: UsageReport.Dimension.self) ?? .model
        let to = try query.milliseconds("to") ?? WallTime.nanoseconds
        let from = try query.milliseconds("from") ?? max(0, to - 24 * 3600 * 1_000_000_000)
        guard from <= to else {
            throw RequestProblem.parameter("from", "a time before `to`", query["from"] ?? "")
        }
        let report = try await reader.usage(from: from, to: to, by: dimension)
        return ViewerAnswer.json { UsageAnswer.write(report, from: from, to: to, &$0) }
    }

    private func state() async throws -> HTTPResponse {
        let figures = store.figures
        let oldest = try await reader.oldestStart()
        return ViewerAnswer.json { writer in
            writer.literal("{\"version\":")
            writer.string(configuration.version)
            writer.member("traces")
            writer.number(figures.traces)
            writer.member("spans")
            writer.number(figures.spans)
            writer.member("bytes")
            writer.number(figures.bytes)
            writer.member("maxBytes")
            writer.number(store.limits.maxBytes)
            writer.member("maxAge")
            writer.number(store.limits.maxAge.map { Int($0 / .milliseconds(1)) })
            writer.member("inMemory")
            writer.truth(store.location == .memory)
            writer.member("oldest")
            writer.milliseconds(nanoseconds: oldest)
            writer.member("pruned")
            writer.unsigned(figures.pruned)
            writer.member("exports")
            writer.truth(configuration.exports())
            writer.member("http")
            writer.text(configuration.httpAddress())
            writer.member("grpc")
            writer.text(configuration.grpcAddress())
            writer.member("notice")
            writer.text(figures.notice)
            writer.byte(UInt8(ascii: "}"))
        }
    }
}
