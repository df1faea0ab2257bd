/// The names and forms of gRPC over HTTP/2 (grpc/doc/PROTOCOL-HTTP2.md), as far as a unary call
/// needs them.
enum GRPC {
    /// Before each message: a flag that says whether it is compressed, and its length in four bytes.
    static let prefixBytes = 5

    static let contentType = "application/grpc"

    /// `application/grpc` and `application/grpc+proto`, in any case and with parameters (G15).
    static func isContentType(_ text: String) -> Bool {
        // Nearly every request is told by its first bytes.
        guard text.utf8.count >= contentType.utf8.count else { return false }
        let type = mediaTypeName(text)
        return type == contentType || type == "application/grpc+proto"
    }

    /// `grpc-timeout`: one to eight digits and a unit. Nil for anything else.
    static func timeout(_ text: String) -> Duration? {
        guard let unit = text.utf8.last, (2...9).contains(text.utf8.count),
            text.utf8.dropLast().allSatisfy({ $0 &- 0x30 < 10 }), let value = Int64(text.dropLast())
        else { return nil }
        return switch unit {
        case UInt8(ascii: "H"): .seconds(value * 3600)
        case UInt8(ascii: "M"): .seconds(value * 60)
        case UInt8(ascii: "S"): .seconds(value)
        case UInt8(ascii: "m"): .milliseconds(value)
        case UInt8(ascii: "u"): .microseconds(value)
        case UInt8(ascii: "n"): .nanoseconds(value)
        default: nil
        }
    }

    /// The value of `grpc-message`: UTF-8 with everything outside of printable ASCII, and `%`,
    /// percent-encoded.
    static func percentEncoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var encoded: [UInt8] = []
        encoded.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            if (0x20...0x7e).contains(byte), byte != UInt8(ascii: "%") {
                encoded.append(byte)
            } else {
                encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
