import Glibc
import Synchronization

/// Wakes the thread of a queue. Rings while it is at work are one ring.
///
/// A pipe and poll(2), whose time is that of the steady clock: a semaphore of Dispatch waits by the clock
/// on the wall, and for as long as somebody sets it back.
final class WorkerBell: Sendable {
    private let readEnd: Int32
    private let writeEnd: Int32
    private let hasRung = Atomic<Bool>(false)

    init() {
        var ends: [Int32] = [-1, -1]
        // Two descriptors go into an array of two.
        let made = unsafe pipe(&ends)
        precondition(made == 0, "no descriptors are left for a pipe")
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        readEnd = ends[0]
        writeEnd = ends[1]
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    func ring() {
        guard !hasRung.exchange(true, ordering: .acquiringAndReleasing) else { return }
        var byte: UInt8 = 1
        _ = unsafe write(writeEnd, &byte, 1)
    }

    /// Returns at a ring, or after the time.
    func wait(atMost time: Duration) {
        var watched = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
        let milliseconds = Int32(clamping: Int((time / .milliseconds(1)).rounded(.up)))
        guard unsafe poll(&watched, 1, max(0, milliseconds)) > 0 else { return }
        var byte: UInt8 = 0
        _ = unsafe read(readEnd, &byte, 1)
        hasRung.store(false, ordering: .releasing)
    }
}
