import Dispatch
import Synchronization

/// Wakes the thread of a queue. Rings while it is at work are one ring.
final class WorkerBell: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    private let hasRung = Atomic<Bool>(false)

    func ring() {
        let before = hasRung.exchange(true, ordering: .acquiringAndReleasing)
        if !before { semaphore.signal() }
    }

    /// Returns at a ring, or after the time.
    func wait(atMost time: Duration) {
        let milliseconds = max(0, Int(time / .milliseconds(1)))
        if semaphore.wait(timeout: .now() + .milliseconds(milliseconds)) == .success {
            hasRung.store(false, ordering: .releasing)
        }
    }
}
