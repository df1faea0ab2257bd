import CNghttp2

/// Owns an nghttp2 server session: made in `init`, freed in `deinit`, called only on its loop.
///
/// Calls that queue frames answer false where nghttp2 has no memory left or the session is beyond
/// use; the connection is then closed. `receive` and `nextOutput` must not be called from within a
/// callback, everything else may.
@safe final class HTTP2Session {
    private let session: OpaquePointer

    /// RST_STREAM frames that a client may send at once and for each second; more end the
    /// connection (CVE-2023-44487, "rapid reset").
    static let resetBurst: UInt64 = 200
    static let resetsPerSecond: UInt64 = 50
    static let streamWindow: UInt32 = 1024 * 1024
    static let connectionWindow: Int32 = 4 * 1024 * 1024

    /// `owner` is handed back to each callback; it has to outlive the session. Nil on no memory.
    init?(owner: HTTP2Handler) {
        var options: OpaquePointer?
        var callbacks: OpaquePointer?
        var created: OpaquePointer?
        // Both are copied into the session and freed here.
        defer {
            unsafe nghttp2_option_del(options)
            unsafe nghttp2_session_callbacks_del(callbacks)
        }
        guard unsafe nghttp2_option_new(&options) == 0, let options = unsafe options,
            unsafe nghttp2_session_callbacks_new(&callbacks) == 0,
            let callbacks = unsafe callbacks
        else { return nil }
        unsafe Self.set(options)
        unsafe HTTP2SessionCallbacks.set(callbacks)
        // Unretained: the owner holds this session, and lets go of it before it ends itself.
        let opaque = unsafe Unmanaged.passUnretained(owner).toOpaque()
        guard unsafe nghttp2_session_server_new2(&created, callbacks, opaque, options) == 0,
            let session = unsafe created
        else { return nil }
        unsafe self.session = session
    }

    deinit { unsafe nghttp2_session_del(session) }

    private static func set(_ options: OpaquePointer) {
        // Windows are given back by `consume`, when bytes were reserved and stored.
        unsafe nghttp2_option_set_no_auto_window_update(options, 1)
        unsafe nghttp2_option_set_no_closed_streams(options, 1)
        unsafe nghttp2_option_set_stream_reset_rate_limit(options, resetBurst, resetsPerSecond)
        unsafe nghttp2_option_set_max_continuations(options, 4)
        unsafe nghttp2_option_set_max_settings(options, 32)
        unsafe nghttp2_option_set_max_outbound_ack(options, 100)
        // Our header blocks are short, and their dates change: a table of them would cost each
        // connection more memory than it saves bytes.
        unsafe nghttp2_option_set_max_deflate_dynamic_table_size(options, 0)
    }

    // MARK: Bytes

    /// Why a session is beyond use.
    struct Trouble: Equatable {
        /// What our last GOAWAY says (RFC 9113 7).
        let code: UInt32
    }

