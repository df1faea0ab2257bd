import MastraRecords

/// Texts as JSON, for lines that are written seldom.
enum JSONText {
    static func quoted(_ text: String) -> String {
        var writer = JSONWriter(capacity: 256)
        writer.string(text)
        return String(decoding: writer.bytes(from: 0), as: UTF8.self)
    }

    /// Quoted only where a reader could lose the end of the text.
    static func bareOrQuoted(_ text: String) -> String {
        let isBare = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 < 0x7f }
        return isBare ? text : quoted(text)
    }
}
