/// How a body is written, by its `Content-Type`.
enum BodyEncoding: Hashable, Sendable {
    case protobuf
    case json

    /// Media types are case-insensitive and may carry parameters (RFC 9110 8.3.1).
    init?(contentType: String) {
        switch mediaTypeName(contentType) {
        case "application/x-protobuf", "application/protobuf": self = .protobuf
        case "application/json": self = .json
        default: return nil
        }
    }

    var mediaType: String {
        switch self {
        case .protobuf: "application/x-protobuf"
        case .json: "application/json"
        }
    }
}

/// A `Content-Type` without its parameters, in lower case.
func mediaTypeName(_ contentType: String) -> String {
    // Nearly all are written so already, and are looked at several times a request.
    if contentType.isPlainToken { return contentType }
    return contentType.prefix { $0 != ";" }.trimmingSpaces().lowercased()
}

extension String {
    /// Without capital letters, semicolons and anything outside of visible ASCII.
    var isPlainToken: Bool {
        utf8.allSatisfy { byte in
            byte &- 0x21 < 0x5e && byte &- 0x41 > 25 && byte != UInt8(ascii: ";")
        }
    }
}

extension StringProtocol {
    func trimmingSpaces() -> Substring {
        var text = Substring(self)
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
