/// Names of members whose values are secrets, compared as Mastra's `SensitiveDataFilter` does
/// (MASTRA-CONTRACT 2.6): letters and digits alone, case ignored, the whole name. So `Api-Key` is one
/// and `promptTokens` is none.
package struct SensitiveKeys: Sendable {
    private static let builtIn = [
        "password", "token", "secret", "key", "apikey", "auth", "authorization", "bearer",
        "bearertoken", "jwt", "credential", "clientsecret", "privatekey", "refresh", "ssn",
    ]

    /// Sorted by length, so that a name meets few of them.
    private var words: [[UInt8]] = []
    private var longest = 0
    /// Bits of the characters, as `index` numbers them, that some word begins and ends with: two
    /// looks that most names do not survive.
    private var firsts: UInt64 = 0
    private var lasts: UInt64 = 0

    init() { add(Self.builtIn) }

    mutating func add(_ names: [String]) {
        for name in names {
            let word = name.utf8.compactMap(Self.fold)
            guard let first = word.first, let last = word.last, !words.contains(word) else {
                continue
            }
            words.append(word)
            longest = max(longest, word.count)
            firsts |= Self.bit(first)
            lasts |= Self.bit(last)
        }
    }

    @inline(__always)
    func contains(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        guard end > start else { return false }
        // A character that is neither letter nor digit has no say, so that it passes both looks.
        guard Self.passes(bytes[end &- 1], lasts), Self.passes(bytes[start], firsts) else {
            return false
        }
        return matches(bytes, start, end)
    }

    @inline(__always)
    private static func passes(_ byte: UInt8, _ mask: UInt64) -> Bool {
        guard let folded = fold(byte) else { return true }
        return bit(folded) & mask != 0
    }

    private func matches(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        var name: [UInt8] = []
        for position in start..<end {
            guard let folded = Self.fold(bytes[position]) else { continue }
            guard name.count < longest else { return false }
            name.append(folded)
        }
        return words.contains(name)
    }

    /// A letter in lower case or a digit; nil for anything else.
    @inline(__always)
    private static func fold(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): byte
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
        default: nil
        }
    }

    @inline(__always)
    private static func bit(_ folded: UInt8) -> UInt64 {
        let index =
            folded >= UInt8(ascii: "a") ? folded &- UInt8(ascii: "a") : folded &- 48 &+ 26
        return 1 &<< UInt64(truncatingIfNeeded: index)
    }
}
