import Glibc
import Synchronization

/// A thread of the system, for work that blocks in C. Whoever holds it joins it; otherwise it ends
/// by itself, unobserved.
package final class SystemThread: Sendable {
    /// The system made no thread, with the error number of pthread_create(3).
    package struct Unavailable: Error {
        package let code: Int32
    }

    /// `nil` once joined.
    private let handle: Mutex<pthread_t?>

    package init(_ body: @escaping @Sendable () -> Void) throws(Unavailable) {
        let retained = unsafe Unmanaged.passRetained(Work(body))
        var thread = pthread_t()
        // Takes over the reference that was retained above.
        let code = unsafe pthread_create(
            &thread, nil,
            { context in
                let work = unsafe Unmanaged<Work>.fromOpaque(context!).takeRetainedValue()
                SystemThread.prepare()
                work.body()
                return nil
            }, retained.toOpaque())
        guard code == 0 else {
            unsafe retained.release()
            throw Unavailable(code: code)
        }
        handle = Mutex(thread)
    }

    deinit {
        handle.withLock { handle in
            if let handle { pthread_detach(handle) }
        }
    }

    /// Waits for the thread's end. Idempotent; not to be called from the thread itself.
    package func join() {
        handle.withLock { handle in
            // Joined once, under the lock, and forgotten.
            if let handle { pthread_join(handle, nil) }
            handle = nil
        }
    }

    /// Signals of the process belong to its other threads. SIGPIPE above all: with NOSIGNAL curl
    /// does not hold it back, and a broken connection is told by an error number anyway.
    private static func prepare() {
        var signals = sigset_t()
        // The address of a local variable, used during the calls.
        unsafe sigfillset(&signals)
        for fault in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT] {
            unsafe sigdelset(&signals, fault)
        }
        unsafe pthread_sigmask(SIG_SETMASK, &signals, nil)
    }

    private final class Work: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }
}
