import TestKit

/// Random JSON texts, and what happens to them on the way.
struct JSONGenerator {
    var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func text() -> String { space() + value(depth: 0) + space() }

    private mutating func value(depth: Int) -> String {
        switch random.below(depth < 5 ? 9 : 5) {
        case 0: ["null", "true", "false"].randomElement(using: &random) ?? "null"
        case 1, 2: number()
        case 3, 4: string()
        case 5, 6:
            "[" + items { $0.value(depth: depth + 1) } + "]"
        default:
            "{"
                + items {
                    $0.space() + $0.string() + $0.space() + ":" + $0.space()
                        + $0.value(depth: depth + 1)
                } + "}"
        }
    }

    private mutating func items(_ item: (inout JSONGenerator) -> String) -> String {
        let count = random.once(in: 3) ? 0 : random.below(5)
        let list = (0..<count).map { _ in space() + item(&self) + space() }
        return list.isEmpty ? space() : list.joined(separator: ",")
    }

    private mutating func number() -> String {
        var number = random.once(in: 3) ? "-" : ""
        number += random.once(in: 4) ? "0" : "\(1 + random.below(999_999))"
        if random.once(in: 3) { number += ".\(random.below(1000))" }
        if random.once(in: 3) {
            number +=
                ["e", "E"][random.below(2)] + ["", "+", "-"][random.below(3)]
                + "\(random.below(20))"
        }
        return number
    }

    private mutating func string() -> String {
        let pieces = [
            "a", "key", "content", " ", "é", "€", "\u{1f600}", "\\n", "\\\"", "\\\\", "\\/", "\\b",
            "\\f", "\\r", "\\t", "\\u0041", "\\u00e9", "\\u20AC", "\\ud83d\\ude00", "\\u0000",
            "plain text of more than eight bytes",
        ]
        let count = random.below(5)
        return "\"" + (0..<count).map { _ in pieces[random.below(pieces.count)] }.joined() + "\""
    }

    private mutating func space() -> String {
        random.once(in: 6) ? [" ", "\n", "\t\r\n", "  "][random.below(4)] : ""
    }

    /// One to three bytes changed, taken out, put in or doubled, mostly with bytes that JSON uses.
    mutating func mutate(_ text: [UInt8]) -> [UInt8] {
        var bytes = text
        for _ in 0...random.below(3) where !bytes.isEmpty {
            let index = random.below(bytes.count)
            switch random.below(5) {
            case 0: bytes[index] = byte()
            case 1: bytes.insert(byte(), at: index)
            case 2: bytes.remove(at: index)
            case 3: bytes.removeSubrange(index...)
            default:
                let end = min(bytes.count, index + random.below(8))
                bytes.insert(contentsOf: bytes[index..<end], at: index)
            }
        }
        return bytes
    }

    private mutating func byte() -> UInt8 {
        let likely = Array("[]{},:\"\\0123456789-+.eEtrufalsn \n\u{1}\u{7f}/bxd".utf8)
        return random.once(in: 8) ? random.byte() : likely[random.below(likely.count)]
    }
}
