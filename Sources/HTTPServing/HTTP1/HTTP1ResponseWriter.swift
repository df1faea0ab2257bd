import NIOCore

/// Writes a response as HTTP/1 bytes, head and body into one buffer, so that it leaves in one write.
struct HTTP1ResponseWriter {
    /// Of the request: HTTP/1.0 has to be told that the connection stays open.
    var version: HTTPVersion
    /// No body, and the length that it would have had (RFC 9110 9.3.2).
    var isHead: Bool
    var closes: Bool

    static let continue100 = "HTTP/1.1 100 Continue\r\n\r\n"

    func write(_ response: HTTPResponse, into buffer: inout ByteBuffer) {
        writeBeginning(of: response, into: &buffer)
        // RFC 9110 8.6: 1xx and 204 carry no length, and 304 that of the body which it leaves out, or none.
        let hasLength = response.status >= 200 && response.status != 204 && response.status != 304
        if hasLength {
            buffer.writeStaticString("content-length: ")
            buffer.writeString(String(response.body.count))
            buffer.writeStaticString("\r\n")
        }
        buffer.writeStaticString("\r\n")
        if hasLength, !isHead { buffer.writeBytes(response.body) }
    }

    /// Of a response whose body comes in chunks.
    func writeHead(ofChunked response: HTTPResponse, into buffer: inout ByteBuffer) {
        writeBeginning(of: response, into: &buffer)
        buffer.writeStaticString("transfer-encoding: chunked\r\n\r\n")
    }

    static let lastChunk: StaticString = "0\r\n\r\n"

    /// RFC 9112 7.1; nothing for no bytes, since an empty chunk is the last.
    static func write(chunk bytes: [UInt8], into buffer: inout ByteBuffer) {
        guard !bytes.isEmpty else { return }
        buffer.writeString(String(bytes.count, radix: 16))
        buffer.writeStaticString("\r\n")
        buffer.writeBytes(bytes)
        buffer.writeStaticString("\r\n")
    }

    /// Status line and fields, without the one that tells where the body ends.
    private func writeBeginning(of response: HTTPResponse, into buffer: inout ByteBuffer) {
        buffer.writeStaticString("HTTP/1.1 ")
        buffer.writeString(String(response.status))
        buffer.writeStaticString(" ")
        buffer.writeString(Self.reason(response.status))
        buffer.writeStaticString("\r\n")
        for field in response.fields {
            buffer.writeString(field.name)
            buffer.writeStaticString(": ")
            buffer.writeString(Self.safe(field.value))
            buffer.writeStaticString("\r\n")
        }
        if closes {
            buffer.writeStaticString("connection: close\r\n")
        } else if version == .http1_0 {
            buffer.writeStaticString("connection: keep-alive\r\n")
        }
    }

    /// A value that would end its line early loses those bytes: nothing that came from a client
    /// can begin a header of ours.
    private static func safe(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 == 0x0D || $0 == 0x0A || $0 == 0 }) else {
            return value
        }
        return String(
            decoding: value.utf8.map { $0 == 0x0D || $0 == 0x0A || $0 == 0 ? 0x20 : $0 },
            as: UTF8.self)
    }

    /// RFC 9110 15; for others the phrase is empty, which RFC 9112 4 allows.
    private static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 204: "No Content"
        case 304: "Not Modified"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        default: ""
        }
    }
}
