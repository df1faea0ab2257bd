/// What the server does with a request once its head is known.
package enum HTTPAdmission: Sendable {
    /// Read the body, at most this many bytes of it; more is `HTTPProblem.bodyTooLarge`. In HTTP/2
    /// the request has to be complete `within` a time, where the client has named one.
    ///
    /// `context` comes back in the `HTTPRequest`, so that a request ends on what it was admitted with.
    case accept(maxBodyBytes: Int, within: Duration? = nil, context: (any Sendable)? = nil)
    /// Answer now; the body is not wanted.
    case refuse(HTTPResponse)
}

/// Trouble that the server itself meets, before or instead of a whole request.
package enum HTTPProblem: Error, Sendable, Hashable {
    /// Not HTTP, or HTTP that may be understood in two ways. The text says what and where.
    case malformed(String)
    /// Header block or request line over its limit.
    case headersTooLarge(limit: Int)
    /// Declared or received length over the limit.
    case bodyTooLarge(limit: Int, seen: Int)
    /// The head did not come within its time.
    case headTimeout(Duration)
    /// The body stopped growing.
    case bodyTimeout(Duration)
    /// The request was not complete within the time that the client gave it.
    case deadlinePassed(Duration)
    /// The byte budget is spent.
    case outOfMemory(limit: Int)
    /// An `Expect` other than `100-continue` (RFC 9110 10.1.1).
    case expectationFailed(String)
    /// The server is stopping.
    case stopping
    /// The beginning of a TLS handshake, on a listener in clear text.
    case tlsHello
}

/// Decides and answers. Called on the connection's event loop; must not block.
package protocol HTTPResponder: Sendable {
    /// Called with the head, before any byte of the body is read.
    func admit(_ head: HTTPRequestHead) -> HTTPAdmission
    /// Called with the whole request. `reply` is called exactly once, from any thread.
    func respond(
        to request: consuming HTTPRequest, reply: @escaping @Sendable (HTTPResponse) -> Void)
    /// The response that tells the client of a problem; `head` where one was read.
    func response(to problem: HTTPProblem, head: HTTPRequestHead?) -> HTTPResponse
}
