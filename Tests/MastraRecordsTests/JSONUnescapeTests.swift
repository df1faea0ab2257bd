import TestKit
import Testing

@testable import MastraRecords

struct JSONUnescapeTests {
    @Test(arguments: [
        ("", ""), ("plain", "plain"), ("é€\u{1f600}", "é€\u{1f600}"),
        (#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"), (#"\u0041\u00e9\u20AC"#, "Aé€"),
        (#"\u0000"#, "\0"), (#"\uffff"#, "\u{ffff}"), (#"\ud83d\ude00"#, "\u{1f600}"),
        (#"\uD800\uDC00"#, "\u{10000}"), (#"\udbff\udfff"#, "\u{10ffff}"),
        (#"a\u0062c\ud83d\ude00d"#, "abc\u{1f600}d"), (#"\\u0041"#, "\\u0041"),
    ])
    func `text is read from its escapes`(content: String, text: String) {
        #expect(Self.unescaped(content) == Array(text.utf8))
    }

    @Test(arguments: [
        (#"\ud83d"#, "\u{fffd}"), (#"\ude00"#, "\u{fffd}"), (#"\ud83dabc"#, "\u{fffd}abc"),
        (#"\ud83d\n"#, "\u{fffd}\n"), (#"\ud83d\u0041"#, "\u{fffd}A"),
        (#"\ud83d\ud83d\ude00"#, "\u{fffd}\u{1f600}"), (#"\ude00\ud83d"#, "\u{fffd}\u{fffd}"),
        (#"\udbff\ue000"#, "\u{fffd}\u{e000}"), (#"\ud800\udbff"#, "\u{fffd}\u{fffd}"),
    ])
    func `half a surrogate pair is one U+FFFD`(content: String, text: String) {
        #expect(Self.unescaped(content) == Array(text.utf8))
    }

    @Test func `each code unit alone is its character or U+FFFD`() {
        for unit in UInt32(0)...0xffff {
            let digits = String(unit, radix: 16)
            let content = "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            let character = Unicode.Scalar(unit).map { Character($0) } ?? "\u{fffd}"
            let text = Self.unescaped(content)
            if text != Array(String(character).utf8) { Issue.record("\(content): \(text)") }
        }
    }

    @Test func `random pairs are their characters`() {
        var random = SplitMix64(seed: 1)
        for _ in 0..<2000 {
            let value = UInt32(0x1_0000 + random.below(0x10_0000))
            let units = String(Character(Unicode.Scalar(value) ?? " ")).utf16
            let content = units.map { "\\u" + String($0, radix: 16) }.joined()
            #expect(Self.unescaped(content) == Array(String(decoding: units, as: UTF16.self).utf8))
        }
    }

    @Test(arguments: [#"\"#, #"\u"#, #"\u12"#, #"\u123"#, #"\ud83d\"#, #"\ud83d\u"#, #"\ud83d\u1"#])
    func `an escape that breaks off costs no more than itself`(content: String) {
        #expect(!Self.unescaped(content).isEmpty)
    }

    @Test func `text is added to what is there, from a part of the bytes`() {
        let bytes = Array(#"x\ny"#.utf8)
        var text = Array("a".utf8)
        JSONUnescape.append(bytes.span, 1, 3, to: &text)
        #expect(text == Array("a\n".utf8))
        JSONUnescape.append(bytes.span, 4, 4, to: &text)
        #expect(text.count == 2)
    }

    private static func unescaped(_ content: String) -> [UInt8] {
        let bytes = Array(content.utf8)
        var text: [UInt8] = []
        JSONUnescape.append(bytes.span, 0, bytes.count, to: &text)
        return text
    }
}
