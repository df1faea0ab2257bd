import CSQLite
import Glibc

/// One connection to a SQLite file, or to a database in memory. It belongs to one actor.
///
/// This and `Statement` are all that touches SQLite's own functions.
@safe final class Database {
    /// Open until `deinit`.
    private let handle: OpaquePointer
    /// When a query that is under way ends unfinished.
    private var deadline: ContinuousClock.Instant?

    /// - Parameter path: of a file that is made where it is missing, or `:memory:`.
    init(path: String, isReadOnly: Bool = false) throws(SQLiteError) {
        var opened: OpaquePointer?
        let access = isReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        // SQLite makes a connection even where it fails, so that its message can be read.
        let code = unsafe sqlite3_open_v2(
            path, &opened, access | SQLITE_OPEN_NOMUTEX, nil)
        guard let made = unsafe opened else {
            throw SQLiteError(code: SQLITE_NOMEM, message: "out of memory")
        }
        guard code == SQLITE_OK else {
            let error = unsafe Self.error(code, of: made)
            unsafe sqlite3_close_v2(made)
            throw error
        }
        unsafe handle = unsafe made
        unsafe sqlite3_busy_timeout(handle, 5000)
        // What is in the file may have been written by anybody: it must not call functions of ours.
        try execute("PRAGMA trusted_schema = OFF")
    }

    deinit {
        unsafe sqlite3_close_v2(handle)
    }

    private static func error(_ code: Int32, of handle: OpaquePointer) -> SQLiteError {
        // The message is copied before the next call can change it.
        SQLiteError(code: code & 0xff, message: unsafe String(cString: sqlite3_errmsg(handle)))
    }

    func check(_ code: Int32) throws(SQLiteError) {
        guard code == SQLITE_OK else { throw unsafe Self.error(code, of: handle) }
    }

    /// Runs one or more statements that answer nothing.
    func execute(_ sql: String) throws(SQLiteError) {
        try check(unsafe sqlite3_exec(handle, sql, nil, nil, nil))
    }

    func prepare(_ sql: String) throws(SQLiteError) -> Statement {
        var prepared: OpaquePointer?
        try check(
            unsafe sqlite3_prepare_v3(
                handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil))
        guard let statement = unsafe prepared else {
            throw SQLiteError(code: SQLITE_MISUSE, message: "an empty statement")
        }
        return unsafe Statement(statement, of: self)
    }

    /// The first value of the first row, of a statement such as a PRAGMA.
    func integer(_ sql: String) throws(SQLiteError) -> Int {
        let statement = try prepare(sql)
        return try statement.step() ? statement.integer(0) : 0
    }

    /// Rows that the last statement changed.
    var changes: Int { Int(unsafe sqlite3_changes64(handle)) }

    var lastRowID: Int { Int(unsafe sqlite3_last_insert_rowid(handle)) }

    /// Whether a transaction is open.
    var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }

    /// Ends what `body` asks for with `SQLITE_INTERRUPT` once `time` is over.
    func within<Answer>(
        _ time: Duration, _ body: () throws(SQLiteError) -> Answer
    ) throws(SQLiteError) -> Answer {
        deadline = .now + time
        // SQLite calls it on this thread, while the statement runs and this connection lives.
        unsafe sqlite3_progress_handler(
            handle, 10_000,
            { context in
                let database = unsafe Unmanaged<Database>.fromOpaque(context!).takeUnretainedValue()
                return database.isOverdue ? 1 : 0
            }, Unmanaged.passUnretained(self).toOpaque())
        defer { unsafe sqlite3_progress_handler(handle, 0, nil, nil) }
        return try body()
    }

    private var isOverdue: Bool { deadline.map { ContinuousClock.now >= $0 } ?? false }

    /// All of `body` or nothing of it.
    func transaction<Answer>(
        _ body: () throws(SQLiteError) -> Answer
    ) throws(SQLiteError) -> Answer {
        try execute("BEGIN IMMEDIATE")
        do throws(SQLiteError) {
            let answer = try body()
            try execute("COMMIT")
            return answer
        } catch {
            // A full disk has ended the transaction already.
            if isInTransaction { try? execute("ROLLBACK") }
            throw error
        }
    }
}
