package import SendingQueue

/// What a queue directory holds, looked at from beside a gateway that may be running: nothing is
/// changed, and what it changes meanwhile may or may not be seen.
package struct QueueReport {
    package struct Lane {
        package let name: String
        package let waiting: Amount
        package let figures: LogFigures
        /// Of the oldest request that waits, milliseconds since 1970.
        package let oldest: UInt64?
        package let deadLetters: Amount
    }

    /// A request or a dead letter.
    package struct Entry {
        package let record: StoredRecord
        /// Nil for a request.
        package let letter: DeadLetter?

        /// An `ExportTraceServiceRequest`.
        package var request: [UInt8] { letter?.request ?? record.payload }
    }

    private let directory: QueueDirectory

    package init(of path: String) throws(StartError) {
        directory = try QueueDirectory(reading: path)
    }

    package func lanes(where isWanted: (String) -> Bool = { _ in true }) throws -> [Lane] {
        try directory.lanes().filter(isWanted).map { name in
            let (log, letters) = try logs(of: name)
            let waiting = log.unread
            let first = try log.read(maxBytes: 1, maxRecords: 1).records.first
            return Lane(
                name: name, waiting: waiting, figures: log.figures, oldest: first?.receivedAt,
                deadLetters: letters?.unread ?? Amount())
        }
    }

    private func logs(of lane: String) throws -> (SegmentLog, deadLetters: SegmentLog?) {
        guard try directory.lanes().contains(lane) else {
            throw StartError(description: "there is no lane \(lane)", code: .configuration)
        }
        return try directory.logs(of: lane, SegmentLogConfiguration(), deadLetterBytes: 0)
    }

    /// Calls `body` with each entry, oldest first, until it answers false.
    package func forEach(
        in lane: String, deadLetters: Bool, _ body: (Entry) throws -> Bool
    ) throws {
        let (requests, letters) = try logs(of: lane)
        guard let log = deadLetters ? letters : requests else { return }
        while true {
            let records = try log.read(maxBytes: 1 << 20, maxRecords: 512)
            guard !records.records.isEmpty || records.corrupt.records > 0 else { return }
            for record in records.records {
                let letter = deadLetters ? DeadLetter(record.payload) : nil
                guard try body(Entry(record: record, letter: letter)) else { return }
            }
        }
    }

    /// Reads all that waits, and says what is damaged.
    ///
    /// - Parameter progress: called with the bytes that were read, and those that there are.
    package func verify(
        _ lane: String, progress: (_ done: UInt64, _ all: UInt64) -> Void
    ) throws -> Verification {
        let (requests, letters) = try logs(of: lane)
        var verification = Verification()
        let logs = [requests, letters].compactMap { $0 }
        let all = logs.reduce(0) { $0 + $1.unread.bytes }
        var done: UInt64 = 0
        for log in logs {
            while true {
                let found = try log.read(maxBytes: 4 << 20, maxRecords: 4096)
                guard !found.records.isEmpty || found.corrupt.records > 0 else { break }
                for record in found.records {
                    verification.records += 1
                    verification.spans += UInt64(record.spanCount)
                    done += UInt64(record.payload.count)
                }
                verification.lostSpans += found.corrupt.spans
                progress(done, all)
            }
            verification.note(log.figures)
        }
        return verification
    }

    package struct Verification {
        /// That can be read.
        package var records: UInt64 = 0
        package var spans: UInt64 = 0
        /// Of requests that cannot, as far as it is known.
        package var lostSpans: UInt64 = 0
        /// By a word for each kind.
        package var damage: [(kind: String, count: UInt64)] = []

        mutating func note(_ figures: LogFigures) {
            damage += [
                ("corrupt records", figures.corruptRecords),
                ("bad segments", figures.badSegments),
                ("missing records", figures.missingRecords),
                ("unreadable cursors", figures.cursorResets),
                ("segments of a later version", UInt64(figures.foreignFiles)),
            ].filter { $0.1 > 0 }
        }
    }
}
