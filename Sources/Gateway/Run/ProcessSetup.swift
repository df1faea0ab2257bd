import Glibc

/// What the process asks of the machine.
package enum ProcessSetup {
    /// No core dumps, since memory holds tokens and people's texts; as many descriptors as the machine
    /// allows.
    package static func apply() {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        var files = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 else {
            return
        }
        files.rlim_cur = files.rlim_max
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
    }

    /// How many descriptors the process may have.
    static var descriptorLimit: Int {
        var files = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 else {
            return 1024
        }
        return Int(clamping: files.rlim_cur)
    }
}
