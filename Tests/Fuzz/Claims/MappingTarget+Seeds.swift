import TestKit

@testable import SpanMapping

extension MappingTarget {
    package static func seeds() throws -> [[UInt8]] {
        let usual = [UInt8](repeating: 0, count: choices)
        let unusual: [[UInt8]] = [
            [1], [1 | 2 | 4], [8 | 16], [32], [64, 1, 1, 1, 1, 1], [0, 2, 3, 2, 3, 3],
        ].map { $0 + [UInt8](repeating: 0, count: choices - $0.count) }
        let spans = try Payloads.singleSpans()
        return spans.map { $0 + usual }
            + spans.enumerated().filter { $0.offset % 7 == 0 }.map {
                $0.element + unusual[$0.offset % unusual.count]
            } + neighbours.map { $0 + usual }
    }

    /// Keys that the tables know, and texts that values are looked through for.
    package static func words() -> [[UInt8]] {
        let texts =
            AttributeKey.allCases.map(\.rawValue)
            + KeyFamily.allCases.flatMap { family in
                ["0", "0.message.content", "1.message.tool_calls.0.tool_call.function.name"].map {
                    "\(family.prefix)\($0)"
                }
            }
            + [
                "{\"role\":\"user\",\"content\":\"c\"}", "[{\"type\":\"text\",\"text\":\"t\"}]",
                "{\"password\":1}", "\\ud83e\\udd8a", "\\ud800", "\"\\\"\"", "tool_call",
                "assistant", "{'a': None}", "🦊", "exception", "gen_ai.choice",
            ]
        return texts.map { Array($0.utf8) }
    }

    package static func mutated(
        _ input: [UInt8], maxBytes: Int, seed: UInt64, by change: ByteChange
    ) -> [UInt8]? {
        guard input.count > choices, seed % 16 != 1 else { return nil }
        return withoutActuallyEscaping(change) { change in
            var mutation = WireMutation(
                seed: seed, keys: keys, maxBytes: maxBytes, change: change)
            return mutation.mutated(Array(input.dropLast(choices))) + input.suffix(choices)
        }
    }

    private static let keys = words()

    /// Spans of one request that know each other.
    private static var neighbours: [[UInt8]] {
        func call(_ id: UInt8, parent: UInt8) -> [UInt8] {
            .all(
                .field(1, bytes: [UInt8](repeating: 1, count: 16)),
                .field(2, bytes: [UInt8](repeating: id, count: 8)),
                .field(4, bytes: [UInt8](repeating: parent, count: 8)),
                .field(7, fixed64: 1_700_000_000_000_000_000),
                .field(8, fixed64: 1_700_000_001_000_000_000),
                WalkTarget.attribute("gen_ai.operation.name", .field(1, text: "chat")),
                WalkTarget.attribute("gen_ai.usage.input_tokens", .field(3, varint: 7)),
                WalkTarget.attribute("gen_ai.usage.output_tokens", .field(3, varint: 9)))
        }
        return [
            WalkTarget.request(call(2, parent: 0), call(3, parent: 2), call(3, parent: 2)),
            WalkTarget.request(call(3, parent: 2), call(2, parent: 3), call(4, parent: 4)),
        ]
    }
}
