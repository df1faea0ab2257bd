import OTLPJSON

/// Base64 (RFC 4648).
package enum Base64 {
    /// Which characters stand for 62 and 63, and whether the end is padded.
    package enum Form {
        case standard
        case padded
        case url
    }

    package static func encoded(_ bytes: [UInt8], as form: Form) -> String {
        let digits = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789\(form == .url ? "-_" : "+/")"
                .utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 4 / 3 + 4)
        var index = 0
        while index < bytes.count {
            let group = bytes[index..<min(index + 3, bytes.count)]
            let bits = (0..<3).reduce(0) { $0 << 8 | Int($1 < group.count ? bytes[index + $1] : 0) }
            for place in 0...group.count { text.append(digits[bits >> (18 - 6 * place) & 63]) }
            index += 3
        }
        while form == .padded, text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The standard alphabet, padded or not. Nil for anything else, and where the last character has
    /// bits that stand for nothing: there is one spelling of each value.
    static func decoded(_ text: some StringProtocol) -> [UInt8]? {
        let characters = Array(text.utf8)
        guard let bytes = Base64Text.bytes(characters.span) else { return nil }
        let isSpelling = [Form.standard, .padded].contains {
            encoded(bytes, as: $0).utf8.elementsEqual(characters)
        }
        return isSpelling ? bytes : nil
    }
}
