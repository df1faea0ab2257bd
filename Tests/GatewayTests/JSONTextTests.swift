import Testing

@testable import Gateway

@Suite struct JSONTextTests {
    @Test func `a plain text is quoted`() {
        #expect(JSONText.quoted("abc") == "\"abc\"")
    }
}
