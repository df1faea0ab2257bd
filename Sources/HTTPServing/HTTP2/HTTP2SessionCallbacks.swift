import CNghttp2

/// What nghttp2 calls, as C functions: each finds its handler and passes on Swift values.
///
/// All run inside `receive` or `nextOutput` of the session, which the handler holds meanwhile: the
/// unretained pointer to it is alive, and so are nghttp2's arguments for the length of the call.
enum HTTP2SessionCallbacks {
    static func set(_ callbacks: OpaquePointer) {
        unsafe nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, beginHeaders)
        unsafe nghttp2_session_callbacks_set_on_header_callback(callbacks, header)
        unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frameReceived)
        unsafe nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, invalidFrame)
        unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, dataReceived)
        unsafe nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, frameSent)
        unsafe nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, streamClosed)
    }

    private static func handler(_ opaque: UnsafeMutableRawPointer?) -> HTTP2Handler? {
        unsafe opaque.map { unsafe Unmanaged<HTTP2Handler>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Whether the frame opens a request, rather than closing one with trailers.
    private static func opensRequest(_ frame: nghttp2_frame) -> Bool {
        unsafe frame.hd.type == UInt8(NGHTTP2_HEADERS.rawValue)
            && frame.headers.cat == NGHTTP2_HCAT_REQUEST
    }

    private static let failure = Int32(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)

    private static let beginHeaders: nghttp2_on_begin_headers_callback = { _, frame, opaque in
        guard let handler = unsafe handler(opaque), let frame = unsafe frame?.pointee else {
            return failure
        }
        if unsafe opensRequest(frame) { unsafe handler.begin(stream: frame.hd.stream_id) }
        return 0
    }

    private static let header: nghttp2_on_header_callback = {
        _, frame, name, nameCount, value, valueCount, _, opaque in
        guard let handler = unsafe handler(opaque), let frame = unsafe frame?.pointee else {
            return failure
        }
        if unsafe opensRequest(frame) {
            unsafe handler.take(
                name: UnsafeRawBufferPointer(start: name, count: nameCount),
                value: UnsafeRawBufferPointer(start: value, count: valueCount),
                stream: frame.hd.stream_id)
        }
        return 0
    }

    private static let frameReceived: nghttp2_on_frame_recv_callback = { _, frame, opaque in
        guard let handler = unsafe handler(opaque), let frame = unsafe frame?.pointee else {
            return failure
        }
        let stream = unsafe frame.hd.stream_id
        let flags = unsafe UInt32(frame.hd.flags)
        let ends = flags & NGHTTP2_FLAG_END_STREAM.rawValue != 0
        switch unsafe UInt32(frame.hd.type) {
        case NGHTTP2_HEADERS.rawValue:
            if unsafe opensRequest(frame) {
                handler.headReceived(stream: stream, endsRequest: ends)
            } else if ends {
                handler.requestEnded(stream: stream)
            }
        case NGHTTP2_DATA.rawValue where ends: handler.requestEnded(stream: stream)
        case NGHTTP2_PING.rawValue where flags & NGHTTP2_FLAG_ACK.rawValue != 0:
            handler.pingAnswered()
        default: break
        }
        return 0
    }

    private static let invalidFrame: nghttp2_on_invalid_frame_recv_callback = { _, _, _, opaque in
        unsafe handler(opaque)?.countMalformed()
        return 0
    }

    private static let dataReceived: nghttp2_on_data_chunk_recv_callback = {
        _, _, stream, bytes, count, opaque in
        guard let handler = unsafe handler(opaque) else { return failure }
        let chunk = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
        return unsafe handler.take(body: chunk, stream: stream) ? 0 : failure
    }

    private static let frameSent: nghttp2_on_frame_send_callback = { _, frame, opaque in
        guard let handler = unsafe handler(opaque), let frame = unsafe frame?.pointee else {
            return failure
        }
        if unsafe UInt32(frame.hd.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0,
            unsafe frame.hd.type == UInt8(NGHTTP2_HEADERS.rawValue)
                || frame.hd.type == UInt8(NGHTTP2_DATA.rawValue)
        {
            unsafe handler.responseSent(stream: frame.hd.stream_id)
        }
        return 0
    }

    private static let streamClosed: nghttp2_on_stream_close_callback = { _, stream, _, opaque in
        unsafe handler(opaque)?.closed(stream: stream)
        return 0
    }

    /// Fetches the next bytes of a response body.
    static let readBody: nghttp2_data_source_read_callback = {
        _, stream, buffer, space, flags, _, opaque in
        guard let handler = unsafe handler(opaque), let buffer = unsafe buffer,
            let flags = unsafe flags
        else { return Int(failure) }
        let target = unsafe UnsafeMutableRawBufferPointer(start: buffer, count: space)
        guard let read = unsafe handler.readBody(stream: stream, into: target) else {
            return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
        }
        if read.isLast { unsafe flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue }
        if read.hasTrailers { unsafe flags.pointee |= NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue }
        return read.count
    }
}
