import Glibc
import SendingQueue
import Synchronization

/// Notes a crash where the next start finds it, and then lets the process end as it would have.
enum CrashHandler {
    private static let signals = [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT, SIGFPE]
    /// Of the mark of the one lane on disk; -1 where there are more, or none.
    private static let sole = Atomic<Int32>(-1)

    static func install() {
        for signal in signals {
            var action = sigaction()
            unsafe action.__sigaction_handler.sa_handler = { number in
                // Three calls of the system, all of which a handler may make.
                MappingMark.noteCrash(sole: CrashHandler.sole.load(ordering: .relaxed))
                Glibc.signal(number, SIG_DFL)
                raise(number)
            }
            unsafe sigaction(signal, &action, nil)
        }
    }

    /// Has to be called whenever lanes have come or gone.
    static func know(_ queues: [DurableQueue]) {
        sole.store(queues.count == 1 ? queues[0].markDescriptor : -1, ordering: .relaxed)
    }
}
