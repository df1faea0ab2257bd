package import SendingQueue

/// Puts dead letters back into their lane, to be sent once more.
package struct QueueReplay {
    private let directory: QueueDirectory

    /// Takes the directory: no gateway may run on it.
    package init(at path: String) throws(StartError) {
        directory = try QueueDirectory(taking: path)
    }

    /// - Parameters:
    ///   - reason: nil for all of them.
    ///   - progress: called with the spans that were put back so far.
    /// - Returns: the spans that were put back.
    package func run(
        _ lane: String, reason: DropReason?, progress: (UInt64) -> Void
    ) throws -> UInt64 {
        guard try directory.lanes().contains(lane) else {
            throw StartError(description: "there is no lane \(lane)", code: .configuration)
        }
        var configuration = SegmentLogConfiguration()
        // What is there may come back whatever the limits were: nothing new comes in.
        configuration.maxBytes = 1 << 50
        configuration.minFree = 0
        let (log, letters) = try directory.logs(of: lane, configuration, deadLetterBytes: 0)
        guard let letters else { return 0 }
        defer {
            log.close()
            letters.close()
        }
        var spans: UInt64 = 0
        while true {
            let found = try letters.read(maxBytes: 1 << 20, maxRecords: 512)
            guard !found.records.isEmpty || found.corrupt.records > 0 else { return spans }
            let chosen = found.records.compactMap { record -> (UInt64, QueuedRequest)? in
                guard let letter = DeadLetter(record.payload),
                    reason == nil || letter.reason == reason
                else { return nil }
                return (
                    record.sequence,
                    QueuedRequest(
                        body: letter.request, spanCount: record.spanCount,
                        receivedAt: record.receivedAt)
                )
            }
            guard !chosen.isEmpty else { continue }
            _ = try log.append(chosen.map(\.1), isBehindReader: false)
            // Durable there before it is done here: twice rather than never.
            for (sequence, _) in chosen { letters.finish(sequence) }
            try letters.writeCursor()
            spans += chosen.reduce(0) { $0 + UInt64($1.1.spanCount) }
            progress(spans)
        }
    }
}
