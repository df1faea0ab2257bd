import HTTPServing
import LocalStore
import MastraRecords

/// The routes of Mastra's own server that lists and shows traces (MASTRA-CONTRACT 6.5), so that what speaks to it can speak to
/// the gateway. Routes of metrics, logs and scores are not there, as with a Mastra whose storage has none.
struct MastraAPI: Sendable {
    let reader: StoreReader

    /// - Parameter path: behind `/api/observability/`.
    func answer(_ path: [String], _ query: QueryParameters) async throws -> HTTPResponse {
        guard path.first == "traces" else {
            throw RequestProblem.notFound("of observability there are traces alone")
        }
        switch path.count {
        case 1:
            let filter = try Self.filter(query)
            guard let list = try await reader.roots(filter) else {
                throw RequestProblem.tooLarge("the page", "ask for a smaller perPage")
            }
            return ViewerAnswer.json { Self.write(list, filter, &$0) }
        case 2:
            let id = try TraceID.prefix(path[1], of: "traceId", atLeast: 32)
            guard let trace = try await reader.trace(id) else {
                throw RequestProblem.notFound("no trace has this id")
            }
            guard let spans = try await reader.records(of: trace) else {
                throw RequestProblem.tooLarge("the trace", "the viewer shows it span by span")
            }
            return ViewerAnswer.json { Self.write(trace: trace.traceID, spans: spans, &$0) }
        default: throw RequestProblem.notFound("no resource here")
        }
    }

    static func write(trace: String, spans: [UInt8], _ writer: inout JSONWriter) {
        writer.literal("{\"traceId\":")
        writer.string(trace)
        writer.member("spans")
        writer.raw(spans)
        writer.byte(UInt8(ascii: "}"))
    }

    private static func write(
        _ list: StoreReader.RootList, _ filter: RootFilter, _ writer: inout JSONWriter
    ) {
        writer.literal("{\"pagination\":{\"total\":")
        writer.number(list.total)
        writer.member("page")
        writer.number(filter.page)
        writer.member("perPage")
        writer.number(filter.perPage)
        writer.member("hasMore")
        writer.truth(filter.page * filter.perPage + list.count < list.total)
        writer.literal("},\"spans\":")
        writer.raw(list.spans)
        writer.byte(UInt8(ascii: "}"))
    }

    /// Parameters that are no filter are passed over, as Mastra passes them over.
    static func filter(_ query: QueryParameters) throws(RequestProblem) -> RootFilter {
        var filter = RootFilter()
        for column in RootFilter.columns {
            guard let value = try query.text(column) else { continue }
            filter.equals[column] = value
        }
        // Older names of the same.
        if filter.equals["entityType"] == "workflow" {
            filter.equals["entityType"] = "workflow_run"
        }
        let range = try bounds("dateRange", query)
        filter.startedAt = try bounds("startedAt", query) ?? range ?? .init()
        filter.endedAt = try bounds("endedAt", query) ?? .init()
        filter.status = try query.choice("status", of: RootFilter.Status.self)
        filter.hasChildError = try query.choice("hasChildError", of: Truth.self).map { $0 == .true }
        filter.tags = try (query.all("tags") + query.all("tags[]")).map {
            tag throws(RequestProblem) in
            try QueryParameters.checked(tag, of: "tags")
        }
        for (rest, value) in query.beginning(with: "metadata[") {
            let name = String(rest.dropLast())
            guard rest.last == "]", RootFilter.isMetadataName(name) else {
                throw .parameter(
                    "metadata", "a name of letters, digits and _ in brackets", rest)
            }
            filter.metadata[name] = try QueryParameters.checked(value, of: "metadata")
        }
        filter.page = try query.integer("page", in: 0...1_000_000) ?? 0
        filter.perPage = try query.integer("perPage", in: 1...100) ?? 10
        for name in ["orderBy[field]", "field"] {
            if let order = try query.choice(name, of: RootFilter.Order.self) {
                filter.order = order
            }
        }
        for name in ["orderBy[direction]", "direction"] {
            guard let direction = try query.choice(name, of: Direction.self) else { continue }
            filter.isAscending = direction == .ASC
        }
        return filter
    }

    private enum Truth: String, CaseIterable { case `true`, `false` }
    private enum Direction: String, CaseIterable { case ASC, DESC }

    /// `startedAt[start]=…`, or all of it as JSON in `startedAt`.
    private static func bounds(
        _ name: String, _ query: QueryParameters
    ) throws(RequestProblem) -> RootFilter.Bounds? {
        var members: [String: String] = [:]
        for (rest, value) in query.beginning(with: name + "[") {
            members[String(rest.dropLast())] = value
        }
        if let text = query[name] {
            guard let object = JSONValue(parsing: Array(text.utf8))?.object else {
                throw .parameter(name, "an object with `start` or `end`", text)
            }
            for (key, value) in object {
                members[key] = value.text ?? (value.truth == true ? "true" : "")
            }
        }
        guard !members.isEmpty else { return nil }
        var bounds = RootFilter.Bounds()
        bounds.start = try time(name, members["start"])
        bounds.end = try time(name, members["end"])
        bounds.excludesStart = members["startExclusive"] == "true"
        bounds.excludesEnd = members["endExclusive"] == "true"
        return bounds
    }

    /// Times stand in the store with milliseconds and a Z, and compare as texts: others are made so.
    private static func time(
        _ name: String, _ text: String?
    ) throws(RequestProblem) -> String? {
        guard let text, !text.isEmpty else { return nil }
        var form = text
        if form.utf8.count == 10 { form += "T00:00:00.000Z" }
        if form.utf8.count == 20, form.hasSuffix("Z") { form = form.dropLast() + ".000Z" }
        let quoted = Array("\"\(form)\"".utf8)
        guard RecordTime.milliseconds(quoted.span, 0..<quoted.count) != nil, form.hasSuffix("Z")
        else { throw .parameter(name, "a time such as 2026-11-29T10:00:00.000Z", text) }
        return form
    }
}
