/// The statements of a writer, prepared once.
struct WriterStatements {
    private let database: Database
    let findTrace: Statement
    let putTrace: Statement
    let lastTrace: Statement
    let findSpan: Statement
    let addSpan: Statement
    let changeSpan: Statement
    let setDelivery: Statement
    let spansOfTrace: Statement
    let putRecord: Statement
    let contents: Statement
    let deleteRecord: Statement
    let deleteSpan: Statement
    let keepPruning: Statement
    let deleteTrace: Statement
    let addText: Statement
    let deleteText: Statement
    let putFacet: Statement
    let oldestTrace: Statement
    let someSpans: Statement

    static let traceColumns = [
        "id", "traceId", "name", "service", "type", "entity", "thread", "model", "leaderStart",
        "start", "end", "spans", "errors", "roots", "inputTokens", "outputTokens", "cost",
        "preview", "previewRank", "previewStart", "local", "queued", "sent", "refused", "written",
    ]

    /// In the order in which `bind(facts:)` has them.
    private static let spanColumns = [
        "parent", "name", "type", "start", "duration", "isEvent", "isError", "service", "entity",
        "thread", "model", "inputTokens", "outputTokens", "cost",
    ]

    init(_ database: Database) throws(SQLiteError) {
        self.database = database
        let traces = Self.traceColumns
        findTrace = try database.prepare(
            "SELECT \(traces.joined(separator: ", ")) FROM gateway_traces WHERE traceId = ?")
        let changes = traces.dropFirst(2)
        putTrace = try database.prepare(
            """
            INSERT INTO gateway_traces (\(traces.joined(separator: ", ")))
            VALUES (\(Self.marks(traces.count))) ON CONFLICT (id) DO UPDATE SET
            \(changes.map { "\($0) = excluded.\($0)" }.joined(separator: ", "))
            """)
        lastTrace = try database.prepare("SELECT max(id) FROM gateway_traces")
        findSpan = try database.prepare(
            "SELECT id, delivery FROM gateway_spans WHERE trace = ? AND span = ?")
        let spans = Self.spanColumns
        addSpan = try database.prepare(
            """
            INSERT INTO gateway_spans (\(spans.joined(separator: ", ")), trace, span, delivery, reason)
            VALUES (\(Self.marks(spans.count + 4))) ON CONFLICT (trace, span) DO NOTHING
            """)
        changeSpan = try database.prepare(
            """
            UPDATE gateway_spans SET \(spans.map { "\($0) = ?" }.joined(separator: ", "))
            WHERE id = ?
            """)
        setDelivery = try database.prepare(
            "UPDATE gateway_spans SET delivery = ?, reason = ? WHERE id = ?")
        spansOfTrace = try database.prepare(
            """
            SELECT \(spans.joined(separator: ", ")), span, delivery FROM gateway_spans
            WHERE trace = ? ORDER BY id
            """)
        let columns = MastraColumn.allCases.map(\.name)
        putRecord = try database.prepare(
            """
            INSERT OR REPLACE INTO mastra_ai_spans (\(columns.map { "\"\($0)\"" }.joined(separator: ", ")))
            VALUES (\(Self.marks(columns.count)))
            """)
        contents = try database.prepare(
            "SELECT input, output FROM mastra_ai_spans WHERE spanId = ? AND traceId = ?")
        deleteRecord = try database.prepare(
            "DELETE FROM mastra_ai_spans WHERE spanId = ? AND traceId = ?")
        deleteSpan = try database.prepare("DELETE FROM gateway_spans WHERE id = ?")
        keepPruning = try database.prepare(
            "UPDATE gateway_traces SET written = 0 WHERE id = ?")
        deleteTrace = try database.prepare("DELETE FROM gateway_traces WHERE id = ?")
        addText = try database.prepare("INSERT INTO gateway_text (rowid, text) VALUES (?, ?)")
        deleteText = try database.prepare(
            "INSERT INTO gateway_text (gateway_text, rowid, text) VALUES ('delete', ?, ?)")
        putFacet = try database.prepare(
            "INSERT OR REPLACE INTO gateway_facets (kind, value, seen) VALUES (?, ?, ?)")
        oldestTrace = try database.prepare(
            "SELECT id, traceId, written FROM gateway_traces ORDER BY written LIMIT 1")
        someSpans = try database.prepare(
            "SELECT id, span FROM gateway_spans WHERE trace = ? LIMIT ?")
    }

