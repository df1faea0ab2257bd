import MastraRecords

/// Which roots Mastra's list of traces has (MASTRA-CONTRACT 6.5): all conditions look at the row of the root.
package struct RootFilter: Hashable, Sendable {
    /// Exact values of text columns, by name.
    package var equals: [String: String] = [:]
    /// ISO times with milliseconds, which compare as texts.
    package var startedAt = Bounds()
    package var endedAt = Bounds()
    package var status: Status?
    package var hasChildError: Bool?
    /// All of them.
    package var tags: [String] = []
    /// Texts of members of `metadata`, by name.
    package var metadata: [String: String] = [:]
    package var order = Order.startedAt
    package var isAscending = false
    package var page = 0
    package var perPage = 10

    package init() {}

    package struct Bounds: Hashable, Sendable {
        package var start: String?
        package var end: String?
        package var excludesStart = false
        package var excludesEnd = false

        package init() {}
    }

    package enum Status: String, CaseIterable, Sendable {
        case success, error, running
    }

    package enum Order: String, CaseIterable, Sendable {
        case startedAt, endedAt
    }

    /// Columns that may be asked for.
    package static let columns: Set<String> = [
        "traceId", "name", "spanType", "entityType", "entityId", "entityName", "parentEntityType",
        "parentEntityId", "parentEntityName", "rootEntityType", "rootEntityId", "rootEntityName",
        "userId", "organizationId", "resourceId", "runId", "sessionId", "threadId", "requestId",
        "environment", "serviceName", "source", "experimentId", "entityVersionId",
        "parentEntityVersionId", "rootEntityVersionId",
    ]

    /// MASTRA-CONTRACT 6.5: other names are refused, as Mastra's stores refuse them.
    package static func isMetadataName(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        func isLetter(_ byte: UInt8) -> Bool {
            byte == UInt8(ascii: "_")
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        }
        guard let first = bytes.first, bytes.count <= 100, isLetter(first) else { return false }
        return bytes.allSatisfy {
            isLetter($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        }
    }

    fileprivate func conditions() -> (sql: [String], values: [SQLValue]) {
        var sql = ["s.parentSpanId IS NULL"]
        var values: [SQLValue] = []
        for (name, value) in equals.sorted(by: { $0.key < $1.key })
        where Self.columns.contains(name) {
            sql.append("s.\"\(name)\" = ?")
            values.append(.text(value))
        }
        for (name, bounds) in [("startedAt", startedAt), ("endedAt", endedAt)] {
            if let start = bounds.start {
                sql.append("s.\(name) \(bounds.excludesStart ? ">" : ">=") ?")
                values.append(.text(start))
            }
            if let end = bounds.end {
                sql.append("s.\(name) \(bounds.excludesEnd ? "<" : "<=") ?")
                values.append(.text(end))
            }
        }
        switch status {
        case .success: sql.append("s.error IS NULL AND s.endedAt IS NOT NULL")
        case .error: sql.append("s.error IS NOT NULL")
        case .running: sql.append("s.error IS NULL AND s.endedAt IS NULL")
        case nil: break
        }
        if let hasChildError {
            sql.append(
                (hasChildError ? "" : "NOT ")
                    + """
                    EXISTS (SELECT 1 FROM gateway_traces t WHERE t.traceId = s.traceId
                      AND t.errors > (s.error IS NOT NULL))
                    """)
        }
        for tag in tags {
            sql.append("EXISTS (SELECT 1 FROM json_each(s.tags) WHERE value = ?)")
            values.append(.text(tag))
        }
        for (name, value) in metadata.sorted(by: { $0.key < $1.key })
        where Self.isMetadataName(name) {
            sql.append("CAST(json_extract(s.metadata, '$.\(name)') AS TEXT) = ?")
            values.append(.text(value))
        }
        return (sql, values)
    }

    fileprivate var orderClause: String {
        let direction = isAscending ? "ASC" : "DESC"
        return " ORDER BY s.\(order.rawValue) \(direction), s.rowid \(direction)"
    }
}

extension StoreReader {
    package struct RootList: Sendable {
        package let total: Int
        /// A JSON array of records, each with its `status`.
        package let spans: [UInt8]
        package let count: Int
    }

    /// Nil where the page has more bytes than an answer may have.
    package func roots(_ filter: RootFilter) throws(SQLiteError) -> RootList? {
        let (conditions, values) = filter.conditions()
        let from = " FROM mastra_ai_spans s" + Self.clause(conditions)
        return try ask { database throws(SQLiteError) -> RootList? in
            let counting = try database.prepare("SELECT count(*)" + from)
            try counting.bind(values)
            let total = try counting.step() ? counting.integer(0) : 0
            counting.reset()
            let rows = try database.prepare(
                "SELECT \(RecordJSON.columns)" + from + filter.orderClause
                    + " LIMIT \(filter.perPage) OFFSET \(filter.page * filter.perPage)")
            try rows.bind(values)
            var writer = JSONWriter(capacity: 64 * 1024)
            var count = 0
            writer.byte(UInt8(ascii: "["))
            while try rows.step() {
                if count > 0 { writer.byte(UInt8(ascii: ",")) }
                count += 1
                RecordJSON.write(rows, to: &writer)
                writer.truncate(to: writer.count - 1)
                writer.literal(",\"status\":")
                writer.string(Self.status(of: rows))
                writer.byte(UInt8(ascii: "}"))
                if writer.count > Self.maxAnswerBytes {
                    rows.reset()
                    return nil
                }
            }
            writer.byte(UInt8(ascii: "]"))
            return RootList(total: total, spans: writer.bytes(from: 0), count: count)
        }
    }

    private static func status(of row: Statement) -> String {
        if !row.isNull(MastraColumn.error.rawValue) { return "error" }
        return row.isNull(MastraColumn.endedAt.rawValue) ? "running" : "success"
    }
}
