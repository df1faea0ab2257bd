import CSQLite

/// A connection and the queue on which alone it is used.
///
/// A file has one for writing and one for reading, so that a query does not hold up what comes; a database in memory is seen
/// by its own connection alone, and has one for both.
final class StoreConnection: @unchecked Sendable {
    let queue: SerialQueue
    let location: StoreLocation
    private let isReadOnly: Bool
    // Used on `queue`.
    private var opened: (database: Database, generation: Int)?

    init(_ location: StoreLocation, isReadOnly: Bool, label: String) {
        self.location = location
        self.isReadOnly = isReadOnly
        queue = SerialQueue(label)
    }

    /// - Parameter generation: of the file; a connection to one that was set aside is closed.
    func database(_ generation: Int) throws(SQLiteError) -> (Database, isNew: Bool) {
        if let opened, opened.generation == generation { return (opened.database, false) }
        opened = nil
        let database: Database
        switch location {
        case .memory:
            database = try Database(path: ":memory:")
            try Self.prepare(database, synchronous: "OFF")
        case .file(let path):
            database = try Database(path: path, isReadOnly: isReadOnly)
            if !isReadOnly { try Self.prepare(database, synchronous: "FULL") }
        }
        opened = (database, generation)
        return (database, true)
    }

    /// With the last connection, what SQLite keeps beside the file goes into it.
    func close() {
        opened = nil
    }

    private static func prepare(
        _ database: Database, synchronous: String
    ) throws(SQLiteError) {
        let found = try database.integer("PRAGMA user_version")
        guard found == 0 || found == StoreSchema.version else {
            throw SQLiteError(
                code: SQLITE_ERROR,
                message:
                    "the file is of another version of the gateway, or of another program (layout \(found), not \(StoreSchema.version)); name another one"
            )
        }
        try database.execute(StoreSchema.fileSettings)
        // Readers and a writer beside each other, here and in other programs.
        _ = try database.integer("PRAGMA journal_mode = WAL")
        try database.execute("PRAGMA synchronous = \(synchronous)")
        try database.execute("PRAGMA journal_size_limit = 16777216")
        try database.execute("PRAGMA cache_size = -8192")
        try database.transaction { () throws(SQLiteError) in
            for statement in StoreSchema.statements { try database.execute(statement) }
        }
    }
}