    /// All bytes are taken, or the session is beyond use.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Trouble? {
        // nghttp2 copies what it keeps.
        let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let taken = unsafe nghttp2_session_mem_recv(session, start, bytes.count)
        guard taken < 0 else { return nil }
        // Of what a client does, nghttp2 answers nearly all by itself. It gives up on floods of PING,
        // SETTINGS and CONTINUATION, and on a wrong preface.
        let code =
            switch Int32(taken) {
            case Int32(NGHTTP2_ERR_FLOODED.rawValue),
                Int32(NGHTTP2_ERR_TOO_MANY_CONTINUATIONS.rawValue):
                NGHTTP2_ENHANCE_YOUR_CALM
            case Int32(NGHTTP2_ERR_BAD_CLIENT_MAGIC.rawValue): NGHTTP2_PROTOCOL_ERROR
            default: NGHTTP2_INTERNAL_ERROR
            }
        return Trouble(code: code.rawValue)
    }

    enum Output {
        case none
        case written
        case failed
    }

    /// Gives the next frame, which nghttp2 keeps until the next call, to `write`.
    func nextOutput(_ write: (UnsafeRawBufferPointer) -> Void) -> Output {
        var start: UnsafePointer<UInt8>?
        let count = unsafe nghttp2_session_mem_send(session, &start)
        if count < 0 { return .failed }
        if count == 0 { return .none }
        unsafe write(UnsafeRawBufferPointer(start: start, count: count))
        return .written
    }

    /// Neither side has anything left to say.
    var isOver: Bool {
        unsafe nghttp2_session_want_read(session) == 0 && nghttp2_session_want_write(session) == 0
    }

    // MARK: Frames of the connection

    func submitSettings(_ configuration: HTTPServerConfiguration) -> Bool {
        var entries = [
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue),
                value: UInt32(clamping: configuration.maxConcurrentStreams)),
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue),
                value: Self.streamWindow),
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue),
                value: UInt32(clamping: configuration.maxHeaderBytes)),
        ]
        let flags = UInt8(NGHTTP2_FLAG_NONE.rawValue)
        // The entries are copied.
        return unsafe nghttp2_submit_settings(session, flags, &entries, entries.count) == 0
            && nghttp2_session_set_local_window_size(session, flags, 0, Self.connectionWindow) == 0
    }

    func submitPing() -> Bool {
        unsafe nghttp2_submit_ping(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), nil) == 0
    }

    /// The first GOAWAY of two: names the highest stream there can be, so that requests on their
    /// way are still taken (RFC 9113 6.8).
    func submitShutdownNotice() -> Bool {
        unsafe nghttp2_submit_shutdown_notice(session) == 0
    }

    /// The last GOAWAY: streams above the last one taken are refused from now on.
    func submitGoaway(code: UInt32 = NGHTTP2_NO_ERROR.rawValue) -> Bool {
        let last = unsafe nghttp2_session_get_last_proc_stream_id(session)
        let flags = UInt8(NGHTTP2_FLAG_NONE.rawValue)
        return unsafe nghttp2_submit_goaway(session, flags, last, code, nil, 0) == 0
    }

    // MARK: Frames of a stream

    func submit(status: Int, fields: [HTTPField], stream: Int32, hasBody: Bool) -> Bool {
        let block = HTTP2HeaderBlock(status: status, fields: fields)
        return unsafe block.withPairs { pairs in
            var provider = unsafe nghttp2_data_provider()
            unsafe provider.read_callback = HTTP2SessionCallbacks.readBody
            // Names and values are copied, the provider too.
            return unsafe withUnsafePointer(to: &provider) { provider in
                unsafe nghttp2_submit_response(
                    session, stream, pairs.baseAddress, pairs.count, hasBody ? provider : nil) == 0
            }
        }
    }

    func submitContinue(stream: Int32) -> Bool {
        unsafe HTTP2HeaderBlock(status: 100, fields: []).withPairs { pairs in
            unsafe nghttp2_submit_headers(
                session, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream, nil, pairs.baseAddress,
                pairs.count, nil) == 0
        }
    }

    func submitTrailers(_ fields: [HTTPField], stream: Int32) -> Bool {
        unsafe HTTP2HeaderBlock(status: nil, fields: fields).withPairs { pairs in
            unsafe nghttp2_submit_trailer(session, stream, pairs.baseAddress, pairs.count) == 0
        }
    }

    func submitReset(stream: Int32, code: UInt32 = NGHTTP2_NO_ERROR.rawValue) -> Bool {
        let flags = UInt8(NGHTTP2_FLAG_NONE.rawValue)
        return unsafe nghttp2_submit_rst_stream(session, flags, stream, code) == 0
    }

    /// Gives both windows back.
    func consume(stream: Int32, count: Int) -> Bool {
        unsafe nghttp2_session_consume(session, stream, count) == 0
    }

    /// Gives back the window of the connection only: the bytes were dropped, and the stream shall
    /// not bring more of them.
    func consumeConnection(count: Int) -> Bool {
        unsafe nghttp2_session_consume_connection(session, count) == 0
    }
}
