import CSQLite
import MastraRecords

/// The spans of one body on their way into the tables: what belongs to one transaction and is forgotten with it.
struct StoreTransaction {
    enum Purpose: Equatable {
        /// Spans that are to be seen.
        case store(Delivery)
        /// What has become of spans, which are stored as well where they are not there.
        case note(Delivery, reason: String?)

        var delivery: Delivery {
            switch self {
            case .store(let delivery), .note(let delivery, _): delivery
            }
        }

        var reason: String? {
            if case .note(_, let reason) = self { reason } else { nil }
        }

        var isNote: Bool { if case .note = self { true } else { false } }
    }

    private let statements: WriterStatements
    private let purpose: Purpose
    /// Milliseconds since 1970.
    private let now: Int
    /// Spans that came before have been pruned, and do not come back with their notes.
    private let prunedUpTo: Int
    private var traces: [Open] = []
    private var indexes: [String: Int] = [:]
    /// Neighbours are often of one trace.
    private var last: (traceID: String, index: Int)?
    private var nextTraceID: Int
    private(set) var addedSpans = 0
    private(set) var addedTraces = 0
    private(set) var facets: Set<Facet> = []
    /// Of neighbours most are the same.
    private var lastFacets: (service: String?, model: String?) = (nil, nil)

    private struct Open {
        var summary: TraceSummary
        var isNew = false
        var isChanged = false
        /// A span of it came again, and may say something else now.
        var isToBeCounted = false
    }

    init(
        _ statements: WriterStatements, _ purpose: Purpose, at now: Int, prunedUpTo: Int
    ) throws(SQLiteError) {
        self.statements = statements
        self.purpose = purpose
        self.now = now
        self.prunedUpTo = prunedUpTo
        nextTraceID = 1
        if try statements.lastTrace.step() { nextTraceID = statements.lastTrace.integer(0) + 1 }
        statements.lastTrace.reset()
    }

    /// Of traces that have got spans, or whose spans have come again.
    var changedTraces: [String] { traces.filter(\.isChanged).map(\.summary.traceID) }

    /// Takes a record; one that cannot be stored is left out, and false is answered.
    mutating func take(
        _ range: Range<Int>, of bytes: Span<UInt8>, _ raw: UnsafeRawBufferPointer
    ) throws(SQLiteError) -> Bool {
        guard let record = StoredRecord(bytes, range) else { return false }
        let trace = try open(record.traceID)
        let id = traces[trace].summary.id
        if purpose.isNote, let known = try find(record.span, of: id) {
            try move(known, in: &traces[trace])
            return true
        }
        if purpose.isNote, let receivedAt = bytes.milliseconds(record.fields[.createdAt]),
            receivedAt <= prunedUpTo
        {
            return true
        }
        let facts = record.facts(bytes, delivery: purpose.delivery)
        let add = statements.addSpan
        let next = try add.bind(facts: facts)
        try add.bind(next, id)
        try add.bind(next + 1, facts.span)
        try add.bind(next + 2, facts.delivery.rawValue)
        try add.bind(next + 3, purpose.reason)
        try add.run()
        traces[trace].isChanged = true
        traces[trace].summary.written = now
        let rowID: Int
        if statements.changedRows > 0 {
            rowID = statements.lastRowID
            addedSpans += 1
            traces[trace].summary.add(facts) {
                Preview.line(bytes, bytes.nonNull(record.fields[.input]))
            }
        } else {
            rowID = try replace(facts, record, in: &traces[trace])
            traces[trace].summary.renewPreview(facts) {
                Preview.line(bytes, bytes.nonNull(record.fields[.input]))
            }
        }
        let text = record.searchText(bytes)
        if !text.isEmpty {
            try statements.addText.bind(1, rowID)
            try statements.addText.bind(2, text)
            try statements.addText.run()
        }
        try unsafe put(record, bytes, raw)
        noteFacets(facts)
        return true
    }

    /// Writes the traces.
    mutating func finish() throws(SQLiteError) {
        for index in traces.indices where traces[index].isChanged {
            addedTraces += traces[index].isNew ? 1 : 0
            if traces[index].isToBeCounted { try recount(&traces[index].summary) }
            try statements.putTrace.bind(trace: traces[index].summary)
            try statements.putTrace.run()
        }
    }

    // MARK: Steps

    /// The index of a trace, known or new.
    private mutating func open(_ traceID: String) throws(SQLiteError) -> Int {
        if let last, last.traceID == traceID { return last.index }
        if let known = indexes[traceID] {
            last = (traceID, known)
            return known
        }
        let find = statements.findTrace
        try find.bind(1, traceID)
        defer { find.reset() }
        if try find.step() {
            let summary = find.trace
            // Of one that is being pruned, sums are of more than there is.
            traces.append(Open(summary: summary, isToBeCounted: summary.written == 0))
        } else {
            traces.append(
                Open(summary: TraceSummary(id: nextTraceID, traceID: traceID), isNew: true))
            nextTraceID += 1
        }
        indexes[traceID] = traces.count - 1
        last = (traceID, traces.count - 1)
        return traces.count - 1
    }

