package import SendingQueue

/// The directory with the lanes, held by this process alone. The one place that knows how it is laid
/// out: `LOCK`, and for each lane a directory with its segments, its cursor, and the dead letters.
package final class QueueDirectory: Sendable {
    package static let defaultLane = "default"
    private static let lanePrefix = "lane-"
    private static let deadLetters = "deadletter"

    private let root: PosixDirectory
    /// Nil for a look only.
    private let lock: DirectoryLock?

    /// Takes the directory; makes it where it is missing.
    package init(taking path: String) throws(StartError) {
        do throws(StorageError) {
            root = try PosixDirectory(path: path)
        } catch {
            throw Self.refusal(of: path, error)
        }
        if let complaint = root.complaint() {
            throw StartError(description: "queue_directory: \(complaint)", code: .configuration)
        }
        do throws(DirectoryLock.Failure) {
            lock = try DirectoryLock(in: root)
        } catch {
            switch error {
            case .held(let holder):
                throw StartError(
                    description: "queue_directory: \(path) is in use by \(holder)",
                    code: .temporaryFailure)
            case .storage(let error): throw Self.refusal(of: path, error)
            }
        }
    }

    /// Looks at a directory that may be in use.
    package init(reading path: String) throws(StartError) {
        do throws(StorageError) {
            root = try PosixDirectory(existing: path)
            lock = nil
        } catch {
            throw Self.refusal(of: path, error)
        }
    }

    private static func refusal(of path: String, _ error: StorageError) -> StartError {
        StartError(
            description: "queue_directory: \(path) cannot be used: \(error)", code: .configuration)
    }

    package var doubt: String? { root.doubt() }

    /// Names of lanes that are there.
    package func lanes() throws(StorageError) -> [String] {
        try root.names().filter { $0.hasPrefix(Self.lanePrefix) }
            .map { String($0.dropFirst(Self.lanePrefix.count)) }
    }

    /// Of a lane that need not be there.
    package func lane(_ name: String) throws(StorageError) -> PosixDirectory {
        try root.subdirectory(Self.lanePrefix + name, makes: lock != nil)
    }

    /// A lane's log, and that of its dead letters; the latter nil where none are kept, or none there.
    package func logs(
        of lane: String, _ configuration: SegmentLogConfiguration, deadLetterBytes: UInt64
    ) throws(StorageError) -> (SegmentLog, deadLetters: SegmentLog?) {
        let directory = try self.lane(lane)
        var configuration = configuration
        configuration.lane = lane
        let log = try SegmentLog(
            directory, configuration, wallClock: WallClock.milliseconds, isReadOnly: lock == nil)
        let isThere = try directory.names().contains(Self.deadLetters)
        guard lock == nil ? isThere : isThere || deadLetterBytes > 0 else { return (log, nil) }
        configuration.kind = .deadLetters
        // They have a limit of their own, and must not hold up what would give room back.
        configuration.minFree = 0
        configuration.maxBytes = max(deadLetterBytes, 1 << 20)
        let letters = try SegmentLog(
            try directory.subdirectory(Self.deadLetters, makes: lock != nil), configuration,
            wallClock: WallClock.milliseconds, isReadOnly: lock == nil)
        return (log, letters)
    }

    /// Removes a lane with all that is in it. Where it is interrupted, what is left is a lane still.
    package func removeLane(_ name: String) throws(StorageError) {
        let directory = try lane(name)
        if try directory.names().contains(Self.deadLetters) {
            let letters = try directory.subdirectory(Self.deadLetters, makes: false)
            for file in try letters.names() { try letters.remove(file) }
            try directory.removeDirectory(Self.deadLetters)
        }
        for file in try directory.names() { try directory.remove(file) }
        try root.removeDirectory(Self.lanePrefix + name)
        try root.sync()
    }
}
