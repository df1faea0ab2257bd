import MastraRecords

/// Answers questions about what is stored, one at a time, on a thread of its own.
package actor StoreReader {
    private let connection: StoreConnection
    private let limits: StoreLimits
    private let shared: SharedState
    private let onDamage: @Sendable (SQLiteError, _ generation: Int) -> Void

    /// - Parameter onDamage: called where the file cannot be read, with the number of the file.
    init(
        _ connection: StoreConnection, limits: StoreLimits, shared: SharedState,
        onDamage: @escaping @Sendable (SQLiteError, _ generation: Int) -> Void
    ) {
        self.connection = connection
        self.limits = limits
        self.shared = shared
        self.onDamage = onDamage
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe connection.queue.asUnownedSerialExecutor()
    }

    func close() { connection.close() }

    /// What one question is asked with; a question that takes too long ends with an interrupt.
    func ask<Answer>(
        _ body: (Database) throws(SQLiteError) -> Answer
    ) throws(SQLiteError) -> Answer {
        let generation = shared.generation
        do throws(SQLiteError) {
            let (database, _) = try connection.database(generation)
            return try database.within(limits.queryTimeout) { () throws(SQLiteError) in
                try body(database)
            }
        } catch {
            if error.isDamage { onDamage(error, generation) }
            throw error
        }
    }
}

// MARK: - Traces

extension StoreReader {
    package struct TraceList: Sendable {
        package let traces: [TraceSummary]
        /// Nil where nothing follows.
        package let next: TraceCursor?
    }

    /// Newest first.
    package func traces(
        _ filter: TraceFilter, limit: Int, before cursor: TraceCursor? = nil
    ) throws(SQLiteError) -> TraceList {
        var traces: [TraceSummary] = []
        for search in filter.searches where traces.count <= limit {
            var (conditions, values) = filter.conditions(search)
            if let cursor {
                conditions.append("(start, id) < (?, ?)")
                values += [.integer(cursor.start), .integer(cursor.id)]
            }
            let sql =
                Self.selectTraces + Self.clause(conditions)
                + " ORDER BY start DESC, id DESC LIMIT \(limit + 1)"
            traces = try list(sql, values)
        }
        let last = traces.count > limit ? traces[limit - 1] : nil
        return TraceList(
            traces: Array(traces.prefix(limit)),
            next: last.map { TraceCursor(start: $0.start, id: $0.id) })
    }

    /// The trace whose id begins so; nil where there is none, or more than one.
    package func trace(_ prefix: String) throws(SQLiteError) -> TraceSummary? {
        var filter = TraceFilter()
        filter.traceID = prefix
        let (conditions, values) = filter.conditions()
        let found = try list(Self.selectTraces + Self.clause(conditions) + " LIMIT 2", values)
        return found.count == 1 ? found[0] : nil
    }

    package func skeleton(of trace: TraceSummary) throws(SQLiteError) -> TraceSkeleton {
        try ask { database throws(SQLiteError) in
            let rows = try database.prepare(TraceSkeleton.sql)
            try rows.bind(1, trace.id)
            return try TraceSkeleton(rows)
        }
    }

    private static let selectTraces =
        "SELECT \(WriterStatements.traceColumns.joined(separator: ", ")) FROM gateway_traces"

    static func clause(_ conditions: [String]) -> String {
        conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
    }

    private func list(_ sql: String, _ values: [SQLValue]) throws(SQLiteError) -> [TraceSummary] {
        try ask { database throws(SQLiteError) in
            let rows = try database.prepare(sql)
            try rows.bind(values)
            var traces: [TraceSummary] = []
            while try rows.step() { traces.append(rows.trace) }
            return traces
        }
    }
}

// MARK: - Spans

extension StoreReader {
    package struct SpanLook: Sendable {
        /// A JSON object.
        package let record: [UInt8]
        package let delivery: Delivery
        package let reason: String?
    }

    package func span(
        _ spanID: String, of trace: TraceSummary
    ) throws(SQLiteError) -> SpanLook? {
        guard let span = SpanID.bits(spanID) else { return nil }
        return try ask { database throws(SQLiteError) -> SpanLook? in
            let row = try database.prepare(
                """
                SELECT \(RecordJSON.columns), g.delivery, g.reason FROM gateway_spans g
                JOIN mastra_ai_spans s ON s.spanId = ? AND s.traceId = ?
                WHERE g.trace = ? AND g.span = ?
                """)
            try row.bind(1, SpanID.hex(span))
            try row.bind(2, trace.traceID)
            try row.bind(3, trace.id)
            try row.bind(4, span)
            guard try row.step() else { return nil }
            var writer = JSONWriter(capacity: 16 * 1024)
            RecordJSON.write(row, to: &writer)
            let count = MastraColumn.allCases.count
            return SpanLook(
                record: writer.bytes(from: 0),
                delivery: Delivery(rawValue: row.integer(count)) ?? .local,
                reason: row.textOrNil(count + 1))
        }
    }

