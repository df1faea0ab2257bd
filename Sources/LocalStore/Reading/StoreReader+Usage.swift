/// Calls, tokens and latency over time.
package struct UsageReport: Sendable {
    package enum Dimension: String, CaseIterable, Sendable {
        case model, service, agent
    }

    package struct Sums: Sendable {
        package internal(set) var calls = 0
        package internal(set) var errors = 0
        package internal(set) var inputTokens = 0
        package internal(set) var outputTokens = 0
        package internal(set) var cost: Double?
        /// Nanoseconds, sorted once all are there.
        var durations: [Int] = []

        /// The duration that so much of the calls did not exceed (nearest rank); nil where none has ended.
        package func percentile(_ percent: Int) -> Int? {
            guard !durations.isEmpty else { return nil }
            let rank = (durations.count * percent + 99) / 100
            return durations[max(1, rank) - 1]
        }
    }

    package struct Series: Sendable {
        package let key: String
        package internal(set) var total = Sums()
        /// By where they begin, in nanoseconds since 1970.
        package internal(set) var buckets: [(at: Int, sums: Sums)] = []
    }

    package internal(set) var series: [Series] = []
    /// Nanoseconds.
    package let bucket: Int
    package internal(set) var scanned = 0
    package internal(set) var isComplete = true
}

extension StoreReader {
    /// Of a range with more spans the newest so many are looked at.
    package static let maxUsageSpans = 100_000
    /// The series with the most calls.
    private static let maxSeries = 50

    /// - Parameters:
    ///   - from: nanoseconds since 1970, as `to`.
    ///   - dimension: of model and service model calls are counted, of agents their runs.
    package func usage(
        from: Int, to: Int, by dimension: UsageReport.Dimension
    ) throws(SQLiteError) -> UsageReport {
        let column =
            switch dimension {
            case .model: "model"
            case .service: "service"
            case .agent: "entity"
            }
        var report = UsageReport(bucket: Self.bucket(to - from))
        var known: [String: [Int: UsageReport.Sums]] = [:]
        var totals: [String: UsageReport.Sums] = [:]
        try ask { database throws(SQLiteError) in
            let rows = try database.prepare(
                """
                SELECT \(column), start, duration, isError, inputTokens, outputTokens, cost
                FROM gateway_spans
                WHERE type = '\(dimension == .agent ? "agent_run" : "model_generation")'
                  AND start BETWEEN ? AND ? ORDER BY start DESC LIMIT \(Self.maxUsageSpans + 1)
                """)
            try rows.bind(1, from)
            try rows.bind(2, to)
            while try rows.step() {
                if report.scanned == Self.maxUsageSpans {
                    report.isComplete = false
                    rows.reset()
                    break
                }
                report.scanned += 1
                let key = rows.textOrNil(0) ?? ""
                let at = rows.integer(1) / report.bucket * report.bucket
                Self.count(rows, in: &known[key, default: [:]][at, default: .init()])
                Self.count(rows, in: &totals[key, default: .init()])
            }
        }
        let keys = totals.sorted { ($0.value.calls, $1.key) > ($1.value.calls, $0.key) }
        report.series = keys.prefix(Self.maxSeries).map { key, total in
            var series = UsageReport.Series(key: key)
            series.total = total.sorted
            series.buckets = known[key, default: [:]].sorted { $0.key < $1.key }.map {
                ($0.key, $0.value.sorted)
            }
            return series
        }
        return report
    }

    private static func count(_ row: Statement, in sums: inout UsageReport.Sums) {
        sums.calls += 1
        sums.errors += row.integer(3)
        sums.inputTokens = sums.inputTokens.addingClamped(row.integer(4))
        sums.outputTokens = sums.outputTokens.addingClamped(row.integer(5))
        if let cost = row.realOrNil(6) { sums.cost = (sums.cost ?? 0) + cost }
        if let duration = row.integerOrNil(2) { sums.durations.append(duration) }
    }

    /// A length that people know, of which at most 60 make the range.
    private static func bucket(_ range: Int) -> Int {
        let minute = 60_000_000_000
        let lengths = [1, 5, 15, 60, 180, 360, 720, 1440, 10_080].map { $0 * minute }
        return lengths.first { range / $0 <= 60 } ?? lengths[lengths.count - 1]
    }
}

extension UsageReport.Sums {
    fileprivate var sorted: Self {
        var sums = self
        sums.durations.sort()
        return sums
    }
}
