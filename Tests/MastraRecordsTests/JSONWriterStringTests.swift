import Foundation
import TestKit
import Testing

@testable import MastraRecords

struct JSONWriterStringTests {
    @Test func `each single byte reads back as itself or as one U+FFFD`() throws {
        for byte in UInt8.min...UInt8.max {
            try expectReadsBack([byte])
            #expect(writtenString([byte]).replaced == (byte >= 0x80))
        }
    }

    @Test(arguments: [
        ("\"", #""\"""#), ("\\", #""\\""#), ("\n", #""\n""#), ("\r", #""\r""#), ("\t", #""\t""#),
        ("\u{8}", #""\u0008""#), ("\u{c}", #""\u000c""#), ("\0", #""\u0000""#),
        ("\u{1f}", #""\u001f""#), ("\u{7f}", "\"\u{7f}\""), ("/", "\"/\""), ("é", "\"é\""),
        ("\u{2028}", "\"\u{2028}\""), ("\u{1f600}", "\"\u{1f600}\""), ("", "\"\""),
    ])
    func `a character is written in its one form`(plain: String, json: String) {
        #expect(text { $0.string(plain) } == json)
        #expect(String(decoding: writtenString(Array(plain.utf8)).json, as: UTF8.self) == json)
    }

    @Test(
        arguments: [
            [0x22], [0x5c], [0x0a], [0x00], [0x1f], [0x7f], [0x80], [0xff], [0x21], [0x5b], [0x5d],
            Array("é".utf8), Array("€".utf8), Array("\u{1f600}".utf8), [0xe2, 0x82],
        ] as [[UInt8]])
    func `a special character at each place of each length reads back`(
        special: [UInt8]
    ) throws {
        for length in 0...40 {
            for place in 0...length {
                var bytes = [UInt8](repeating: UInt8(ascii: "a"), count: length)
                bytes.insert(contentsOf: special, at: place)
                try expectReadsBack(bytes)
            }
        }
    }

    @Test func `two special characters side by side and apart read back`() throws {
        for first: UInt8 in [0x22, 0x5c, 0x09, 0x80, 0x21, 0x23, 0x5d, 0x20] {
            for second: UInt8 in [0x22, 0x5c, 0x01, 0xff, 0x23, 0x5d, 0x21] {
                for gap in 0...9 {
                    let gapBytes = [UInt8](repeating: 0x23, count: gap)
                    try expectReadsBack([first] + gapBytes + [second] + gapBytes)
                }
            }
        }
    }

    @Test(
        arguments: [
            ("overlong /", [0xc0, 0xaf], 2), ("overlong 7f", [0xc1, 0xbf], 2),
            ("overlong in three", [0xe0, 0x9f, 0xbf], 3),
            ("overlong in four", [0xf0, 0x8f, 0xbf, 0xbf], 4),
            ("first surrogate", [0xed, 0xa0, 0x80], 3), ("last surrogate", [0xed, 0xbf, 0xbf], 3),
            ("above U+10FFFF", [0xf4, 0x90, 0x80, 0x80], 4), ("five bytes", [0xf8, 0x88, 0x80], 3),
            ("two of three", [0xe2, 0x82], 2), ("three of four", [0xf0, 0x9f, 0x98], 3),
            ("lone tail", [0xbf], 1), ("no bytes", [0xfe, 0xff], 2),
            ("head, then ASCII", [0xe2, 0x61], 1),
            ("head, then a character", [0xe2, 0xc3, 0xa9], 1),
        ] as [(String, [UInt8], Int)])
    func `each byte of broken UTF-8 becomes one U+FFFD and the flag is set`(
        name: String, bytes: [UInt8], count: Int
    ) throws {
        let (json, replaced) = writtenString([0x61] + bytes + [0x62])
        let scalars = String(decoding: json, as: UTF8.self).unicodeScalars
        #expect(replaced)
        #expect(scalars.count { $0 == "\u{fffd}" } == count)
        try expectReadsBack(bytes)
    }

    @Test(arguments: [
        "\u{80}", "\u{7ff}", "\u{800}", "\u{d7ff}", "\u{e000}", "\u{ffff}",
        "\u{10000}", "\u{10ffff}", "\u{fffd}",
    ])
    func `the first and last character of each length are kept and the flag stays down`(
        character: String
    ) throws {
        let bytes = Array(character.utf8)
        #expect(writtenString(bytes).json == [0x22] + bytes + [0x22])
        #expect(!writtenString(bytes).replaced)
    }

    @Test func `every three bytes with a head of two or more read back`() throws {
        for head: UInt8 in [0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf4, 0xf5] {
            for second in stride(from: 0x00, through: 0xff, by: 5).map(UInt8.init) + [0x9f, 0xbf] {
                for third: UInt8 in [0x7f, 0x80, 0xbf, 0xc0] {
                    try expectReadsBack([head, second, third, 0x80])
                }
            }
        }
    }

    @Test func `random bytes read back`() throws {
        for seed in 1...2000 as ClosedRange<UInt64> {
            var random = SplitMix64(seed: seed)
            let bytes = (0..<random.below(80)).map { _ in
                random.once(in: 3) ? random.byte() : 0x20 + random.byte() % 0x5f
            }
            try expectReadsBack(bytes, "seed \(seed)")
        }
    }

    @Test func `random text reads back unchanged`() throws {
        for seed in 1...500 as ClosedRange<UInt64> {
            var random = SplitMix64(seed: seed)
            var plain = String.UnicodeScalarView()
            for _ in 0..<random.below(40) {
                let value = UInt32(truncatingIfNeeded: random.next()) % 0x11_0000
                if let scalar = Unicode.Scalar(random.once(in: 2) ? value & 0xff : value) {
                    plain.append(scalar)
                }
            }
            let (json, replaced) = writtenString(Array(String(plain).utf8))
            #expect(!replaced, "seed \(seed)")
            #expect(try Array(parse(json).utf8) == Array(String(plain).utf8), "seed \(seed)")
        }
    }

    @Test func `a part of the bytes is written and its surroundings are not looked at`() {
        let bytes = Array("é\"ab\"é".utf8)
        #expect(text { $0.string(bytes.span, 3, 5) } == "\"ab\"")
        #expect(text { $0.stringContent(bytes.span, 3, 5) } == "ab")
        #expect(text { $0.stringContent(bytes.span, 3, 3) } == "")
        // The character goes on behind the end: cut, it is broken.
        #expect(text { $0.stringContent(bytes.span, 0, 1) } == "\u{fffd}")
    }

    /// The written string has to be JSON and to read back as the input in which each byte that
    /// begins no well-formed character is one U+FFFD. `String(decoding:)` has the same text, but
    /// one U+FFFD for all bytes of a character that breaks off: runs of it may be shorter.
    private func expectReadsBack(
        _ bytes: [UInt8], _ origin: String = "", at location: SourceLocation = #_sourceLocation
    ) throws {
        let (json, replaced) = writtenString(bytes)
        let read = try parse(json)
        let expected = Self.decoded(bytes)
        #expect(
            Array(read.utf8) == Array(expected.utf8), "\(origin) \(bytes)",
            sourceLocation: location)
        let decoded = String(decoding: bytes, as: UTF8.self)
        #expect(
            Self.collapsed(read) == Self.collapsed(decoded), "\(origin) \(bytes)",
            sourceLocation: location)
        #expect(
            replaced == (String(validating: bytes, as: UTF8.self) == nil), "\(origin) \(bytes)",
            sourceLocation: location)
    }

    private func parse(_ json: [UInt8]) throws -> String {
        let value = try JSONSerialization.jsonObject(
            with: Data(json), options: [.fragmentsAllowed])
        return try #require(value as? String)
    }

    private static func decoded(_ bytes: [UInt8]) -> String {
        var text = String.UnicodeScalarView()
        var position = 0
        while position < bytes.count {
            let lengths = 1...min(4, bytes.count - position)
            let characters = lengths.compactMap {
                String(validating: bytes[position..<position + $0], as: UTF8.self)
            }
            text.append(characters.first?.unicodeScalars.first ?? "\u{fffd}")
            position += characters.first?.utf8.count ?? 1
        }
        return String(text)
    }

    private static func collapsed(_ text: String) -> [Unicode.Scalar] {
        text.unicodeScalars.reduce(into: []) { scalars, next in
            if next != "\u{fffd}" || scalars.last != next { scalars.append(next) }
        }
    }
}
