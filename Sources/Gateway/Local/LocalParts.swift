import LocalStore
import Logging
import MastraRecords
import Synchronization
import Viewer

/// The local store, and what hangs on it.
final class LocalParts: Sendable {
    let store: LocalStore
    let events = EventHub()
    private let notes: AsyncStream<Note>
    private let noting: AsyncStream<Note>.Continuation
    private let lostNotes = Atomic<UInt64>(0)
    private let waitingBytes = Atomic<Int>(0)
    private let missed = Atomic<UInt64>(0)
    private let writing = Mutex<Task<Void, Never>?>(nil)
    private let seconds = Atomic<Int>(0)
    private let logger: Logger

    /// Opens the store; nil where none is configured. One that is on by itself goes on in memory where there is no place for
    /// its file, and says so.
    static func open(
        _ configuration: GatewayConfiguration, environment: [String: String], logger: Logger
    ) async throws(StartError) -> LocalParts? {
        guard configuration.hasLocalStore else { return nil }
        var logger = logger
        logger[metadataKey: "component"] = "local_store"
        func make(_ location: StoreLocation) async throws(StoreError) -> LocalParts {
            let isFallback = location == .memory && configuration.localStore == nil
            let limits = StoreLimits(
                maxBytes: isFallback
                    ? configuration.fallbackStoreBytes
                    : configuration.localStoreBytes(inMemory: location == .memory),
                maxAge: configuration.localStoreMaxAge)
            let store = try await LocalStore(
                location, limits: limits, clock: { Int(WallClock.milliseconds()) },
                onNotice: { [logger] in
                    logger.error("The local store was begun anew", metadata: ["cause": "\($0)"])
                })
            if configuration.queueDirectory == nil {
                // What waited in the memory of a process that is gone. Where it fails, the next write tells why.
                try? await store.writer.forgetQueued()
            }
            return LocalParts(store, logger)
        }
        do throws(StoreError) {
            switch configuration.localStore {
            case .file(let path): return try await make(.file(path))
            case .memory: return try await make(.memory)
            case .off: return nil
            case nil: break
            }
        } catch {
            throw StartError(description: "local_store: \(error)")
        }
        var reason = "the environment names no directory for it"
        if let directory = StateDirectory.path(environment) {
            do throws(StoreError) {
                return try await make(.file(directory + "/mastra.db"))
            } catch {
                reason = error.description
            }
        }
        logger.warning(
            "Traces are kept in memory, and are gone with the process; local_store names a file",
            metadata: ["cause": "\(reason)"])
        do throws(StoreError) {
            return try await make(.memory)
        } catch {
            throw StartError(description: "local_store: \(error)")
        }
    }

    private init(_ store: LocalStore, _ logger: Logger) {
        self.store = store
        self.logger = logger
        (notes, noting) = AsyncStream.makeStream(
            bufferingPolicy: .bufferingOldest(Self.maxNotes))
        store.onChange { [events] in events.announce($0) }
        startWriting()
    }

    var path: String {
        switch store.location {
        case .file(let path): path
        case .memory: "memory"
        }
    }

    var lostNoteCount: UInt64 { lostNotes.load(ordering: .relaxed) }

    func everySecond() {
        events.everySecond()
        guard seconds.add(1, ordering: .relaxed).newValue % 60 == 0 else { return }
        Task { [store] in await store.writer.everyMinute() }
    }

    /// Of batches that wait for their notes to be written.
    static let maxNoteBytes = 16 << 20
    /// One batch may be larger than all of them are to be.
    private static let maxNotes = 1024

    typealias Note = @Sendable (StoreWriter) async throws -> Void

    /// Written in the background and in order; nothing waits for it. One too many is left out, and counted.
    func note(_ body: ByteBlock, _ note: @escaping Note) {
        let waiting = waitingBytes.add(body.count, ordering: .relaxed).oldValue
        let write: Note = { [self] writer in
            defer { waitingBytes.subtract(body.count, ordering: .relaxed) }
            try await note(writer)
        }
        if waiting < Self.maxNoteBytes, case .enqueued = noting.yield(write) { return }
        waitingBytes.subtract(body.count, ordering: .relaxed)
        lostNotes.add(1, ordering: .relaxed)
    }

    /// Spans that have gone another way and are not in the store.
    func miss(_ spans: UInt64) { missed.add(spans, ordering: .relaxed) }

    var missedSpans: UInt64 { missed.load(ordering: .relaxed) }

    private func startWriting() {
        let task = Task { [notes, store] in
            for await note in notes {
                do {
                    try await note(store.writer)
                } catch {
                    lostNotes.add(1, ordering: .relaxed)
                }
            }
        }
        writing.withLock { $0 = task }
    }

    /// Writes what has been noted, and leaves a file that is whole by itself. Nothing comes behind it.
    func close() async {
        events.stop()
        noting.finish()
        await writing.withLock { $0 }?.value
        await store.close()
    }
}