    private func find(
        _ span: Int, of trace: Int
    ) throws(SQLiteError) -> (id: Int, delivery: Delivery)? {
        let find = statements.findSpan
        try find.bind(1, trace)
        try find.bind(2, span)
        defer { find.reset() }
        guard try find.step() else { return nil }
        return (find.integer(0), Delivery(rawValue: find.integer(1)) ?? .local)
    }

    private func move(
        _ known: (id: Int, delivery: Delivery), in trace: inout Open
    ) throws(SQLiteError) {
        guard known.delivery != purpose.delivery else { return }
        trace.summary.move(from: known.delivery, to: purpose.delivery)
        trace.isChanged = true
        try statements.setDelivery.bind(1, purpose.delivery.rawValue)
        try statements.setDelivery.bind(2, purpose.reason)
        try statements.setDelivery.bind(3, known.id)
        try statements.setDelivery.run()
    }

    /// A span that came again: what has become of it stays, everything else is as it is now.
    private func replace(
        _ facts: SpanFacts, _ record: StoredRecord, in trace: inout Open
    ) throws(SQLiteError) -> Int {
        guard let known = try find(facts.span, of: trace.summary.id) else {
            throw SQLiteError(
                code: SQLITE_CORRUPT, message: "a span is there and is not there")
        }
        if purpose == .store(.local), known.delivery == .queued {
            // Its route has lost its token meanwhile.
            try move(known, in: &trace)
        }
        trace.isToBeCounted = true
        try statements.forgetText(of: known.id, spanID: SpanID.hex(facts.span), record.traceID)
        let change = statements.changeSpan
        try change.bind(try change.bind(facts: facts), known.id)
        try change.run()
        return known.id
    }

    private func recount(_ summary: inout TraceSummary) throws(SQLiteError) {
        summary.clearForRecount()
        let rows = statements.spansOfTrace
        try rows.bind(1, summary.id)
        while try rows.step() { summary.add(rows.facts) { nil } }
    }

    private mutating func noteFacets(_ facts: SpanFacts) {
        // A model of a span that is no call does not count, so that only calls make it known.
        let isAsBefore =
            facts.service == lastFacets.service
            && (facts.type != "model_generation" || facts.model == lastFacets.model)
            && facts.parent != nil && facts.type != "agent_run"
        if isAsBefore { return }
        lastFacets.service = facts.service
        if facts.type == "model_generation" { lastFacets.model = facts.model }
        if let service = facts.service { facets.insert(Facet(kind: .service, value: service)) }
        if facts.parent == nil { facets.insert(Facet(kind: .type, value: facts.type)) }
        if facts.type == "model_generation", let model = facts.model {
            facets.insert(Facet(kind: .model, value: model))
        }
        if facts.type == "agent_run", let agent = facts.entity {
            facets.insert(Facet(kind: .agent, value: agent))
        }
    }

    /// Writes the row of Mastra's table.
    private func put(
        _ record: StoredRecord, _ bytes: Span<UInt8>, _ raw: UnsafeRawBufferPointer
    ) throws(SQLiteError) {
        let row = statements.putRecord
        let fields = record.fields
        let metadata = record.metadata
        for (offset, column) in MastraColumn.allCases.enumerated() {
            let index = offset + 1
            switch column.source(fields, metadata, record) {
            case .none: try row.bind(index, Int?.none)
            case .truth(let value): try row.bind(index, value ? 1 : 0)
            case .json(let range): try unsafe row.bind(index, bytes.nonNull(range), of: raw)
            case .text(let range): try unsafe bind(row, index, bytes.nonNull(range), bytes, raw)
            }
        }
        try row.run()
    }

    /// Binds the content of a string, as it stands where it has no escapes.
    private func bind(
        _ row: Statement, _ index: Int, _ range: Range<Int>?, _ bytes: Span<UInt8>,
        _ raw: UnsafeRawBufferPointer
    ) throws(SQLiteError) {
        guard let range, range.count >= 2, bytes[range.lowerBound] == UInt8(ascii: "\"") else {
            return try row.bind(index, Int?.none)
        }
        let content = range.lowerBound + 1..<range.upperBound - 1
        if bytes.hasEscapes(content) {
            try row.bind(index, bytes.content(range))
        } else {
            try unsafe row.bind(index, content, of: raw)
        }
    }
}
