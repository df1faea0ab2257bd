import NIOCore

/// One request of an HTTP/2 connection and what became of it so far.
final class HTTP2Stream {
    enum State {
        /// Its header block is being received.
        case head
        case body
        /// The responder has the request.
        case responding
        /// The response is handed to nghttp2; the stream lives until that is sent.
        case answered
    }

    let id: Int32
    var state = State.head
    var request = HTTPRequestHead(version: .http2, method: "", path: "", fields: HTTPFields())
    var headerBytes = 0
    var headerCount = 0
    /// The client has sent its last byte.
    var requestHasEnded = false

    let headDeadline: NIODeadline
    /// When the client no longer waits, and the time that it gave.
    var requestDeadline: (at: NIODeadline, within: Duration)?
    /// When a request that was answered before its end is reset.
    var resetDeadline: NIODeadline?
    var progress: BodyProgress?
    var body: BodyCollector?
    /// What the responder attached to its admission.
    var admission: (any Sendable)?

    /// What nghttp2 has still to fetch of the response.
    var responseBody: [UInt8] = []
    var sentBytes = 0
    var trailers: [HTTPField] = []

    init(id: Int32, client: ClientNames?, headDeadline: NIODeadline) {
        self.id = id
        self.headDeadline = headDeadline
        request.client = client
    }

    /// Takes a header field, or only counts it where the limits are passed, but for the content type.
    func take(
        name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, limits: HTTPServerConfiguration
    ) {
        headerCount += 1
        // RFC 9113 6.5.2 counts 32 bytes for each field on top; we count what is really there.
        headerBytes += name.count + value.count
        if isOverLimits(limits), unsafe !Self.tellsForm(name, value) { return }
        // Both pointers are nghttp2's and hold for this call; the strings are copies.
        let name = unsafe String(decoding: name, as: UTF8.self)
        let text = unsafe String(decoding: value, as: UTF8.self)
        switch name {
        case ":method": request.method = text
        case ":path":
            let target = RequestTarget(text[...])
            request.path = target.path
            request.query = target.query
        case ":scheme": break
        // Host in HTTP/1; nghttp2 sees to it that there is either one (RFC 9113 8.3.1).
        case ":authority": request.fields.append(name: "host", value: text)
        default:
            if name == "content-length" { request.declaredLength = Int(decimalDigits: text) }
            request.fields.append(name: name, value: text)
        }
    }

    /// A client that sent too much reads the answer in its own form all the same.
    private static func tellsForm(
        _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
    ) -> Bool {
        unsafe value.count <= 128 && name.elementsEqual("content-type".utf8)
    }

    func isOverLimits(_ limits: HTTPServerConfiguration) -> Bool {
        headerBytes > limits.maxHeaderBytes || headerCount > limits.maxHeaderCount
    }
}
