import MastraRecords

/// Texts as JSON, for lines that are written seldom.
enum JSONText {
    static func quoted(_ text: String) -> String {
        var writer = JSONWriter(capacity: 256)
        writer.string(text)
        let quoted = String(decoding: writer.bytes(from: 0), as: UTF8.self)
        guard quoted.unicodeScalars.contains(where: \.isUnescapedControl) else { return quoted }
        return quoted.unicodeScalars.reduce(into: "") { text, scalar in
            guard scalar.isUnescapedControl else { return text.unicodeScalars.append(scalar) }
            text += "\\u00" + String(scalar.value, radix: 16)
        }
    }

    /// Quoted only where a reader could lose the end of the text.
    static func bareOrQuoted(_ text: String) -> String {
        let isBare = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 < 0x7f }
        return isBare ? text : quoted(text)
    }
}

extension Unicode.Scalar {
    /// JSON lets these stand as they are, a terminal obeys them: DEL and the C1 controls.
    fileprivate var isUnescapedControl: Bool { (0x7f..<0xa0).contains(value) }

    /// Whether a terminal could obey it.
    var isControl: Bool { value < 0x20 || isUnescapedControl }
}
