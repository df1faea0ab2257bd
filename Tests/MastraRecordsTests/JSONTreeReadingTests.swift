import Testing

@testable import MastraRecords

struct JSONTreeReadingTests {
    private let text = ParsedText(
        #" {"role":"user","n":1,"list":[true,null,"a\n"],"x":{"role":2},"role":"tool","\u0061":0} "#
    )

    @Test func `children come in the order of the text`() throws {
        let list = try #require(text.member("list"))
        #expect(text.children(of: list).map(text.raw) == ["true", "null", #""a\n""#])
        #expect(
            text.children(of: list).map { text.tree.nodes[$0].kind } == [.bool, .null, .string])
        #expect(text.tree.childCount(of: list) == 3)
        #expect(text.tree.childCount(of: 0) == 6)
    }

    @Test func `what is empty or no container has no children`() {
        for plain in ["[]", "{}", "1", "\"\"", "null"] {
            let text = ParsedText(plain)
            #expect(text.isJSON)
            #expect(text.tree.firstChild(of: 0) == nil)
            #expect(text.tree.sibling(of: 0) == nil)
            #expect(text.tree.childCount(of: 0) == 0)
        }
    }

    @Test func `of several members under one name the last is found, at this level alone`() throws {
        let role = try #require(text.member("role"))
        #expect(text.isString(role, "tool"))
        #expect(text.member("missing") == nil)
        #expect(text.member("rol") == nil)
        #expect(text.member("roles") == nil)
    }

    @Test func `only objects have members`() throws {
        let list = try #require(text.member("list"))
        let number = try #require(text.member("n"))
        #expect(text.member("role", of: list) == nil)
        #expect(text.member("role", of: number) == nil)
        let inner = try #require(text.member("x"))
        #expect(text.member("role", of: inner).map(text.raw) == "2")
    }

    @Test func `a name is compared as it is written`() {
        #expect(text.member("a") == nil)
        #expect(text.member("\\u0061").map(text.raw) == "0")
    }

    @Test func `a node has the raw text of its value`() {
        #expect(text.member("n").map(text.raw) == "1")
        #expect(text.member("list").map(text.raw) == #"[true,null,"a\n"]"#)
        #expect(text.member("x").map(text.raw) == #"{"role":2}"#)
        #expect(text.member("role").map(text.raw) == #""tool""#)
        #expect(text.raw(0).first == "{" && text.raw(0).last == "}")
    }

    @Test func `a string says whether it has escapes`() throws {
        let role = try #require(text.member("role"))
        let list = try #require(text.member("list"))
        let last = try #require(text.children(of: list).last)
        #expect(!text.tree.nodes[role].isEscaped)
        #expect(text.tree.nodes[last].isEscaped)
        #expect(text.isString(last, "a\\n") && !text.isString(last, "a\n"))
        #expect(!text.isString(list, "a"))
    }

    @Test func `static strings are compared byte by byte, or letters in either case`() {
        #expect(Self.isEqual("Tool_9é[", "Tool_9é["))
        #expect(!Self.isEqual("Tool_9é[", "tOOL_9é["))
        #expect(!Self.isEqual("Tool", "Tool_"))
        #expect(!Self.isEqual("Tool", "Too"))
        #expect(Self.isEqual("", ""))
        #expect(Self.isAlike("Tool_9é[", "tOOL_9é["))
        #expect(!Self.isAlike("Tool", "Toolx"))
        #expect(!Self.isAlike("Tool", "Tolo"))
        // "[" and "{" are 32 apart as "A" and "a" are, and no letters; so are "@" and "`".
        #expect(!Self.isAlike("{", "["))
        #expect(!Self.isAlike("`", "@"))
        #expect(Self.isAlike("azAZ", "AZaz"))
    }

    private static func isEqual(_ name: StaticString, _ text: String) -> Bool {
        let bytes = Array("<\(text)>".utf8)
        return name.equals(bytes.span, 1, bytes.count - 1)
    }

    private static func isAlike(_ name: StaticString, _ text: String) -> Bool {
        let bytes = Array("<\(text)>".utf8)
        return name.equalsIgnoringCase(bytes.span, 1, bytes.count - 1)
    }
}
