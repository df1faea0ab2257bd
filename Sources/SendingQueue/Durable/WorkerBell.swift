import Glibc
import Synchronization
import Threads

/// Wakes the thread of a queue. Rings while it is at work are one ring.
///
/// A pipe and poll(2), whose time is that of the steady clock: a semaphore of Dispatch waits by the clock
/// on the wall, and for as long as somebody sets it back.
final class WorkerBell: Sendable {
    private let pipe: WakePipe
    private let hasRung = Atomic<Bool>(false)

    init() throws(StorageError) {
        do throws(WakePipe.Unavailable) {
            pipe = try WakePipe()
        } catch {
            throw StorageError("pipe", "a wake-up", error.code)
        }
    }

    func ring() {
        guard !hasRung.exchange(true, ordering: .acquiringAndReleasing) else { return }
        var byte: UInt8 = 1
        _ = unsafe write(pipe.writeEnd, &byte, 1)
    }

    /// Returns at a ring, or after the time.
    func wait(atMost time: Duration) {
        var watched = pollfd(fd: pipe.readEnd, events: Int16(POLLIN), revents: 0)
        let milliseconds = Int32(clamping: Int((time / .milliseconds(1)).rounded(.up)))
        guard unsafe poll(&watched, 1, max(0, milliseconds)) > 0 else { return }
        var byte: UInt8 = 0
        _ = unsafe read(pipe.readEnd, &byte, 1)
        hasRung.store(false, ordering: .releasing)
    }
}
