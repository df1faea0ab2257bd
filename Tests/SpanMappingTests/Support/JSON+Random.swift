import TestKit

extension JSON {
    var isContainer: Bool {
        switch self {
        case .array, .object: true
        default: false
        }
    }

    /// An object of so many members.
    static func members(_ count: Int) -> JSON {
        let members = (0..<count).map { ("m\($0)", JSON.int(Int64($0))) }
        return .object(Dictionary(uniqueKeysWithValues: members))
    }

    /// A value of any form.
    static func random(depth: Int, using random: inout SplitMix64) -> JSON {
        let texts = ["", "a", "ab", "é🦊", "🦊🦊🦊", "\"\\\n\u{1}", "{", "[1]", "漢字漢字漢字", "0042"]
        switch random.below(depth > 0 ? 11 : 6) {
        case 0: return .null
        case 1: return .bool(random.once(in: 2))
        case 2: return .int(Int64(random.below(2_000_000)) - 1_000_000)
        case 3: return .double(Double(random.below(1000)) + 0.5)
        case 4, 5: return .string(random.pick(texts))
        case 6, 7:
            return .array(
                (0..<random.below(7)).map { _ in .random(depth: depth - 1, using: &random) })
        default:
            var members: [String: JSON] = [:]
            for _ in 0..<random.below(7) {
                members[random.pick(["a", "b", "c", "d", "é", "🦊", "x y", "n.m", "quo\"te"])] =
                    .random(depth: depth - 1, using: &random)
            }
            return .object(members)
        }
    }
}
