import Glibc

/// A pipe whose bytes mean nothing but that there is something to do. Neither end blocks.
package final class WakePipe: Sendable {
    package let readEnd: Int32
    package let writeEnd: Int32

    package init() {
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
}
