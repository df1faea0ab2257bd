/// A text that must not be seen: whatever prints it, prints stars.
package struct Secret: Sendable, Hashable {
    /// For the one place that sends it.
    package let revealed: String

    package init(_ text: String) {
        revealed = text
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "****" }
    package var debugDescription: String { "****" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension Secret {
    private static let stars = "****"

    /// A text of others that may repeat it, with stars in its place. An end of the text that may be its
    /// beginning is hidden too, since the text may have been cut there.
    package func hidden(in text: String) -> String {
        let secret = Array(revealed.utf8)
        guard !secret.isEmpty else { return text }
        let bytes = Array(text.utf8)
        var clean: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let rest = bytes.count - index
            if rest >= secret.count, bytes[index..<index + secret.count].elementsEqual(secret) {
                clean += Array(Self.stars.utf8)
                index += secret.count
            } else if rest < secret.count, rest >= Self.shortestTail,
                secret.starts(with: bytes[index...])
            {
                clean += Array(Self.stars.utf8)
                break
            } else {
                clean.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: clean, as: UTF8.self)
    }

    /// Less of it tells nobody anything.
    private static let shortestTail = 4
}
