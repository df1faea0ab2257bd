/// The texts of `Setting` without their Markdown.
package enum ManualText {
    /// What fits into a line of `--help`.
    package static func headline(_ text: String) -> String {
        let plain = plain(text)
        for index in plain.indices where plain[index...].hasPrefix(". ") {
            return String(plain[..<index])
        }
        return plain
    }

    /// `[TLS](tls.md)` is TLS, and code is its letters.
    package static func plain(_ text: String) -> String {
        var plain = ""
        var rest = text[...]
        while let first = rest.first {
            rest.removeFirst()
            switch first {
            case "`": continue
            case "[":
                guard let close = rest.firstIndex(of: "]"), rest[close...].hasPrefix("]("),
                    let end = rest[close...].firstIndex(of: ")")
                else { fallthrough }
                plain += rest[..<close]
                rest = rest[rest.index(after: end)...]
            default: plain.append(first)
            }
        }
        return plain
    }
}
