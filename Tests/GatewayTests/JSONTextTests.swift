import Foundation
import Testing

@testable import Gateway

@Suite struct JSONTextTests {
    @Test(arguments: [
        ("", "\"\""), ("abc", "\"abc\""), ("a\"b\\c", #""a\"b\\c""#), ("a\nb", #""a\nb""#),
        ("✓", "\"✓\""),
    ])
    func `texts are quoted`(_ text: String, _ expected: String) {
        #expect(JSONText.quoted(text) == expected)
    }

    @Test func `any text comes back from a JSON reader`() throws {
        let text = (0..<0x250).map { String(UnicodeScalar(UInt32($0))!) }.joined() + "\u{2028}😀"
        let quoted = JSONText.quoted(text)
        let object = try JSONSerialization.jsonObject(
            with: Data(quoted.utf8), options: .fragmentsAllowed)
        #expect(object as? String == text)
        #expect(quoted.utf8.allSatisfy { $0 >= 0x20 })
    }

    @Test(arguments: [
        ("abc", "abc"), ("a=b", "a=b"), ("127.0.0.1:4318", "127.0.0.1:4318"), ("", "\"\""),
        ("a b", "\"a b\""), ("a\"b", #""a\"b""#), ("a\tb", #""a\tb""#), ("✓", "\"✓\""),
    ])
    func `texts stand bare only where their end is plain`(_ text: String, _ expected: String) {
        #expect(JSONText.bareOrQuoted(text) == expected)
    }
}
