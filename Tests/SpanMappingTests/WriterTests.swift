import MastraRecords
import OTLP
import TestKit
import Testing

@testable import SpanMapping

/// The writers of values compared with one that is simple, on random values. A failure names the seed
/// that makes it again.
struct WriterTests {
    private static func view(of encoded: [UInt8]) -> ValueView {
        var view = ValueView()
        view.merge(Slice(0, encoded.count), in: encoded.span)
        return view
    }

    @Test func `an attribute value is written as the simple writer does`() {
        for seed in Seeds(count: 3000, first: 7_000_000) {
            var random = SplitMix64(seed: seed)
            let value = AttributeValue.random(depth: 4, using: &random)
            let encoded = value.encoded
            var writer = JSONWriter(capacity: 64)
            writer.value(Self.view(of: encoded), in: encoded.span, depth: 1, .unlimited)
            let text = String(decoding: writer.bytes(from: 0), as: UTF8.self)
            #expect(text == NaiveJSON.text(value), "seed \(seed)")
        }
    }

    @Test func `a value that goes through the tree is the same`() {
        for seed in Seeds(count: 1500, first: 7_100_000) {
            var random = SplitMix64(seed: seed)
            let value = AttributeValue.random(depth: 4, hasRepeats: false, using: &random)
            let encoded = value.encoded
            var tree = ValueTree()
            let id = tree.value(Self.view(of: encoded), in: encoded.span)
            var writer = JSONWriter(capacity: 64)
            tree.write(id, depth: 1, .unlimited, maxBytes: .max, to: &writer)
            let text = String(decoding: writer.bytes(from: 0), as: UTF8.self)
            #expect(text == NaiveJSON.text(value), "seed \(seed)")
        }
    }

    /// What a double is written as is that double to its last bit.
    @Test func `a double reads back equal`() throws {
        var random = SplitMix64(seed: 8)
        let doubles =
            (0..<3000).map { _ in Double(bitPattern: random.next()) }
            + [0, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1e16, 1e-5, 123_456_789]
        for number in doubles where number.isFinite {
            var writer = JSONWriter(capacity: 64)
            writer.double(number)
            let bytes = writer.bytes(from: 0)
            var parser = JSONParser(bytes)
            let read: Double? =
                switch try parser.parse() {
                case .double(let read): read
                case .int(let read): Double(read)
                default: nil
                }
            #expect(read?.bitPattern == number.bitPattern, "\(number)")
        }
    }

    @Test func `every whole number is written with every digit`() {
        let powers = (0..<63).map { Int64(1) << $0 }
        let near = powers.flatMap { [$0 - 1, $0, $0 + 1, -$0, -$0 - 1] }
        for number in near + [.max, .min, .max - 1, .min + 1] {
            var writer = JSONWriter(capacity: 64)
            writer.integer(number)
            let isSafe = (-9_007_199_254_740_991...9_007_199_254_740_991).contains(number)
            #expect(
                String(decoding: writer.bytes(from: 0), as: UTF8.self)
                    == (isSafe ? "\(number)" : "\"\(number)\""))
        }
    }

    /// Eight bytes are looked at at once: each character at each place of them.
    @Test func `a character is written alike wherever it stands`() {
        let odd: [[UInt8]] =
            [[0x22], [0x5c], [0], [0x1f], [0x0a], [0x7f], [0x80], [0xff], [0xc2], [0xe2, 0x82]]
            + ["é", "漢", "🦊", "\u{10ffff}"].map { Array($0.utf8) }
        for character in odd {
            for before in 0..<18 {
                for after in 0..<10 {
                    let bytes =
                        [UInt8](repeating: 0x61, count: before) + character
                        + [UInt8](repeating: 0x62, count: after)
                    var writer = JSONWriter(capacity: 64)
                    writer.string(bytes.span, 0, bytes.count)
                    // A part of a longer text, whose rest must not be read as its own.
                    let longer = [0x22, 0xc3] + bytes + [0xa9, 0x5c]
                    var other = JSONWriter(capacity: 64)
                    other.string(longer.span, 2, 2 + bytes.count)
                    let expected = NaiveJSON.string(bytes)
                    #expect(String(decoding: writer.bytes(from: 0), as: UTF8.self) == expected)
                    #expect(String(decoding: other.bytes(from: 0), as: UTF8.self) == expected)
                }
            }
        }
    }

    // MARK: JSON that was parsed

    /// JSON text as the tree writes it, or nil where it does not parse.
    ///
    /// - Parameter maxBytes: where it is set, nothing is copied as a whole.
    private static func rewritten(_ bytes: [UInt8], maxBytes: Int = .max) -> [UInt8]? {
        var tree = ValueTree()
        let id = tree.string(bytes.span, 0, bytes.count)
        guard let parsed = tree.parsed(id, .unlimited) else { return nil }
        var writer = JSONWriter(capacity: 64)
        tree.write(parsed, depth: 0, .unlimited, maxBytes: maxBytes, to: &writer)
        return writer.bytes(from: 0)
    }

    @Test func `JSON text is written as what it says`() throws {
        for seed in Seeds(count: 1500, first: 7_200_000) {
            var random = SplitMix64(seed: seed)
            let value = JSON.random(depth: 5, using: &random)
            guard value.isContainer else { continue }
            let text = value.spaced(using: &random)
            for maxBytes in [Int.max, 1 << 40] {
                let bytes = try #require(
                    Self.rewritten(Array(text.utf8), maxBytes: maxBytes), "seed \(seed): \(text)")
                var parser = JSONParser(bytes)
                let read = try parser.parse()
                #expect(read == value, "seed \(seed)")
            }
        }
    }

    @Test func `what the simple reader refuses is not parsed, and the other way round`() throws {
        for seed in Seeds(count: 3000, first: 7_300_000) {
            var random = SplitMix64(seed: seed)
            var bytes = Array(JSON.array([.random(depth: 3, using: &random)]).text.utf8)
            let letters = Array("{}[]\",:\\u0e+-.1tfn \n\u{1}".utf8) + [0x80, 0xc3]
            for _ in 0...random.below(2) {
                let index = random.below(bytes.count)
                switch random.below(3) {
                case 0: bytes[index] = random.pick(letters)
                case 1: bytes.insert(random.pick(letters), at: index)
                default: if bytes.count > 1 { bytes.remove(at: index) }
                }
            }
            var parser = JSONParser(bytes, duplicates: .lastWins)
            let expected = try? parser.parse()
            let isContainer = expected?.isContainer == true
            // A literal is opened where it holds JSON.
            if case .string = expected { continue }
            let rewritten = Self.rewritten(bytes)
            #expect((rewritten != nil) == isContainer, "seed \(seed)")
            guard let rewritten, let expected else { continue }
            var again = JSONParser(rewritten, duplicates: .lastWins)
            let read = try again.parse()
            #expect(read == expected, "seed \(seed)")
        }
    }
}

