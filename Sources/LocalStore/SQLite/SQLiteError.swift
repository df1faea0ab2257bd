import CSQLite

/// What SQLite answered in the place of a result.
package struct SQLiteError: Error, Hashable, CustomStringConvertible {
    /// The primary result code, such as `SQLITE_FULL`.
    let code: Int32
    /// Of SQLite; it may name tables and columns, and never holds values.
    let message: String

    package var description: String { message }

    /// Nothing of what the file holds can be relied on.
    var isDamage: Bool { code == SQLITE_CORRUPT || code == SQLITE_NOTADB }

    /// A query was ended because it took too long.
    package var isInterrupt: Bool { code == SQLITE_INTERRUPT }
}
