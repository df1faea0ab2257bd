/// Where spans are kept for the viewer, as it is configured.
package enum LocalStoreSetting: Hashable, Sendable {
    case off
    case memory
    /// Absolute.
    case file(String)
}

extension GatewayConfiguration {
    /// Whether spans are kept for the viewer: unless it is said otherwise, where they go nowhere else.
    package var hasLocalStore: Bool {
        switch localStore {
        case .off: false
        case .memory, .file: true
        case nil: routes.allSatisfy { $0.accessToken == nil }
        }
    }

    /// Bytes of a store that is in memory, and of what reading and writing needs beside it.
    var localStoreMemory: Int {
        guard hasLocalStore else { return 0 }
        let kept =
            switch localStore {
            case .memory: localStoreBytes(inMemory: true)
            // It may have to do without a file.
            case nil: fallbackStoreBytes
            case .file, .off: 0
            }
        return kept + Self.storeOverhead + copyBytes + (copyBytes > 0 ? LocalParts.maxNoteBytes : 0)
    }

    /// Page caches of both connections, a transaction, and large answers while they are made.
    private static let storeOverhead = 64 << 20

    /// Of a store that is in memory because there was no place for its file.
    var fallbackStoreBytes: Int { min(localStoreMaxBytes ?? .max, 32 << 20) }

    func localStoreBytes(inMemory: Bool) -> Int {
        localStoreMaxBytes ?? (inMemory ? 64 << 20 : 1 << 30)
    }

    /// Requests on their way into the store that go to the cloud as well, of all routes together.
    var copyBytes: Int { routes.contains { $0.accessToken != nil } ? 16 << 20 : 0 }
}

/// Where a program of this user keeps what it may lose and would rather not (XDG base directories; of a service what
/// systemd has made for it).
enum StateDirectory {
    /// Nil where the environment names none, as in a container without a home.
    static func path(_ environment: [String: String]) -> String? {
        func directory(_ name: String) -> String? {
            environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil }
        }
        if let made = directory("STATE_DIRECTORY") {
            return made.split(separator: ":").first.map(String.init)
        }
        if let state = directory("XDG_STATE_HOME") { return state + "/mastra-gateway" }
        return directory("HOME").map { $0 + "/.local/state/mastra-gateway" }
    }
}
