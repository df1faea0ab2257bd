import Testing

@testable import MastraRecords

struct JSONTreeTests {
    @Test(arguments: [
        "null", "true", "false", "0", "-0", "10", "-1.5", "1e5", "1E+5", "1.25e-7", "\"\"",
        "[]", "{}", " [ ] ", "\t{\n}\r ", "[1,[2,{\"a\":[]}],{}]", #""\"\\\/\b\f\n\r\t\u00eF""#,
        "\"é€\u{1f600}\"", "\"\u{7f}\"", #"{"a":1,"a":2}"#, #"{"":0}"#,
        "[\"0123456789abcdef\",\"01234567\\\"\"]",
    ])
    func `what RFC 8259 allows is parsed`(text: String) {
        #expect(Self.parses(Array(text.utf8)))
    }

    @Test(arguments: [
        "", " ", "nul", "nulll", "True", "truefalse", "01", "-", "-01", "+1", "1.", ".5", "1e",
        "1e+", "1.e5", "0x1", "NaN", "Infinity", "1 2", "'a'", "\"", "\"a", "\"\\\"", "\"\\x\"",
        "\"\\u12\"", "\"\\u123", "\"\\u12g4\"", "\"\n\"", "\"\t\"", "\"\u{1f}\"", "\"\0\"", "[",
        "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1}", "{", "}", "{\"a\"", "{\"a\":",
        "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,}", "{a:1}", "{1:1}", "{\"a\" 1}", "{\"a\",1}",
        "{\"a\":1]", "[]]", "[] x", "\u{feff}[]", "\u{a0}1", "//c\n1", "\0", "[\0]", "\u{b}1",
        "\"\\", "\"\\u", "\"\\ud83d\\u", "t", "f", "n", "-a", "[1]\u{0}",
    ])
    func `what RFC 8259 does not allow is refused`(text: String) {
        #expect(!Self.parses(Array(text.utf8)))
    }

    @Test(
        arguments: [
            [0xff], [0x80], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80],
            [0xe2, 0x82],
            [0xf0, 0x9f, 0x98],
        ] as [[UInt8]])
    func `text that is not UTF-8 is refused wherever it stands`(bytes: [UInt8]) {
        for before in 0...17 {
            let padding = [UInt8](repeating: 0x61, count: before)
            #expect(!Self.parses([0x22] + padding + bytes + [0x22]))
            #expect(!Self.parses([0x22] + padding + bytes))
            #expect(!Self.parses(Array("{\"".utf8) + padding + bytes + Array("\":1}".utf8)))
        }
        #expect(!Self.parses(bytes))
    }

    @Test func `a text is looked at from its start to its end alone`() {
        let bytes = Array("x[1]y\"é\"".utf8)
        #expect(ParsedText(bytes, 1, 4).isJSON)
        #expect(ParsedText(bytes, 1, 4).raw(0) == "[1]")
        #expect(!ParsedText(bytes, 1, 3).isJSON)
        #expect(!ParsedText(bytes, 1, 5).isJSON)
        #expect(!ParsedText(bytes, 2, 2).isJSON)
        #expect(!ParsedText(bytes, 5, 7).isJSON)
        #expect(!ParsedText(bytes, 5, 8).isJSON)
        #expect(ParsedText(bytes, 5, 9).isJSON)
    }

    @Test func `64 levels are parsed and the 65th is refused`() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            func nested(_ levels: Int) -> [UInt8] {
                Array(
                    (String(repeating: open, count: levels) + "1"
                        + String(repeating: close, count: levels)).utf8)
            }
            #expect(Self.parses(nested(64)))
            #expect(!Self.parses(nested(65)))
            #expect(!Self.parses(nested(20_000)))
        }
        let empty = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
        #expect(!Self.parses(Array(empty.utf8)))
        #expect(!Self.parses([UInt8](repeating: 0x5b, count: 100_000)))
    }

    @Test func `65,536 nodes are parsed and one more is refused`() {
        func list(_ items: Int) -> [UInt8] {
            Array(("[" + Array(repeating: "1", count: items).joined(separator: ",") + "]").utf8)
        }
        #expect(Self.parses(list(65_535)))
        #expect(!Self.parses(list(65_536)))
        let full = ParsedText(list(65_535))
        #expect(full.tree.nodes.count == 65_536)
        #expect(full.tree.childCount(of: 0) == 65_535)
    }

    @Test func `a tree is filled again after a text that it refused`() {
        var tree = JSONTree()
        for text in ["[1,2,3]", "[1,", "{\"a\":1}", "", "7"] {
            let bytes = Array(text.utf8)
            let parsed = tree.parse(bytes.span, 0, bytes.count)
            #expect(parsed == (text != "" && text != "[1,"))
        }
        #expect(tree.nodes.count == 1)
        #expect(tree.nodes[0].kind == .number)
    }

    private static func parses(_ bytes: [UInt8]) -> Bool { ParsedText(bytes).isJSON }
}
