package import MastraRecords
import Synchronization

/// Writes spans, notes what has become of them, and prunes. All of it on one thread of its own.
package actor StoreWriter {
    private let connection: StoreConnection
    private let limits: StoreLimits
    private let shared: SharedState
    /// Milliseconds since 1970.
    private let clock: @Sendable () -> Int
    private var statements: WriterStatements?
    /// When each value was last written down.
    private var knownFacets: [Facet: Int] = [:]
    /// When the last trace that was pruned had got its last span.
    private var prunedUpTo = 0
    private var isClosed = false

    init(
        _ connection: StoreConnection, limits: StoreLimits, shared: SharedState,
        clock: @escaping @Sendable () -> Int
    ) {
        self.connection = connection
        self.limits = limits
        self.shared = shared
        self.clock = clock
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe connection.queue.asUnownedSerialExecutor()
    }

    /// Opens the file, sets it aside where it is damaged, and counts what is there.
    func open() throws(StoreError) {
        do throws(SQLiteError) {
            try connect()
        } catch {
            guard error.isDamage, connection.location != .memory else {
                throw StoreError("the local store cannot be opened: \(error)")
            }
            try setAside(because: error)
            do throws(SQLiteError) {
                try connect()
            } catch {
                throw StoreError("the local store cannot be made anew: \(error)")
            }
        }
    }

    private func connect() throws(SQLiteError) {
        let (database, isNew) = try connection.database(shared.generation)
        guard isNew || statements == nil else { return }
        statements = try WriterStatements(database)
        knownFacets = [:]
        let spans = try database.integer("SELECT count(*) FROM gateway_spans")
        let traces = try database.integer("SELECT count(*) FROM gateway_traces")
        let bytes = try usedBytes(database)
        shared.update { figures in
            figures.spans = spans
            figures.traces = traces
            figures.bytes = bytes
        }
    }

    /// Ends its work: what comes later is refused.
    func close() {
        isClosed = true
        statements = nil
        connection.close()
    }

    private func setAside(because error: SQLiteError) throws(StoreError) {
        statements = nil
        connection.close()
        let kept = try connection.location.setAside(stamp: clock())
        try connection.location.prepare()
        shared.beginAnew(
            notice:
                "The file of the local store was damaged (\(error)). It was set aside as \(kept), and a new one was begun."
        )
    }

    /// Somebody could not read the file with this number; the next question finds a new one.
    func noteDamage(_ error: SQLiteError, of generation: Int) {
        guard generation == shared.generation, connection.location != .memory else { return }
        // What else is wrong is met, and told, by the next write.
        try? setAside(because: error)
        try? connect()
    }

    /// Runs `body` in one transaction. A file that turns out to be damaged is set aside, and the body runs once more.
    private func transaction<Answer>(
        _ body: (Database, WriterStatements) throws(SQLiteError) -> Answer
    ) throws(StoreWriteError) -> Answer {
        guard !isClosed else { throw StoreWriteError(description: "the gateway is stopping") }
        for isLastTry in [false, true] {
            do throws(SQLiteError) {
                try connect()
                guard let statements else { continue }
                let (database, _) = try connection.database(shared.generation)
                return try database.transaction { () throws(SQLiteError) in
                    try body(database, statements)
                }
            } catch {
                // A statement that has failed halfway would begin there the next time.
                statements = nil
                guard error.isDamage, !isLastTry, connection.location != .memory else {
                    throw StoreWriteError(description: error.description)
                }
                do throws(StoreError) {
                    try setAside(because: error)
                } catch {
                    throw StoreWriteError(description: error.description)
                }
            }
        }
        throw StoreWriteError(description: "the local store cannot be opened")
    }
}

/// Spans could not be written; all of them may be tried again.
package struct StoreWriteError: Error, Hashable, CustomStringConvertible {
    package let description: String
}

// MARK: - Writing

