import Glibc
import SendingQueue

/// Notes a crash where the next start finds it, and then lets the process end as it would have.
enum CrashHandler {
    /// Set before the handlers are, and never again; -1 for none.
    nonisolated(unsafe) private static var descriptor: Int32 = -1
    private static let signals = [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT, SIGFPE]

    /// - Parameter descriptor: of a `MappingMark`, open until the process ends.
    static func install(descriptor: Int32) {
        unsafe Self.descriptor = descriptor
        for signal in signals {
            var action = sigaction()
            unsafe action.__sigaction_handler.sa_handler = { number in
                // Three calls of the system, all of which a handler may make.
                unsafe MappingMark.noteCrash(in: CrashHandler.descriptor)
                Glibc.signal(number, SIG_DFL)
                raise(number)
            }
            unsafe sigaction(signal, &action, nil)
        }
    }
}
