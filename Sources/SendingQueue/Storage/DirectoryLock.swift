import Glibc

/// The right to change a queue directory, held for as long as the object lives: one process at a
/// time, whoever ends in whatever way.
package final class DirectoryLock: Sendable {
    package enum Failure: Error, Hashable {
        /// By the process with that number, as far as it is known.
        case held(by: String)
        case storage(StorageError)
    }

    private let descriptor: Int32

    package init(path: String) throws(Failure) {
        let file = path + "/LOCK"
        descriptor = unsafe open(file, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .storage(StorageError("open", "LOCK", errno)) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            let holder = Self.text(in: descriptor)
            close(descriptor)
            guard code == EWOULDBLOCK else { throw .storage(StorageError("flock", "LOCK", code)) }
            throw .held(by: holder)
        }
        // Only for people to read; a full disk may have no room for it.
        let text = Array("pid \(getpid())\n".utf8)
        _ = ftruncate(descriptor, 0)
        _ = unsafe pwrite(descriptor, text, text.count, 0)
    }

    deinit {
        close(descriptor)
    }

    private static func text(in descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = unsafe pread(descriptor, &bytes, bytes.count, 0)
        let text = bytes.prefix(max(0, count)).prefix { $0 != 10 }
        return text.isEmpty ? "another process" : String(decoding: text, as: UTF8.self)
    }
}