extension StoreWriter {
    /// Writes the records of a body in one transaction; those that are there already are replaced.
    ///
    /// - Parameter records: that the body has; what cannot be read of them is counted.
    package func write(
        _ body: ByteBlock, records: Int, as delivery: Delivery
    ) async throws(StoreWriteError) {
        try await take(body, records: records, .store(delivery))
    }

    /// Notes what has become of the records of a body. One that is not there is written as well.
    package func note(
        _ body: ByteBlock, as delivery: Delivery, reason: String? = nil
    ) async throws(StoreWriteError) {
        try await take(body, records: nil, .note(delivery, reason: reason))
    }

    private func take(
        _ body: ByteBlock, records: Int?, _ purpose: StoreTransaction.Purpose
    ) async throws(StoreWriteError) {
        let now = clock()
        let prunedUpTo = prunedUpTo
        var unusable = 0
        let done = try transaction {
            (database, statements) throws(SQLiteError) -> (StoreTransaction, Int) in
            var work = try StoreTransaction(
                statements, purpose, at: now, prunedUpTo: prunedUpTo)
            unusable = 0
            // The block outlives the call.
            try unsafe body.withUnsafeBytes { raw throws(SQLiteError) in
                let bytes = unsafe raw.bindMemory(to: UInt8.self).span
                let ranges = RecordList.ranges(in: bytes)
                unusable += max(0, (records ?? 0) - ranges.count)
                for range in ranges
                where try unsafe !work.take(range, of: bytes, raw) {
                    unusable += 1
                }
            }
            try work.finish()
            try put(work.facets, statements, at: now)
            return (work, try usedBytes(database))
        }
        let (work, bytes) = done
        shared.update { figures in
            figures.spans += work.addedSpans
            figures.traces += work.addedTraces
            figures.written += UInt64(work.addedSpans)
            figures.unusable += UInt64(unusable)
            figures.bytes = bytes
        }
        shared.announce(work.changedTraces)
        await prune(atMost: 4 * work.addedSpans + Self.pruneStep)
    }

    /// Of each kind.
    private static let maxFacets = 200
    /// Once an hour is enough to know that somebody still uses a value.
    private static let facetInterval = 3_600_000

    private func put(
        _ facets: Set<Facet>, _ statements: WriterStatements, at now: Int
    ) throws(SQLiteError) {
        for facet in facets {
            if let known = knownFacets[facet] {
                if now - known < Self.facetInterval { continue }
            } else if knownFacets.keys.count(where: { $0.kind == facet.kind }) >= Self.maxFacets {
                continue
            }
            try statements.putFacet.bind(1, facet.kind.rawValue)
            try statements.putFacet.bind(2, facet.value)
            try statements.putFacet.bind(3, now)
            try statements.putFacet.run()
            knownFacets[facet] = now
        }
    }

    /// Spans without news of them belong to a queue that is gone with the process that held it.
    package func forgetQueued() throws(StoreWriteError) {
        try transaction { (database, _) throws(SQLiteError) in
            guard
                try database.integer(
                    "SELECT EXISTS (SELECT 1 FROM gateway_traces WHERE queued > 0)") == 1
            else { return }
            try database.execute(
                """
                UPDATE gateway_spans SET delivery = \(Delivery.refused.rawValue),
                  reason = 'the gateway ended before it was sent'
                WHERE delivery = \(Delivery.queued.rawValue)
                  AND trace IN (SELECT id FROM gateway_traces WHERE queued > 0);
                UPDATE gateway_traces SET refused = refused + queued, queued = 0 WHERE queued > 0
                """)
        }
    }
}

// MARK: - Retention

extension StoreWriter {
    /// Spans that one transaction removes, so that what comes meanwhile waits for milliseconds.
    private static let pruneStep = 500

    /// Removes the oldest traces while there is more than is to be kept, at most so many spans; between steps others have
    /// their turn.
    package func prune(atMost spans: Int = 10_000) async {
        var left = spans
        while left > 0 {
            do throws(StoreWriteError) {
                let removed = try pruneOnce()
                guard removed > 0 else { return }
                left -= removed
            } catch {
                shared.update { $0.failedPrunes += 1 }
                return
            }
            await Task.yield()
        }
    }

