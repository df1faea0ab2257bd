import CSegmentLog
import Glibc

/// A directory of the machine, 0700, in which files are made 0600. All names are looked up from its
/// descriptor, and symbolic links are not followed.
package final class PosixDirectory: LogDirectory, Sendable {
    private let descriptor: Int32
    package let path: String

    /// Opens it and, where it is missing, makes it in a parent that exists.
    package init(path: String) throws(StorageError) {
        self.path = Self.withoutSlash(path)
        if unsafe mkdir(path, 0o700) != 0, errno != EEXIST {
            throw StorageError("mkdir", path, errno)
        }
        descriptor = try Self.openDirectory(AT_FDCWD, self.path)
        // Also where it is there: a life before may have ended between the two calls.
        try Self.syncParent(of: self.path)
    }

    /// A slash at the end would have a link followed.
    private static func withoutSlash(_ path: String) -> String {
        var path = path[...]
        while path.count > 1, path.last == "/" { path.removeLast() }
        return String(path)
    }

    /// Opens what is there, and makes nothing.
    package init(existing path: String) throws(StorageError) {
        self.path = Self.withoutSlash(path)
        descriptor = try Self.openDirectory(AT_FDCWD, self.path)
    }

    private init(_ name: String, in parent: PosixDirectory, makes: Bool) throws(StorageError) {
        path = parent.path + "/" + name
        if makes {
            if unsafe mkdirat(parent.descriptor, name, 0o700) != 0, errno != EEXIST {
                throw StorageError("mkdir", name, errno)
            }
            try parent.sync()
        }
        descriptor = try Self.openDirectory(parent.descriptor, name)
    }

    deinit {
        close(descriptor)
    }

    /// - Parameter makes: whether it is made where it is missing.
    package func subdirectory(
        _ name: String, makes: Bool = true
    ) throws(StorageError) -> PosixDirectory {
        try PosixDirectory(name, in: self, makes: makes)
    }

    private static func openDirectory(
        _ parent: Int32, _ name: String
    ) throws(StorageError) -> Int32 {
        let descriptor = unsafe openat(
            parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw StorageError("open", name, errno) }
        return descriptor
    }

    private static func syncParent(of path: String) throws(StorageError) {
        let parent =
            path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : path[..<$0] } ?? "."
        let descriptor = unsafe Glibc.open(String(parent), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StorageError("open", String(parent), errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw StorageError("fsync", String(parent), errno) }
    }

    package func names() throws(StorageError) -> [String] {
        // `fdopendir` takes its descriptor over, so that it gets one of its own.
        let copy = unsafe openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0 else { throw StorageError("opendir", path, errno) }
        guard let stream = unsafe fdopendir(copy) else {
            let code = errno
            close(copy)
            throw StorageError("opendir", path, code)
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while true {
            // What a list lacks counts as gone, so that half a list must not pass for all of it.
            errno = 0
            guard let entry = unsafe readdir(stream) else {
                if errno != 0 { throw StorageError("readdir", path, errno) }
                break
            }
            // Ends with a zero, inside of the entry.
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(cString: bytes.bindMemory(to: CChar.self).baseAddress!)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    package func create(_ name: String) throws(StorageError) -> any LogFile {
        try file(name, O_RDWR | O_CREAT | O_EXCL, call: "create", writes: true)
    }

    package func open(_ name: String, forWriting: Bool) throws(StorageError) -> any LogFile {
        try file(name, forWriting ? O_RDWR : O_RDONLY, call: "open", writes: forWriting)
    }

    /// A file that stays the same one: a lock, a page of marks.
    func openOrCreate(_ name: String) throws(StorageError) -> PosixFile {
        try file(name, O_RDWR | O_CREAT, call: "open", writes: true)
    }

    private func file(
        _ name: String, _ flags: Int32, call: String, writes: Bool
    ) throws(StorageError) -> PosixFile {
        // To open a pipe would wait for its other end; of a file the flag changes nothing.
        let file = unsafe openat(
            descriptor, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0o600)
        guard file >= 0 else { throw StorageError(call, name, errno) }
        // To write through a link that somebody planted would change a file elsewhere. Reading is another
        // matter: a backup may have made the link, and what is in the file is checked.
        var status = stat()
        guard unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            !writes || status.st_nlink == 1 && status.st_uid == geteuid()
        else {
            close(file)
            throw StorageError(call, name, EPERM)
        }
        return PosixFile(file, name: name)
    }

    package func rename(_ name: String, to other: String) throws(StorageError) {
        guard unsafe renameat(descriptor, name, descriptor, other) == 0 else {
            throw StorageError("rename", name, errno)
        }
    }

    package func remove(_ name: String) throws(StorageError) {
        guard unsafe unlinkat(descriptor, name, 0) == 0 else {
            throw StorageError("unlink", name, errno)
        }
    }

    /// An empty directory.
    package func removeDirectory(_ name: String) throws(StorageError) {
        guard unsafe unlinkat(descriptor, name, AT_REMOVEDIR) == 0 else {
            throw StorageError("rmdir", name, errno)
        }
    }

    package func sync() throws(StorageError) {
        guard fsync(descriptor) == 0 else { throw StorageError("fsync", path, errno) }
    }

    package func freeSpace() -> UInt64? {
        var status = statvfs()
        guard unsafe fstatvfs(descriptor, &status) == 0 else { return nil }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize)
    }
}

// MARK: - Whether it may be used

extension PosixDirectory {
    /// Why nobody should keep spans here, or nil. Others could read them, or change what is sent.
    package func complaint() -> String? {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            return "\(path) cannot be looked at: \(StorageError.text(errno))"
        }
        if status.st_uid != geteuid() {
            return "\(path) belongs to user \(status.st_uid), the gateway runs as \(geteuid())"
        }
        if status.st_mode & 0o077 != 0 {
            let mode = String(status.st_mode & 0o777, radix: 8)
            return "\(path) has mode \(mode), so that others could read spans; chmod 700 it"
        }
        return nil
    }

    /// A word of warning about what kind of file system it is, or nil.
    package func doubt() -> String? {
        switch mastra_file_system_type(descriptor) {
        case 0x6969, 0x517b, 0xff53_4d42, 0xfe53_4d42:
            return "it is on a network file system, which may forget what it has acknowledged"
        case 0x794c_7630: return "it is in a container's own layer, which goes with the container"
        case 0x0102_1994: return "it is in memory (tmpfs), and does not outlive the machine"
        default: return nil
        }
    }
}
