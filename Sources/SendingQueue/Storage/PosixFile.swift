import CSegmentLog
import Glibc

/// A file by its descriptor.
final class PosixFile: LogFile, Sendable {
    /// Valid for as long as the file is held.
    let descriptor: Int32
    private let name: String

    init(_ descriptor: Int32, name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    deinit {
        close(descriptor)
    }

    func size() throws(StorageError) -> UInt64 {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw StorageError("fstat", name, errno)
        }
        return UInt64(status.st_size)
    }

    func read(_ count: Int, at offset: UInt64) throws(StorageError) -> [UInt8] {
        var code: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                // Inside of the buffer, whose length is `count`.
                let step = unsafe pread(
                    descriptor, buffer.baseAddress! + filled, count - filled,
                    off_t(offset) + off_t(filled))
                if step < 0, errno == EINTR { continue }
                if step < 0 { code = errno }
                guard step > 0 else { return }
                filled += step
            }
        }
        guard code == 0 else { throw StorageError("pread", name, code) }
        return bytes
    }

    func write(_ bytes: [UInt8], at offset: UInt64) throws(StorageError) {
        var code: Int32 = 0
        unsafe bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count {
                // Inside of the array, which is only read.
                let step = unsafe pwrite(
                    descriptor, buffer.baseAddress! + written, buffer.count - written,
                    off_t(offset) + off_t(written))
                if step < 0, errno == EINTR { continue }
                guard step > 0 else {
                    code = step < 0 ? errno : EIO
                    return
                }
                written += step
            }
        }
        guard code == 0 else { throw StorageError("pwrite", name, code) }
    }

    func allocate(_ size: UInt64) throws(StorageError) {
        let code = mastra_allocate(descriptor, Int64(size))
        guard code == 0 || code == EOPNOTSUPP || code == ENOSYS else {
            throw StorageError("fallocate", name, code)
        }
    }

    func truncate(_ size: UInt64) throws(StorageError) {
        while ftruncate(descriptor, off_t(size)) != 0 {
            guard errno == EINTR else { throw StorageError("ftruncate", name, errno) }
        }
    }

    func sync() throws(StorageError) {
        // Never again after an error: a second call may succeed and prove nothing.
        guard fdatasync(descriptor) == 0 else { throw StorageError("fdatasync", name, errno) }
    }
}
