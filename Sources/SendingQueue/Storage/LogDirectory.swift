/// What the segment log needs of a file system, so that a test's disk can crash, tear and fail.
/// Names are those of files in one directory.
package protocol LogDirectory: AnyObject {
    func names() throws(StorageError) -> [String]
    /// A new, empty file; an error where the name is taken.
    func create(_ name: String) throws(StorageError) -> any LogFile
    func open(_ name: String, forWriting: Bool) throws(StorageError) -> any LogFile
    func rename(_ name: String, to other: String) throws(StorageError)
    func remove(_ name: String) throws(StorageError)
    /// Makes names durable that were created, renamed or removed.
    func sync() throws(StorageError)
    /// Bytes that may still be written, nil where nobody knows.
    func freeSpace() -> UInt64?
}

/// A file that is read and written at given places. It is closed when nobody holds it.
package protocol LogFile: AnyObject {
    func size() throws(StorageError) -> UInt64
    /// Fewer bytes than asked for only at the end of the file.
    func read(_ count: Int, at offset: UInt64) throws(StorageError) -> [UInt8]
    /// All of them, or an error; then any part of them may have been written.
    func write(_ bytes: [UInt8], at offset: UInt64) throws(StorageError)
    /// Reserves room, so that later writes up to `size` need none. Where a file system cannot, the
    /// file grows as it is written.
    func allocate(_ size: UInt64) throws(StorageError)
    func truncate(_ size: UInt64) throws(StorageError)
    /// What was written is durable.
    func sync() throws(StorageError)
}