    /// Of one answer. A trace of more is asked for span by span.
    package static let maxAnswerBytes = 32 << 20

    /// The records of a trace as a JSON array, by their start; nil where they are more than an answer may have.
    package func records(of trace: TraceSummary) throws(SQLiteError) -> [UInt8]? {
        try ask { database throws(SQLiteError) -> [UInt8]? in
            let rows = try database.prepare(
                """
                SELECT \(RecordJSON.columns), g.span FROM gateway_spans g
                JOIN mastra_ai_spans s ON s.spanId = printf('%016x', g.span) AND s.traceId = ?
                WHERE g.trace = ? ORDER BY g.start, g.id
                """)
            try rows.bind(1, trace.traceID)
            try rows.bind(2, trace.id)
            var writer = JSONWriter(capacity: 64 * 1024)
            writer.byte(UInt8(ascii: "["))
            var isFirst = true
            while try rows.step() {
                if !isFirst { writer.byte(UInt8(ascii: ",")) }
                isFirst = false
                RecordJSON.write(rows, to: &writer)
                if writer.count > Self.maxAnswerBytes {
                    rows.reset()
                    return nil
                }
            }
            writer.byte(UInt8(ascii: "]"))
            return writer.bytes(from: 0)
        }
    }

    package struct Turn: Sendable {
        package let trace: TraceSummary
        /// What was said, cut to `maxTurnCharacters`.
        package let input: String?
        package let output: String?
    }

    package static let maxTurns = 200
    private static let maxTurnCharacters = 4000

    /// The traces of a thread, oldest first, with what their first roots say.
    package func thread(_ thread: String) throws(SQLiteError) -> [Turn] {
        let traces = try list(
            Self.selectTraces + " WHERE thread = ? ORDER BY start, id LIMIT \(Self.maxTurns)",
            [.text(thread.shortForLists)])
        return try ask { database throws(SQLiteError) -> [Turn] in
            let root = try database.prepare(
                """
                SELECT s.input, s.output FROM gateway_spans g
                JOIN mastra_ai_spans s ON s.spanId = printf('%016x', g.span) AND s.traceId = ?
                WHERE g.trace = ? AND (s.input IS NOT NULL OR s.output IS NOT NULL)
                ORDER BY g.parent IS NOT NULL, g.start, g.id LIMIT 1
                """)
            var turns: [Turn] = []
            for trace in traces {
                try root.bind(1, trace.traceID)
                try root.bind(2, trace.id)
                let isThere = try root.step()
                turns.append(
                    Turn(
                        trace: trace, input: isThere ? Self.said(root, 0) : nil,
                        output: isThere ? Self.said(root, 1) : nil))
                root.reset()
            }
            return turns
        }
    }

    private static func said(_ row: Statement, _ column: Int) -> String? {
        let content = row.bytes(column)
        guard !content.isEmpty else { return nil }
        return Preview.text(
            content.span, 0..<content.count, maxCharacters: maxTurnCharacters)
    }
}

// MARK: - The whole

extension StoreReader {
    package struct Facets: Sendable {
        package internal(set) var services: [String] = []
        package internal(set) var types: [String] = []
        package internal(set) var models: [String] = []
        package internal(set) var agents: [String] = []
    }

    /// Values to choose from, at most 200 of each.
    package func facets() throws(SQLiteError) -> Facets {
        try ask { database throws(SQLiteError) in
            var facets = Facets()
            let rows = try database.prepare(
                "SELECT value FROM gateway_facets WHERE kind = ? ORDER BY value LIMIT 200")
            for kind in Facet.Kind.allCases {
                try rows.bind(1, kind.rawValue)
                while try rows.step() {
                    switch kind {
                    case .service: facets.services.append(rows.text(0))
                    case .type: facets.types.append(rows.text(0))
                    case .model: facets.models.append(rows.text(0))
                    case .agent: facets.agents.append(rows.text(0))
                    }
                }
            }
            return facets
        }
    }

    /// Nanoseconds since 1970; nil where nothing is there.
    package func oldestStart() throws(SQLiteError) -> Int? {
        try ask { database throws(SQLiteError) -> Int? in
            let row = try database.prepare("SELECT min(start) FROM gateway_traces")
            return try row.step() ? row.integerOrNil(0) : nil
        }
    }
}
