import Glibc

enum WallTime {
    /// Nanoseconds since 1970.
    static var nanoseconds: Int {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
