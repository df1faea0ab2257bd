import LocalStore
import Logging
import Synchronization
import Viewer

/// The local store, and what hangs on it.
final class LocalParts: Sendable {
    let store: LocalStore
    let events = EventHub()
    /// Notes of what has become of spans, that were left out because too many waited.
    private let lostNotes = Atomic<UInt64>(0)
    private let waitingNotes = Atomic<Int>(0)
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
            let limits = StoreLimits(
                maxBytes: configuration.localStoreBytes(inMemory: location == .memory),
                maxAge: configuration.localStoreMaxAge)
            let store = try await LocalStore(
                location, limits: limits, clock: { Int(WallClock.milliseconds()) },
                onNotice: { [logger] in logger.error("\($0)") })
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
        store.onChange { [events] in events.announce($0) }
    }

    var path: String {
        switch store.location {
        case .file(let path): path
        case .memory: "memory"
        }
    }

    /// What waited in the memory of a process that is gone.
    func forgetQueued() {
        note { try await $0.forgetQueued() }
    }

    var lostNoteCount: UInt64 { lostNotes.load(ordering: .relaxed) }

    func everySecond() {
        events.everySecond()
        guard seconds.add(1, ordering: .relaxed).newValue % 60 == 0 else { return }
        Task { [store] in await store.writer.everyMinute() }
    }

    /// Bodies that may wait to be noted: they hold memory.
    private static let maxWaitingNotes = 32

    /// Runs in the background; nothing waits for it.
    func note(_ note: @escaping @Sendable (StoreWriter) async throws -> Void) {
        guard waitingNotes.add(1, ordering: .relaxed).newValue <= Self.maxWaitingNotes else {
            waitingNotes.subtract(1, ordering: .relaxed)
            lostNotes.add(1, ordering: .relaxed)
            return
        }
        Task { [store] in
            do {
                try await note(store.writer)
            } catch {
                lostNotes.add(1, ordering: .relaxed)
            }
            waitingNotes.subtract(1, ordering: .relaxed)
        }
    }
}
