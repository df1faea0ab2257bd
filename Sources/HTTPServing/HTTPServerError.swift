/// Why a listener did not come up.
package enum HTTPServerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The address is taken, not ours, or not allowed; `reason` is the system's.
    case cannotListen(host: String, port: Int, reason: String)
    /// `start` was called a second time, or after `drain`.
    case alreadyStarted

    package var description: String {
        switch self {
        case .cannotListen(let host, let port, let reason):
            "cannot listen on \(HTTPServer.address(host: host, port: port)): \(reason)"
        case .alreadyStarted:
            "the HTTP server was started before"
        }
    }
}
