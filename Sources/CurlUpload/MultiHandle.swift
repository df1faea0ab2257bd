import CCurl

/// Owns curl's multi handle: the connection pool and the wait for sockets.
///
/// All calls belong to the transport's thread, with the one exception of `wake`, which libcurl
/// documents as safe from any thread. That is why the type may be `Sendable`. Transfers must have
/// been removed before the last reference goes.
@safe
final class MultiHandle: @unchecked Sendable {
    private let pointer: OpaquePointer

    init(maxConnections: Int) throws(CurlConfigurationError) {
        guard CurlLibrary.startCode == CURLE_OK, let pointer = unsafe curl_multi_init() else {
            throw .unavailable("libcurl cannot be initialised.")
        }
        unsafe self.pointer = pointer
        try setLong(CURLMOPT_MAX_TOTAL_CONNECTIONS, maxConnections)
        try setLong(CURLMOPT_MAXCONNECTS, maxConnections)
        try setLong(CURLMOPT_PIPELINING, ccurl_multiplex())
        // Without descriptors for it, libcurl goes on without a way to be woken.
        guard wake() == CURLM_OK else {
            throw .unavailable("libcurl has no descriptors left to wake its thread with.")
        }
    }

    deinit {
        // Closes the pooled connections.
        unsafe curl_multi_cleanup(pointer)
    }

    /// Ends the current `wait`, or the next one if there is none.
    @discardableResult
    func wake() -> CURLMcode {
        // Live until `deinit`; so for the other calls.
        unsafe curl_multi_wakeup(pointer)
    }

    /// Returns when a socket or one of curl's timers is ready, or at `wake`.
    func wait() -> CURLMcode {
        // A minute is only the longest nap; curl shortens it to its next timer.
        unsafe curl_multi_poll(pointer, nil, 0, 60_000, nil)
    }

    /// Moves all transfers on as far as they go without waiting.
    func perform() -> CURLMcode {
        var running: CInt = 0
        // The address of a local variable, used during the call.
        return unsafe curl_multi_perform(pointer, &running)
    }

    func add(_ easy: borrowing EasyHandle) -> CURLMcode {
        unsafe curl_multi_add_handle(pointer, easy.pointer)
    }

    func remove(_ easy: borrowing EasyHandle) {
        // CURLM_OK, or the handle was not in it: both leave it outside.
        _ = unsafe curl_multi_remove_handle(pointer, easy.pointer)
    }

    /// The next transfer that has ended and was not told yet.
    func nextFinished() -> Finished? {
        var easy: OpaquePointer?
        var code = CURLE_OK
        // Addresses of local variables, used during the call.
        guard unsafe ccurl_next_finished(pointer, &easy, &code) != 0 else { return nil }
        return unsafe Finished(easy: easy, code: code)
    }

    /// `easy` is compared, never followed.
    @safe
    struct Finished {
        let easy: OpaquePointer?
        let code: CURLcode
    }

    private func setLong(_ option: CURLMoption, _ value: Int) throws(CurlConfigurationError) {
        let code = unsafe ccurl_multi_set_long(pointer, option, value)
        guard code == CURLM_OK else {
            throw .unavailable("libcurl refuses an option: \(CurlLibrary.text(for: code)).")
        }
    }
}
