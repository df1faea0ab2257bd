import CCrypto

/// SHA-256 (FIPS 180-4) of a secret: what is kept in its place.
package struct SHA256Digest: Hashable, Sendable {
    static let byteCount = 32

    let bytes: [UInt8]

    package init(of content: [UInt8]) {
        bytes = unsafe [UInt8](unsafeUninitializedCapacity: Self.byteCount) { digest, count in
            // Reads the bytes that it is told of, and writes the 32 that there is room for.
            let result = unsafe SHA256(content, content.count, digest.baseAddress)
            // It cannot fail but for want of memory; half a digest must never be compared.
            guard unsafe result != nil else { fatalError("SHA-256 cannot be computed") }
            count = Self.byteCount
        }
    }

    package init(of text: String) { self.init(of: Array(text.utf8)) }

    /// Nil for anything but 64 hex digits.
    package init?(hex: some StringProtocol) {
        let digits = Array(hex.utf8)
        guard digits.count == 2 * Self.byteCount else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = Self.value(of: digits[index]),
                let low = Self.value(of: digits[index + 1])
            else { return nil }
            bytes.append(high << 4 | low)
        }
        self.bytes = bytes
    }

    private static func value(of digit: UInt8) -> UInt8? {
        if digit &- 0x30 < 10 { return digit &- 0x30 }
        let letter = digit | 0x20
        return letter &- 0x61 < 6 ? letter &- 0x61 + 10 : nil
    }

    /// Lower case.
    package var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

/// Who reads a digest may guess at what it is of.
extension SHA256Digest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "****" }
    package var debugDescription: String { "****" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
