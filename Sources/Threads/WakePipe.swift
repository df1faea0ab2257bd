import Glibc

/// A pipe whose bytes mean nothing but that there is something to do. Neither end blocks.
package final class WakePipe: Sendable {
    package let readEnd: Int32
    package let writeEnd: Int32

    /// The system has no descriptors left, with the error number of pipe(2).
    package struct Unavailable: Error {
        package let code: Int32
    }

    package init() throws(Unavailable) {
        var ends: [Int32] = [-1, -1]
        // Two descriptors go into an array of two.
        let made = unsafe pipe(&ends)
        guard made == 0 else { throw Unavailable(code: errno) }
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