    /// Called now and then: traces grow old where nothing comes.
    package func everyMinute() async {
        await prune()
        let cutoff = limits.maxAge.map { clock() - $0.milliseconds } ?? 0
        knownFacets = knownFacets.filter { $0.value >= cutoff }
        try? transaction { (database, _) throws(SQLiteError) in
            try database.execute("DELETE FROM gateway_facets WHERE seen < \(cutoff)")
            for kind in Facet.Kind.allCases {
                try database.execute(
                    """
                    DELETE FROM gateway_facets WHERE kind = '\(kind.rawValue)' AND value NOT IN (
                      SELECT value FROM gateway_facets WHERE kind = '\(kind.rawValue)'
                      ORDER BY seen DESC LIMIT \(Self.maxFacets))
                    """)
            }
        }
    }

    private func pruneOnce() throws(StoreWriteError) -> Int {
        let now = clock()
        let cutoff = limits.maxAge.map { now - $0.milliseconds }
        let maxBytes = limits.maxBytes
        let (spans, traces, upTo, bytes) = try transaction {
            (database, statements) throws(SQLiteError) -> (Int, Int, Int, Int) in
            let isOver = try usedBytes(database) > maxBytes
            var spans = 0
            var traces = 0
            var upTo = 0
            while spans < Self.pruneStep {
                let oldest = statements.oldestTrace
                defer { oldest.reset() }
                guard try oldest.step() else { break }
                let written = oldest.integer(2)
                let isOld = cutoff.map { written < $0 } ?? false
                // One that has been begun is ended, so that no part of it stays.
                guard isOver || isOld || written == 0 else { break }
                let trace = (id: oldest.integer(0), traceID: oldest.text(1))
                upTo = max(upTo, written)
                oldest.reset()
                let removed = try Self.removeSpans(
                    of: trace, atMost: Self.pruneStep - spans, statements)
                spans += removed.count
                guard removed.isAll else {
                    try statements.keepPruning.bind(1, trace.id)
                    try statements.keepPruning.run()
                    break
                }
                try statements.deleteTrace.bind(1, trace.id)
                try statements.deleteTrace.run()
                traces += 1
            }
            return (spans + traces, traces, upTo, try usedBytes(database))
        }
        guard spans > 0 else { return 0 }
        prunedUpTo = max(prunedUpTo, upTo)
        shared.update { figures in
            figures.spans -= spans - traces
            figures.traces -= traces
            figures.pruned += UInt64(spans - traces)
            figures.bytes = bytes
        }
        if connection.location != .memory,
            let (database, _) = try? connection.database(shared.generation)
        {
            try? database.execute("PRAGMA incremental_vacuum(256)")
        }
        return spans
    }

    private static func removeSpans(
        of trace: (id: Int, traceID: String), atMost limit: Int, _ statements: WriterStatements
    ) throws(SQLiteError) -> (count: Int, isAll: Bool) {
        var spans: [(id: Int, spanID: String)] = []
        let some = statements.someSpans
        try some.bind(1, trace.id)
        try some.bind(2, limit + 1)
        while try some.step() { spans.append((some.integer(0), SpanID.hex(some.integer(1)))) }
        for span in spans.prefix(limit) {
            try statements.forgetText(of: span.id, spanID: span.spanID, trace.traceID)
            try statements.deleteRecord.bind(1, span.spanID)
            try statements.deleteRecord.bind(2, trace.traceID)
            try statements.deleteRecord.run()
            try statements.deleteSpan.bind(1, span.id)
            try statements.deleteSpan.run()
        }
        return (min(spans.count, limit), spans.count <= limit)
    }

    private func usedBytes(_ database: Database) throws(SQLiteError) -> Int {
        let pages = try database.integer("PRAGMA page_count")
        let free = try database.integer("PRAGMA freelist_count")
        return (pages - free) * (try database.integer("PRAGMA page_size"))
    }
}

extension Duration {
    var milliseconds: Int { Int(self / .milliseconds(1)) }
}
