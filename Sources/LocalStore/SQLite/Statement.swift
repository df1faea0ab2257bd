import CSQLite

/// A prepared statement. Parameters count from 1, columns from 0, as SQLite counts them.
@safe final class Statement {
    /// Valid until `deinit`.
    private let handle: OpaquePointer
    /// Kept, since a statement ends before its connection.
    private let database: Database

    init(_ handle: OpaquePointer, of database: Database) {
        unsafe self.handle = unsafe handle
        self.database = database
    }

    deinit {
        unsafe sqlite3_finalize(handle)
    }

    // MARK: Parameters

    func bind(_ index: Int, _ value: Int?) throws(SQLiteError) {
        guard let value else { return try bindNull(index) }
        try database.check(unsafe sqlite3_bind_int64(handle, Int32(index), Int64(value)))
    }

    func bind(_ index: Int, _ value: Double?) throws(SQLiteError) {
        guard let value else { return try bindNull(index) }
        try database.check(unsafe sqlite3_bind_double(handle, Int32(index), value))
    }

    func bind(_ index: Int, _ text: String?) throws(SQLiteError) {
        guard var text else { return try bindNull(index) }
        let code = text.withUTF8 { bytes in
            unsafe copy(index, UnsafeRawBufferPointer(bytes))
        }
        try database.check(code)
    }

    func bind(_ index: Int, _ text: [UInt8]?) throws(SQLiteError) {
        guard let text else { return try bindNull(index) }
        try database.check(unsafe text.withUnsafeBytes { bytes in unsafe copy(index, bytes) })
    }

    /// A part of `bytes`, as text.
    func bind(
        _ index: Int, _ range: Range<Int>?, of bytes: UnsafeRawBufferPointer
    ) throws(SQLiteError) {
        guard let range else { return try bindNull(index) }
        try database.check(unsafe copy(index, UnsafeRawBufferPointer(rebasing: bytes[range])))
    }

    private func copy(_ index: Int, _ bytes: UnsafeRawBufferPointer) -> Int32 {
        // SQLite copies (its SQLITE_TRANSIENT), so that the bytes need not outlive the call. No bytes are still a text.
        let transient = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        guard let base = bytes.baseAddress, unsafe !bytes.isEmpty else {
            return unsafe sqlite3_bind_text(handle, Int32(index), "", 0, transient)
        }
        return unsafe sqlite3_bind_text64(
            handle, Int32(index), base.assumingMemoryBound(to: CChar.self), UInt64(bytes.count),
            transient, UInt8(SQLITE_UTF8))
    }

    private func bindNull(_ index: Int) throws(SQLiteError) {
        try database.check(unsafe sqlite3_bind_null(handle, Int32(index)))
    }

    func bind(_ values: [SQLValue]) throws(SQLiteError) {
        for (offset, value) in values.enumerated() {
            switch value {
            case .integer(let value): try bind(offset + 1, value)
            case .real(let value): try bind(offset + 1, value)
            case .text(let text): try bind(offset + 1, text)
            }
        }
    }

    // MARK: Rows

    /// Goes to the next row; false where there is none, and the statement may be run again.
    func step() throws(SQLiteError) -> Bool {
        let code = unsafe sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        unsafe sqlite3_reset(handle)
        if code == SQLITE_DONE { return false }
        try database.check(code)
        return false
    }

    /// Runs a statement that answers no row.
    func run() throws(SQLiteError) {
        while try step() {}
    }

    /// Forgets rows that were not read.
    func reset() {
        unsafe sqlite3_reset(handle)
    }

    func isNull(_ column: Int) -> Bool {
        unsafe sqlite3_column_type(handle, Int32(column)) == SQLITE_NULL
    }

    func isBlob(_ column: Int) -> Bool {
        unsafe sqlite3_column_type(handle, Int32(column)) == SQLITE_BLOB
    }

    func integer(_ column: Int) -> Int { Int(unsafe sqlite3_column_int64(handle, Int32(column))) }

    func integerOrNil(_ column: Int) -> Int? { isNull(column) ? nil : integer(column) }

    func real(_ column: Int) -> Double { unsafe sqlite3_column_double(handle, Int32(column)) }

    func realOrNil(_ column: Int) -> Double? { isNull(column) ? nil : real(column) }

    func text(_ column: Int) -> String {
        unsafe withBytes(column) { unsafe String(decoding: $0, as: UTF8.self) }
    }

    func textOrNil(_ column: Int) -> String? { isNull(column) ? nil : text(column) }

    func bytes(_ column: Int) -> [UInt8] { unsafe withBytes(column) { unsafe [UInt8]($0) } }

    /// The text of a column as UTF-8, for the duration of the call.
    func withBytes<Answer>(_ column: Int, _ body: (UnsafeRawBufferPointer) -> Answer) -> Answer {
        // The length is asked for after the text, as SQLite wants it; both hold until the next step.
        let text = unsafe sqlite3_column_text(handle, Int32(column))
        let count = unsafe sqlite3_column_bytes(handle, Int32(column))
        return unsafe body(UnsafeRawBufferPointer(start: text, count: text == nil ? 0 : Int(count)))
    }
}

/// A parameter of a query that is put together at run time.
enum SQLValue: Hashable, Sendable {
    case integer(Int)
    case real(Double)
    case text(String)
}
