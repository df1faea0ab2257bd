import SendingQueue

/// A directory in memory, on which every call succeeds.
final class MemoryDirectory: LogDirectory {
    private final class File: LogFile {
        var bytes: [UInt8]

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
        }

        func size() throws(StorageError) -> UInt64 { UInt64(bytes.count) }

        func read(_ count: Int, at offset: UInt64) throws(StorageError) -> [UInt8] {
            guard offset < bytes.count else { return [] }
            return Array(bytes[Int(offset)..<min(bytes.count, Int(offset) + count)])
        }

        func write(_ new: [UInt8], at offset: UInt64) throws(StorageError) {
            resize(to: max(bytes.count, Int(offset) + new.count))
            bytes.replaceSubrange(Int(offset)..<Int(offset) + new.count, with: new)
        }

        func allocate(_ size: UInt64) throws(StorageError) {
            resize(to: max(bytes.count, Int(size)))
        }

        func truncate(_ size: UInt64) throws(StorageError) { resize(to: Int(size)) }

        func sync() throws(StorageError) {}

        private func resize(to size: Int) {
            if size < bytes.count {
                bytes.removeLast(bytes.count - size)
            } else {
                bytes += [UInt8](repeating: 0, count: size - bytes.count)
            }
        }
    }

    private var files: [String: File] = [:]

    init(_ files: [String: [UInt8]]) {
        self.files = files.mapValues { File($0) }
    }

    var contents: [String: [UInt8]] { files.mapValues(\.bytes) }

    func names() throws(StorageError) -> [String] { files.keys.sorted() }

    func create(_ name: String) throws(StorageError) -> any LogFile {
        guard files[name] == nil else { throw StorageError("create", name, 17) }
        let file = File([])
        files[name] = file
        return file
    }

    func open(_ name: String, forWriting: Bool) throws(StorageError) -> any LogFile {
        guard let file = files[name] else { throw StorageError("open", name, 2) }
        return file
    }

    func rename(_ name: String, to other: String) throws(StorageError) {
        files[other] = files.removeValue(forKey: name)
    }

    func remove(_ name: String) throws(StorageError) { files[name] = nil }

    func sync() throws(StorageError) {}

    func freeSpace() -> UInt64? { nil }
}
