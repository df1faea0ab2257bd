/// What the file holds: Mastra's own table of spans, and beside it what the viewer's lists are made of.
///
/// The tables of ours are told apart by `gateway_` before their names. All of them can be made anew from Mastra's but for the
/// state of delivery, which nothing else knows.
enum StoreSchema {
    /// Counts the layouts of our tables; stands in `PRAGMA user_version`.
    static let version = 1

    private static var mastraTable: String {
        // MASTRA-CONTRACT 6.2.
        let columns = MastraColumn.allCases.map { column in
            let type = column == .isEvent ? "INTEGER" : "TEXT"
            return "\"\(column.name)\" \(type)" + (column.isRequired ? " NOT NULL" : "")
        }
        return "CREATE TABLE IF NOT EXISTS mastra_ai_spans ("
            + columns.joined(separator: ", ") + ")"
    }

    /// Settings of the file itself, which count before its first table alone: large pages cost a third of the CPU of
    /// small ones (docs/decisions/0023), and what is pruned goes back to the file system.
    static let fileSettings = "PRAGMA page_size = 16384; PRAGMA auto_vacuum = INCREMENTAL"

    static var statements: [String] {
        [
            mastraTable,
            // Mastra looks for it by this name. Its own table has the same as a constraint once more, which would be a
            // second index of the same bytes. The trace comes first here: ids are random, and the spans of a trace then
            // change one page of the index and not one each, whose every change is written twice.
            """
            CREATE UNIQUE INDEX IF NOT EXISTS "mastra_ai_spans_spanid_traceid_idx"
            ON "mastra_ai_spans" ("traceId", "spanId")
            """,
            """
            CREATE INDEX IF NOT EXISTS gateway_roots_by_start ON mastra_ai_spans (startedAt DESC)
            WHERE parentSpanId IS NULL
            """,
            // Times are nanoseconds since 1970. `leader` is the rank of the span that stands for the trace.
            """
            CREATE TABLE IF NOT EXISTS gateway_traces (
              id INTEGER PRIMARY KEY, traceId TEXT NOT NULL UNIQUE,
              name TEXT NOT NULL, service TEXT, type TEXT NOT NULL, entity TEXT, thread TEXT,
              model TEXT, leaderStart INTEGER NOT NULL,
              start INTEGER NOT NULL, end INTEGER NOT NULL, spans INTEGER NOT NULL,
              errors INTEGER NOT NULL, roots INTEGER NOT NULL,
              inputTokens INTEGER, outputTokens INTEGER, cost REAL,
              preview TEXT, previewRank INTEGER NOT NULL, previewStart INTEGER NOT NULL,
              local INTEGER NOT NULL, queued INTEGER NOT NULL, sent INTEGER NOT NULL,
              refused INTEGER NOT NULL, written INTEGER NOT NULL
            )
            """,
            // With the name, which is looked through without reading the rows.
            "CREATE INDEX IF NOT EXISTS gateway_traces_by_start ON gateway_traces (start, name)",
            """
            CREATE INDEX IF NOT EXISTS gateway_traces_by_service
            ON gateway_traces (service, start)
            """,
            """
            CREATE INDEX IF NOT EXISTS gateway_traces_with_errors ON gateway_traces (start)
            WHERE errors > 0
            """,
            """
            CREATE INDEX IF NOT EXISTS gateway_traces_by_thread ON gateway_traces (thread, start)
            WHERE thread IS NOT NULL
            """,
            "CREATE INDEX IF NOT EXISTS gateway_traces_by_type ON gateway_traces (type, start)",
            "CREATE INDEX IF NOT EXISTS gateway_traces_by_age ON gateway_traces (written)",
            // Narrow rows, so that a trace of many spans is read without their contents. `span` and `parent` are the ids'
            // 64 bits.
            """
            CREATE TABLE IF NOT EXISTS gateway_spans (
              id INTEGER PRIMARY KEY, trace INTEGER NOT NULL,
              span INTEGER NOT NULL, parent INTEGER, name TEXT NOT NULL, type TEXT NOT NULL,
              start INTEGER NOT NULL, duration INTEGER, isEvent INTEGER NOT NULL,
              isError INTEGER NOT NULL, service TEXT, entity TEXT, thread TEXT, model TEXT,
              inputTokens INTEGER, outputTokens INTEGER, cost REAL,
              delivery INTEGER NOT NULL, reason TEXT
            )
            """,
            """
            CREATE UNIQUE INDEX IF NOT EXISTS gateway_spans_by_trace
            ON gateway_spans (trace, span)
            """,
            """
            CREATE INDEX IF NOT EXISTS gateway_spans_by_use ON gateway_spans (type, start)
            WHERE type IN ('model_generation', 'agent_run')
            """,
            // Which spans have a word, and no more: neither positions nor the text itself, which Mastra's table has.
            """
            CREATE VIRTUAL TABLE IF NOT EXISTS gateway_text USING fts5 (
              text, content = '', detail = none, columnsize = 0,
              tokenize = 'unicode61 remove_diacritics 2'
            )
            """,
            """
            CREATE TABLE IF NOT EXISTS gateway_facets (
              kind TEXT NOT NULL, value TEXT NOT NULL, seen INTEGER NOT NULL,
              PRIMARY KEY (kind, value)
            ) WITHOUT ROWID
            """,
            "PRAGMA user_version = \(version)",
        ]
    }
}
