/// Names of members whose values are secrets, compared as Mastra's `SensitiveDataFilter` does
/// (MASTRA-CONTRACT 2.6): letters and digits alone, case ignored, the whole name. So `Api-Key` is one
/// and `promptTokens` is none.
package struct SensitiveKeys: Sendable {
    static let builtIn = [
        "password", "token", "secret", "key", "apikey", "auth", "authorization", "bearer",
        "bearertoken", "jwt", "credential", "clientsecret", "privatekey", "refresh", "ssn",
    ]

    private var words: [[UInt8]] = []
    private var longest = 0
    /// By byte: whether some word begins (1) or ends (2) with it, in either case, or it is neither
    /// letter nor digit and has no say. Two looks that most names do not survive.
    private var ends = [UInt8](repeating: 0, count: 256)

    init() {
        for byte in 0...255 where Self.fold(UInt8(byte)) == nil { ends[byte] = 3 }
        add(Self.builtIn)
    }

    mutating func add(_ names: [String]) {
        for name in names {
            let word = name.utf8.compactMap(Self.fold)
            guard let first = word.first, let last = word.last, !words.contains(word) else {
                continue
            }
            words.append(word)
            longest = max(longest, word.count)
            for byte in 0...255 {
                if Self.fold(UInt8(byte)) == first { ends[byte] |= 1 }
                if Self.fold(UInt8(byte)) == last { ends[byte] |= 2 }
            }
        }
    }

    @inline(__always)
    func contains(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        guard end > start, ends[Int(bytes[end &- 1])] & 2 != 0, ends[Int(bytes[start])] & 1 != 0
        else { return false }
        return matches(bytes, start, end)
    }

    private func matches(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        var count = 0
        for position in start..<end where Self.fold(bytes[position]) != nil {
            count &+= 1
            if count > longest { return false }
        }
        for word in words where word.count == count {
            if equals(word, bytes, start, end) { return true }
        }
        return false
    }

    private func equals(_ word: [UInt8], _ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        var index = 0
        for position in start..<end {
            guard let folded = Self.fold(bytes[position]) else { continue }
            guard folded == word[index] else { return false }
            index &+= 1
        }
        return true
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
}
