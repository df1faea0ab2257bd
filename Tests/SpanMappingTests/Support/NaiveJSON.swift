import Foundation

/// JSON written as simply as can be, to compare the program's writer with: strings joined, and no
/// thought of speed.
enum NaiveJSON {
    static func text(_ value: AttributeValue) -> String {
        switch value {
        case .string(let text): string(Array(text.utf8))
        case .text(let bytes): string(bytes)
        case .int(let number):
            // What a double cannot hold exactly (MAPPING 2).
            abs(Double(number)) < 9_007_199_254_740_992 ? "\(number)" : "\"\(number)\""
        case .double(let number):
            number.isNaN
                ? "\"NaN\""
                : number.isInfinite ? (number < 0 ? "\"-Infinity\"" : "\"Infinity\"") : "\(number)"
        case .bool(let flag): "\(flag)"
        case .bytes(let bytes): "\"" + Data(bytes).base64EncodedString() + "\""
        case .array(let items): "[" + items.map(text).joined(separator: ",") + "]"
        case .map(let pairs): "{" + members(pairs).joined(separator: ",") + "}"
        case .empty: "null"
        }
    }

    /// Of a key that comes again the last (MAPPING 2).
    private static func members(_ pairs: [Attribute]) -> [String] {
        pairs.indices.filter { index in
            !pairs[(index + 1)...].contains { $0.key == pairs[index].key }
        }
        .map { string(Array(pairs[$0].key.utf8)) + ":" + text(pairs[$0].value) }
    }

    static func string(_ bytes: [UInt8]) -> String {
        var text = "\""
        var position = 0
        while position < bytes.count {
            let character = (1...4).lazy.filter { position + $0 <= bytes.count }.compactMap {
                String(validating: bytes[position..<position + $0], as: UTF8.self)
            }.first
            guard let character else {
                text += "\u{fffd}"
                position += 1
                continue
            }
            position += character.utf8.count
            switch character {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            default:
                let value = character.unicodeScalars.first?.value ?? 0
                text +=
                    value < 0x20
                    ? "\\u00" + (value < 16 ? "0" : "") + String(value, radix: 16) : character
            }
        }
        return text + "\""
    }
}