extension AttributeValue {
    /// A value of any kind, with the characters and numbers that need thought.
    static func random(
        depth: Int, hasRepeats: Bool = true, using random: inout SplitMix64
    ) -> AttributeValue {
        func text(_ random: inout SplitMix64) -> String {
            let pieces = [
                "a", "plain text ", "\"", "\\", "/", "\n", "\r", "\t", "\0", "\u{1f}", "\u{7f}",
                "é",
                "漢", "🦊", "\u{2028}", "\u{10ffff}", "\u{fffd}", "12345678",
            ]
            return (0..<random.below(6)).map { _ in random.pick(pieces) }.joined()
        }
        func next(_ random: inout SplitMix64) -> AttributeValue {
            .random(depth: depth - 1, hasRepeats: hasRepeats, using: &random)
        }
        switch random.below(depth > 0 ? 14 : 9) {
        case 0, 1: return .string(text(&random))
        case 2: return .text((0..<random.below(12)).map { _ in random.byte() })
        case 3: return .int(Int64(bitPattern: random.next()) >> Int64(random.below(64)))
        case 4: return .int(random.pick([.max, .min, 0, 1 << 53, -(1 << 53), 1 << 53 - 1]))
        case 5: return .double(Double(bitPattern: random.next()))
        case 6: return .double(random.pick([.nan, .infinity, -.infinity, -0.0, 0, 12, 1e300]))
        case 7: return random.once(in: 3) ? .empty : .bool(random.once(in: 2))
        case 8: return .bytes((0..<random.below(9)).map { _ in random.byte() })
        case 9, 10, 11: return .array((0..<random.below(5)).map { _ in next(&random) })
        default:
            var pairs = (0..<random.below(6)).map { _ in Attribute(text(&random), next(&random)) }
            if !hasRepeats {
                pairs = pairs.enumerated().map {
                    Attribute($1.key + "\($0)", $1.value)
                }
            }
            return .map(pairs)
        }
    }
}

extension JSON {
    /// As JSON text with space and escapes here and there.
    fileprivate func spaced(using random: inout SplitMix64) -> String {
        func space(_ random: inout SplitMix64) -> String {
            random.pick(["", "", "", " ", "\n", "\t\r\n  "])
        }
        func string(_ text: String, _ random: inout SplitMix64) -> String {
            let units = text.unicodeScalars.map { scalar -> String in
                guard random.once(in: 3) else { return JSON.string(String(scalar)).text.inner }
                return String(scalar).utf16.map { unit in
                    let hex = String(unit, radix: 16, uppercase: random.once(in: 2))
                    return "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
                }.joined()
            }
            return "\"" + units.joined() + "\""
        }
        switch self {
        case .string(let text): return string(text, &random)
        case .array(let items):
            let texts = items.map { space(&random) + $0.spaced(using: &random) + space(&random) }
            return "[" + (texts.isEmpty ? space(&random) : texts.joined(separator: ",")) + "]"
        case .object(let members):
            let texts = members.sorted { $0.key < $1.key }.map { name, value in
                space(&random) + string(name, &random) + space(&random) + ":" + space(&random)
                    + value.spaced(using: &random) + space(&random)
            }
            return "{" + (texts.isEmpty ? space(&random) : texts.joined(separator: ",")) + "}"
        default: return text
        }
    }
}

extension String {
    fileprivate var inner: String { String(dropFirst().dropLast()) }
}
