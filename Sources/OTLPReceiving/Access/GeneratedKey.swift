/// A new key for a client: 256 bits of chance behind a beginning by which people and scanners of
/// repositories know it.
package struct GeneratedKey: Hashable, Sendable {
    package static let prefix = "mgw_"

    /// For the one place that shows it.
    package let revealed: String

    package init() {
        // The kernel's, on Linux.
        var source = SystemRandomNumberGenerator()
        self.init(from: &source)
    }

    init(from source: inout some RandomNumberGenerator) {
        let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &source) }
        revealed = Self.prefix + Base64.encoded(bytes, as: .url)
    }
}

extension GeneratedKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "****" }
    package var debugDescription: String { "****" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
