import Glibc

/// Where the spans are.
package enum StoreLocation: Hashable, Sendable {
    /// A file of mode 0600 in a directory that is made where it is missing.
    case file(String)
    /// Gone with the process.
    case memory

    /// Makes the directory of a file, with those around it, and the file. Spans hold what people have said: nobody else
    /// reads them.
    func prepare() throws(StoreError) {
        guard case .file(let path) = self else { return }
        var made = ""
        for name in path.split(separator: "/").dropLast() {
            made += "/" + name
            guard unsafe mkdir(made, 0o700) != 0, errno != EEXIST, errno != EISDIR else { continue }
            // Of a directory that is there, a read-only file system says so first.
            if unsafe access(made, F_OK) == 0 { continue }
            throw StoreError("cannot make the directory \(made): \(Self.reason())")
        }
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw StoreError("cannot open \(path): \(Self.reason())")
        }
        defer { close(descriptor) }
        // One that was there may have been made by somebody with another mask.
        guard fchmod(descriptor, 0o600) == 0 else {
            throw StoreError("cannot keep \(path) from others: \(Self.reason())")
        }
    }

    private static func reason() -> String { unsafe String(cString: strerror(errno)) }

    /// Moves a damaged file out of the way, with what SQLite keeps beside it.
    ///
    /// - Returns: where it is now.
    func setAside(stamp: Int) throws(StoreError) -> String {
        guard case .file(let path) = self else { return "" }
        let kept = "\(path).damaged-\(stamp)"
        for ending in ["", "-wal", "-shm"] {
            guard unsafe rename(path + ending, kept + ending) != 0, errno != ENOENT else {
                continue
            }
            throw StoreError("cannot move \(path + ending) out of the way: \(Self.reason())")
        }
        return kept
    }
}

/// Why there is no store. The text is for people, and holds nothing of spans.
package struct StoreError: Error, Hashable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
