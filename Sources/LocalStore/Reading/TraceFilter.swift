/// Which traces are wanted; what is nil is not asked for.
package struct TraceFilter: Hashable, Sendable {
    package var service: String?
    /// Of the trace's start, in nanoseconds since 1970, both ends included.
    package var from: Int?
    package var to: Int?
    /// The beginning of the id, in small hex digits.
    package var traceID: String?
    /// Whether a span of it has failed.
    package var hasErrors: Bool?
    /// Of the span that stands for the trace.
    package var type: String?
    /// Words in the input or output of any span.
    package var text: String?
    /// Part of the name, ASCII letters of either case.
    package var name: String?
    package var thread: String?
    package var model: String?
    /// Nanoseconds.
    package var minDuration: Int?
    /// Traces with at least one such span.
    package var delivery: Delivery?

    package init() {}

    /// How words are looked for. What is common is found by the first search, among the newest spans that have it: all of
    /// them would cost as much as there are. What it does not find is looked for again, further back and by beginnings.
    enum Search: CaseIterable {
        case newest, exact, beginnings

        /// Of the spans that have the words, the newest count.
        var maxMatches: Int { self == .newest ? 500 : 10_000 }
    }

    /// The searches that may be needed, cheapest first.
    var searches: [Search] { text == nil ? [.newest] : Search.allCases }

    /// Conditions on `gateway_traces`, with their parameters.
    func conditions(_ search: Search = .beginnings) -> (sql: [String], values: [SQLValue]) {
        var sql: [String] = []
        var values: [SQLValue] = []
        func want(_ condition: String, _ value: SQLValue?) {
            guard let value else { return }
            sql.append(condition)
            values.append(value)
        }
        want("service = ?", service.map { .text($0.shortForLists) })
        want("start >= ?", from.map(SQLValue.integer))
        want("start <= ?", to.map(SQLValue.integer))
        if let traceID {
            // Both ends, so that the index on the ids is used. No digit is behind `g`.
            want("traceId >= ?", .text(traceID))
            want("traceId < ?", .text(traceID + "g"))
        }
        if let hasErrors { sql.append(hasErrors ? "errors > 0" : "errors = 0") }
        want("type = ?", type.map { .text($0.shortForLists) })
        want("name LIKE ? ESCAPE '\\'", name.map { .text("%\(Self.escaped($0))%") })
        want("thread = ?", thread.map { .text($0.shortForLists) })
        want("model = ?", model.map { .text($0.shortForLists) })
        want("end - start >= ?", minDuration.map(SQLValue.integer))
        if let delivery { sql.append("\(delivery.name) > 0") }
        if let text {
            let query = SearchText.query(text, byBeginnings: search == .beginnings)
            // Words of which none is left find nothing.
            want(
                """
                id IN (SELECT trace FROM gateway_spans WHERE id IN (
                  SELECT rowid FROM gateway_text WHERE gateway_text MATCH ?
                  ORDER BY rowid DESC LIMIT \(search.maxMatches)))
                """, query.map(SQLValue.text))
            if query == nil { sql.append("0") }
        }
        return (sql, values)
    }

    static func escaped(_ text: String) -> String {
        text.reduce(into: "") { escaped, character in
            if "\\%_".contains(character) { escaped.append("\\") }
            escaped.append(character)
        }
    }
}

/// Where a list goes on: behind this trace.
package struct TraceCursor: Hashable, Sendable {
    package let start: Int
    package let id: Int

    package init(start: Int, id: Int) {
        self.start = start
        self.id = id
    }

    /// As `text` has it.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let start = Int(parts[0]), let id = Int(parts[1]), start >= 0,
            id >= 0
        else { return nil }
        self.init(start: start, id: id)
    }

    package var text: String { "\(start)-\(id)" }
}
