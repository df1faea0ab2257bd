/// A request target's path and query (RFC 3986 3.3, 3.4), as they came; a fragment, which no client sends, is left out.
struct RequestTarget {
    var path: String
    var query = ""

    init(_ target: Substring) {
        let whole = Self.upTo("#", in: target)
        let path = Self.upTo("?", in: whole)
        self.path = String(path)
        query = String(whole[path.endIndex...].dropFirst())
    }

    private static func upTo(_ mark: Unicode.Scalar, in text: Substring) -> Substring {
        let byte = UInt8(ascii: mark)
        return text.utf8.firstIndex(of: byte).map { text[..<$0] } ?? text
    }
}
