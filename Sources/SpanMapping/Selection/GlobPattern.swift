import OTLP

/// A pattern that a value has to match as a whole: `*` is any run, `?` one character, and every other
/// byte itself.
struct GlobPattern: Hashable, Sendable {
    private let pattern: [UInt8]

    init(_ text: some StringProtocol) {
        pattern = Array(text.utf8)
    }

    /// Only the last `*` is ever tried again: what matched before it can stay where it is, since that
    /// `*` takes whatever follows. So the work is at most the product of both lengths.
    func matches(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        var position = start
        var index = 0
        /// Behind the last `*`, and where the value goes on if it is tried again.
        var behindStar: Int?
        var retry = start
        while position < end {
            if index < pattern.count {
                let byte = pattern[index]
                if byte == UInt8(ascii: "*") {
                    index &+= 1
                    if index == pattern.count { return true }
                    behindStar = index
                    retry = position
                    continue
                }
                if byte == UInt8(ascii: "?") {
                    index &+= 1
                    position = Self.endOfCharacter(at: position, before: end, in: bytes)
                    continue
                }
                if byte == bytes[position] {
                    index &+= 1
                    position &+= 1
                    continue
                }
            }
            guard let behindStar else { return false }
            retry &+= 1
            position = retry
            index = behindStar
        }
        while index < pattern.count, pattern[index] == UInt8(ascii: "*") { index &+= 1 }
        return index == pattern.count
    }

    func matches(_ text: [UInt8]) -> Bool {
        matches(text.span, 0, text.count)
    }

    /// A first byte and the continuation bytes behind it; of what is no UTF-8 at least one byte.
    private static func endOfCharacter(
        at position: Int, before end: Int, in bytes: Span<UInt8>
    ) -> Int {
        var next = position &+ 1
        let limit = min(end, position &+ 4)
        while next < limit, bytes[next] & 0xc0 == 0x80 { next &+= 1 }
        return next
    }
}
