import Testing

@testable import Gateway

@Suite struct MarkupTests {
    @Test func `text is escaped, and markup is not escaped again`() {
        let inner: Markup = "<b>\("a<b")</b>"
        let outer: Markup = "<p title=\"\("\"")\">\(inner)\([inner, inner], separator: ",")</p>"
        let text = "<b>a&lt;b</b>"
        #expect(outer.html == "<p title=\"&quot;\">\(text)\(text),\(text)</p>")
    }

    @Test func `what is not there leaves nothing`() {
        let nothing: Markup? = nil
        let markup: Markup = "<p>\(nothing)</p>"
        #expect(markup.html == "<p></p>")
    }

    @Test func `a combined character does not hide what it follows`() {
        #expect(
            Markup.escaped("<\u{301}>\u{20dd}&\u{301}") == "&lt;\u{301}&gt;\u{20dd}&amp;\u{301}")
    }
}
