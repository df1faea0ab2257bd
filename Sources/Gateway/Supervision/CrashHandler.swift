import Glibc

/// Notes a crash where the next start finds it, and then lets the process end as it would have.
enum CrashHandler {
    /// Set before the handlers are, and never again.
    nonisolated(unsafe) private static var flag: UnsafeMutablePointer<UInt64>?
    private static let signals = [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT, SIGFPE]

    /// - Parameter flag: valid until the process ends.
    static func install(flag: UnsafeMutablePointer<UInt64>) {
        unsafe Self.flag = flag
        for signal in signals {
            var action = sigaction()
            unsafe action.__sigaction_handler.sa_handler = { number in
                // A store and two calls, all of which a handler may do.
                unsafe CrashHandler.flag?.pointee = 1
                Glibc.signal(number, SIG_DFL)
                raise(number)
            }
            unsafe sigaction(signal, &action, nil)
        }
    }
}
