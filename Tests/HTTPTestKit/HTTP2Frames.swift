/// HTTP/2 frames made and read by hand: the test's view of the wire, independent of nghttp2.
package struct HTTP2Frame: Hashable {
    package enum Kind {
        package static let data: UInt8 = 0
        package static let headers: UInt8 = 1
        package static let reset: UInt8 = 3
        package static let settings: UInt8 = 4
        package static let ping: UInt8 = 6
        package static let goaway: UInt8 = 7
        package static let windowUpdate: UInt8 = 8
        package static let continuation: UInt8 = 9
    }

    package static let endStream: UInt8 = 1
    package static let ack: UInt8 = 1
    package static let endHeaders: UInt8 = 4

    package var kind: UInt8
    package var flags: UInt8 = 0
    package var stream: UInt32 = 0
    package var payload: [UInt8] = []

    package var bytes: [UInt8] {
        let length = Array(Self.bigEndian(UInt32(payload.count))[1...])
        return length + [kind, flags] + Self.bigEndian(stream) + payload
    }

    package static func bigEndian(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    package static func number(_ bytes: some Sequence<UInt8>) -> UInt32 {
        bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }

    package static func parse(_ bytes: [UInt8]) -> [HTTP2Frame] {
        var frames: [HTTP2Frame] = []
        var rest = bytes[...]
        while rest.count >= 9 {
            let start = rest.startIndex
            let length = Int(number(rest[start..<start + 3]))
            let end = start + 9 + length
            guard end <= rest.endIndex else { break }
            frames.append(
                HTTP2Frame(
                    kind: rest[start + 3], flags: rest[start + 4],
                    stream: number(rest[start + 5..<start + 9]),
                    payload: Array(rest[start + 9..<end])))
            rest = rest[end...]
        }
        return frames
    }

    package init(kind: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, payload: [UInt8] = []) {
        self.kind = kind
        self.flags = flags
        self.stream = stream
        self.payload = payload
    }

    // MARK: What a client sends

    package static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    /// Without a dynamic table, so that `status` needs no memory of earlier responses.
    package static let clientSettings = HTTP2Frame(
        kind: Kind.settings, payload: [0, 1, 0, 0, 0, 0])

    package static let greeting = preface + clientSettings.bytes

    package static func request(
        _ stream: UInt32, method: String = "POST", path: String = "/v1/traces",
        fields: [(String, String)] = [], ends: Bool = false
    ) -> HTTP2Frame {
        let pseudo = [
            (":method", method), (":scheme", "http"), (":path", path), (":authority", "test"),
        ]
        return HTTP2Frame(
            kind: Kind.headers, flags: endHeaders | (ends ? endStream : 0), stream: stream,
            payload: block(pseudo + fields))
    }

    /// Literal fields that enter no table (RFC 7541 6.2.2), lengths up to 16 KiB.
    package static func block(_ fields: [(String, String)]) -> [UInt8] {
        fields.flatMap { [0] + text($0.0) + text($0.1) }
    }

    private static func text(_ text: String) -> [UInt8] {
        let count = text.utf8.count
        if count < 127 { return [UInt8(count)] + Array(text.utf8) }
        var length: [UInt8] = [127]
        var rest = count - 127
        while rest >= 128 {
            length.append(UInt8(rest % 128 + 128))
            rest /= 128
        }
        return length + [UInt8(rest)] + Array(text.utf8)
    }

    package static func data(_ stream: UInt32, _ bytes: [UInt8], ends: Bool = false) -> HTTP2Frame {
        HTTP2Frame(
            kind: Kind.data, flags: ends ? endStream : 0, stream: stream, payload: bytes)
    }

    package static func reset(_ stream: UInt32) -> HTTP2Frame {
        HTTP2Frame(kind: Kind.reset, stream: stream, payload: bigEndian(8))
    }

    // MARK: What a server answers

    package var endsStream: Bool { flags & Self.endStream != 0 }

    /// Of a header block that begins with `:status`, as nghttp2 writes it without a dynamic table.
    package var status: Int? {
        // A dynamic table size update may stand first (RFC 7541 6.3).
        let block = payload.first == 0x20 ? payload.dropFirst() : payload[...]
        guard let first = block.first else { return nil }
        let fixed = [200, 204, 206, 304, 400, 404, 500]
        if (0x88...0x8E).contains(first) { return fixed[Int(first) - 0x88] }
        guard let header = block.dropFirst().first else { return nil }
        let value = block.dropFirst(2).prefix(Int(header & 0x7F))
        guard header & 0x80 != 0 else { return Int(String(decoding: value, as: UTF8.self)) }
        return Self.huffmanDigits(Array(value))
    }

    /// RFC 7541 appendix B, digits only: 0, 1, 2 have five bits, the others six.
    private static func huffmanDigits(_ bytes: [UInt8]) -> Int? {
        var bits = bytes.flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 } }[...]
        var digits = ""
        while bits.count >= 5 {
            let five = bits.prefix(5).reduce(0) { $0 << 1 | Int($1) }
            if five < 3 {
                digits += String(five)
                bits = bits.dropFirst(5)
            } else {
                let six = bits.prefix(6).reduce(0) { $0 << 1 | Int($1) }
                guard bits.count >= 6, (25...31).contains(six) else { break }
                digits += String(six - 22)
                bits = bits.dropFirst(6)
            }
        }
        return Int(digits)
    }
}

extension Sequence<HTTP2Frame> {
    /// The status of the response on a stream, interim ones apart.
    package func status(of stream: UInt32) -> Int? {
        first { $0.kind == HTTP2Frame.Kind.headers && $0.stream == stream && $0.status != 100 }?
            .status
    }

    package func body(of stream: UInt32) -> String {
        String(
            decoding: filter { $0.kind == HTTP2Frame.Kind.data && $0.stream == stream }
                .flatMap(\.payload), as: UTF8.self)
    }

    package func has(_ kind: UInt8, stream: UInt32 = 0) -> Bool {
        contains { $0.kind == kind && $0.stream == stream }
    }
}
