import Dispatch
import Glibc
import MastraRecords
import Synchronization

/// Standard error; a line is one write, so that lines of several threads do not mix.
package enum StandardError {
    package static let write: @Sendable (String) -> Void = { text in
        FileDescriptor(number: STDERR_FILENO).writeAll(Array(text.utf8))
    }

    package static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}

package enum StandardOutput {
    package static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// False where nobody reads any more.
    @discardableResult
    package static func write(_ bytes: [UInt8]) -> Bool {
        FileDescriptor(number: STDOUT_FILENO).writeAll(bytes)
    }

    /// Writes on a thread of its own, and waits there for a reader that has stopped reading: a
    /// terminal on hold or a full pipe must not stop anything else. False where nobody reads any
    /// more, or where the task is cancelled meanwhile.
    package static func writeWhenReady(_ bytes: [UInt8]) async -> Bool {
        let isCancelled = CancellationFlag()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                queue.async {
                    continuation.resume(
                        returning: FileDescriptor(number: STDOUT_FILENO)
                            .writeWhenReady(bytes, unless: { isCancelled.isSet }))
                }
            }
        } onCancel: {
            isCancelled.set()
        }
    }

    private static let queue = DispatchQueue(label: "mastra-gateway.console")
}

private final class CancellationFlag: Sendable {
    private let flag = Atomic<Bool>(false)
    var isSet: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
}

struct FileDescriptor {
    let number: Int32

    /// A pipe that is ready takes so much without blocking (POSIX `PIPE_BUF`).
    private static let portion = 4096

    func writeWhenReady(_ bytes: [UInt8], unless isCancelled: () -> Bool) -> Bool {
        var offset = 0
        while offset < bytes.count {
            if isCancelled() { return false }
            var descriptor = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
            guard unsafe poll(&descriptor, 1, 100) > 0 else { continue }
            if descriptor.revents & Int16(POLLERR | POLLNVAL) != 0 { return false }
            let end = min(bytes.count, offset + Self.portion)
            guard writeAll(Array(bytes[offset..<end])) else { return false }
            offset = end
        }
        return true
    }

    @discardableResult
    func writeAll(_ bytes: [UInt8]) -> Bool {
        var offset = 0
        while offset < bytes.count {
            let written = unsafe bytes.withUnsafeBytes { buffer in
                // Inside the buffer: `offset` is below its count.
                unsafe Glibc.write(number, buffer.baseAddress! + offset, buffer.count - offset)
            }
            if written > 0 {
                offset += written
            } else if errno == EAGAIN {
                // Somebody has made the descriptor non-blocking: wait as a blocking one would.
                var descriptor = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
                _ = unsafe poll(&descriptor, 1, -1)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}

/// The time of day.
package enum WallClock {
    /// Milliseconds since 1970.
    package static let milliseconds: @Sendable () -> UInt64 = {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
    }

    package static let seconds: @Sendable () -> Int = { Int(milliseconds() / 1000) }

    /// ISO 8601, UTC, of now or of another time.
    static func text(_ time: UInt64 = milliseconds()) -> String {
        var writer = JSONWriter(capacity: 64)
        // Its years have four digits.
        writer.time(milliseconds: min(time, 253_402_300_799_999))
        return String(decoding: writer.bytes(from: 0).dropFirst().dropLast(), as: UTF8.self)
    }
}
