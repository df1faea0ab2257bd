import TestKit
import Testing

@testable import MastraRecords

/// `JSONTree` beside `JSONSerialization`, on texts that are JSON and texts that were.
///
/// Where the two differ, and why; `isComparable` keeps these out of what is compared at random:
/// - half a surrogate pair as an escape: RFC 8259 8.2 leaves it open. We parse it, and read U+FFFD.
/// - a number beyond a `Double`: the grammar allows it. We keep the text, Foundation refuses.
/// - a byte order mark, UTF-16, UTF-32: Foundation detects them, RFC 8259 8.1 wants UTF-8 alone.
/// - a comma before the end of an array: Foundation lets it pass, RFC 8259 5 does not.
/// - digits beyond the 17th: Foundation rounds some of them to a neighbour, so numbers are compared
///   to within a few units in the last place (`JSONValue.areAlike`).
/// - more than 64 levels and more than 65,536 nodes: a limit of ours.
struct JSONTreeOracleTests {
    @Test func `random texts say the same to both`() throws {
        for seed in 1...1500 as ClosedRange<UInt64> {
            var generator = JSONGenerator(seed: seed)
            let text = generator.text()
            let value = JSONValue(tree: Array(text.utf8))
            #expect(value != nil, "seed \(seed): \(text)")
            #expect(
                JSONValue.areAlike(value, JSONValue(foundation: Array(text.utf8))),
                "seed \(seed): \(text)")
        }
    }

    @Test func `mutated texts are taken and refused alike`() {
        var taken = 0
        var refused = 0
        for seed in 1...1000 as ClosedRange<UInt64> {
            var generator = JSONGenerator(seed: seed)
            let text = Array(generator.text().utf8)
            for round in 0..<6 {
                let mutant = generator.mutate(text)
                guard Self.isComparable(mutant) else { continue }
                let value = JSONValue(tree: mutant)
                if value == nil { refused += 1 } else { taken += 1 }
                let shown = String(decoding: mutant, as: UTF8.self)
                #expect(
                    JSONValue.areAlike(value, JSONValue(foundation: mutant)),
                    "seed \(seed) round \(round): \(shown)")
            }
        }
        #expect(taken > 500)
        #expect(refused > 1000)
    }

    @Test func `short texts of JSON's own characters are taken and refused alike`() {
        let letters = Array("[]{},:\"1-.e0t".utf8)
        var random = SplitMix64(seed: 1)
        for _ in 0..<5000 {
            let text = (0..<1 + random.below(7)).map { _ in letters[random.below(letters.count)] }
            guard Self.isComparable(text) else { continue }
            #expect(
                JSONValue.areAlike(JSONValue(tree: text), JSONValue(foundation: text)),
                "\(String(decoding: text, as: UTF8.self))")
        }
    }

    @Test(arguments: [
        (#""\ud83d""#, "\u{fffd}"), (#""\ude00""#, "\u{fffd}"), (#""\ud83dx""#, "\u{fffd}x"),
        (#""\ud83d\ud83d\ude00""#, "\u{fffd}\u{1f600}"), (#""\ud83d\n""#, "\u{fffd}\n"),
    ])
    func `half a surrogate pair is parsed and reads as U+FFFD`(text: String, value: String) {
        #expect(JSONValue(tree: Array(text.utf8)) == .string(value))
        #expect(!Self.isComparable(Array(text.utf8)))
    }

    @Test(arguments: ["1e999", "-1e400", "123456789e99999"])
    func `a number beyond a double is parsed and kept as text`(text: String) {
        #expect(JSONValue(tree: Array(text.utf8)) != nil)
        #expect(JSONValue(foundation: Array(text.utf8)) == nil)
        #expect(!Self.isComparable(Array(text.utf8)))
    }

    @Test(arguments: ["[1,]", "[\"\", ]", "[[1,],2]"])
    func `a comma before the end of an array is refused`(text: String) {
        #expect(JSONValue(tree: Array(text.utf8)) == nil)
        #expect(JSONValue(foundation: Array(text.utf8)) != nil)
        #expect(!Self.isComparable(Array(text.utf8)))
    }

    @Test(
        arguments: [
            [0xef, 0xbb, 0xbf, 0x31], [0x31, 0x00], [0x00, 0x31], [0xff, 0xfe, 0x31, 0x00],
        ] as [[UInt8]])
    func `other encodings and marks are refused`(bytes: [UInt8]) {
        #expect(JSONValue(tree: bytes) == nil)
        #expect(!Self.isComparable(bytes))
    }

    /// Whether a text is free of the differences above. Judged from the bytes alone, without the
    /// tree, and rather too often no than yes.
    private static func isComparable(_ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        let hasHalf = text.replacing(/(\\u[dD][89abAB]..\\u[dD][c-fC-F]..)/, with: "")
            .contains(/\\u[dD][89a-fA-F]/)
        let hasHugeNumber = text.contains(/[eE][+]?\d{3,}|[\d.]{300,}/)
        let hasOtherEncoding =
            bytes.contains(0) || bytes.starts(with: [0xef, 0xbb, 0xbf])
            || bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff])
        let hasTrailingComma = text.contains(/,\s*\]/)
        return !hasHalf && !hasHugeNumber && !hasOtherEncoding && !hasTrailingComma
    }
}