    /// By the last statement.
    var changedRows: Int { database.changes }
    var lastRowID: Int { database.lastRowID }

    /// Takes the words of a span out of the index, as they were put in.
    func forgetText(
        of id: Int, spanID: String, _ traceID: String
    ) throws(SQLiteError) {
        try contents.bind(1, spanID)
        try contents.bind(2, traceID)
        defer { contents.reset() }
        guard try contents.step() else { return }
        var text: [UInt8] = []
        for column in 0..<2 {
            let content = contents.bytes(column)
            SearchText.append(content.span, content.isEmpty ? nil : 0..<content.count, to: &text)
        }
        guard !text.isEmpty else { return }
        try deleteText.bind(1, id)
        try deleteText.bind(2, text)
        try deleteText.run()
    }

    static func marks(_ count: Int) -> String {
        Array(repeating: "?", count: count).joined(separator: ", ")
    }
}

extension Statement {
    /// Binds `spanColumns`, and answers the number of the next parameter.
    func bind(facts: SpanFacts) throws(SQLiteError) -> Int {
        try bind(1, facts.parent)
        try bind(2, facts.name)
        try bind(3, facts.type)
        try bind(4, facts.start)
        try bind(5, facts.duration)
        try bind(6, facts.isEvent ? 1 : 0)
        try bind(7, facts.isError ? 1 : 0)
        try bind(8, facts.service)
        try bind(9, facts.entity)
        try bind(10, facts.thread)
        try bind(11, facts.model)
        try bind(12, facts.inputTokens)
        try bind(13, facts.outputTokens)
        try bind(14, facts.cost)
        return 15
    }

    /// The row of `spansOfTrace`.
    var facts: SpanFacts {
        SpanFacts(
            span: integer(14), parent: integerOrNil(0), name: text(1), type: text(2),
            start: integer(3), duration: integerOrNil(4), isEvent: integer(5) == 1,
            isError: integer(6) == 1, service: textOrNil(7), entity: textOrNil(8),
            thread: textOrNil(9), model: textOrNil(10), inputTokens: integerOrNil(11),
            outputTokens: integerOrNil(12), cost: realOrNil(13),
            delivery: Delivery(rawValue: integer(15)) ?? .local)
    }

    /// Binds `traceColumns`.
    func bind(trace: TraceSummary) throws(SQLiteError) {
        try bind(1, trace.id)
        try bind(2, trace.traceID)
        try bind(3, trace.name)
        try bind(4, trace.service)
        try bind(5, trace.type)
        try bind(6, trace.entity)
        try bind(7, trace.thread)
        try bind(8, trace.model)
        try bind(9, trace.leaderStart)
        try bind(10, trace.start)
        try bind(11, trace.end)
        try bind(12, trace.spans)
        try bind(13, trace.errors)
        try bind(14, trace.roots)
        try bind(15, trace.inputTokens)
        try bind(16, trace.outputTokens)
        try bind(17, trace.cost)
        try bind(18, trace.preview)
        try bind(19, trace.previewRank.rawValue)
        try bind(20, trace.previewStart)
        for (offset, count) in trace.deliveries.enumerated() { try bind(21 + offset, count) }
        try bind(21 + trace.deliveries.count, trace.written)
    }

    /// The row of `traceColumns`.
    var trace: TraceSummary {
        var trace = TraceSummary(id: integer(0), traceID: text(1))
        trace.name = text(2)
        trace.service = textOrNil(3)
        trace.type = text(4)
        trace.entity = textOrNil(5)
        trace.thread = textOrNil(6)
        trace.model = textOrNil(7)
        trace.leaderStart = integer(8)
        trace.start = integer(9)
        trace.end = integer(10)
        trace.spans = integer(11)
        trace.errors = integer(12)
        trace.roots = integer(13)
        trace.inputTokens = integerOrNil(14)
        trace.outputTokens = integerOrNil(15)
        trace.cost = realOrNil(16)
        trace.preview = textOrNil(17)
        trace.previewRank = TraceSummary.PreviewRank(rawValue: integer(18)) ?? .none
        trace.previewStart = integer(19)
        for index in trace.deliveries.indices { trace.deliveries[index] = integer(20 + index) }
        trace.written = integer(20 + trace.deliveries.count)
        return trace
    }
}
