import OTLP
import TestKit
import Testing

@testable import OTLPJSON

/// J19, J20, J27: what is refused, and what the sender is told.
struct RefusalTests {
    @Test(arguments: [
        "", " ", "\u{feff}", "{", "{}x", "{} {}", "{},", "x", "NaN", "{\"a\":1",
        "{\"resourceSpans\"", "{\"resourceSpans\":", "{\"resourceSpans\":[",
        "{\"resourceSpans\":[}",
        "{'a':1}", "// a\n{}", "{}\0", "\u{feff}\u{feff}{}", "{\u{a0}}",
        "{\"resourceSpans\":[{},]}",
        "{\"a\":1 \"b\":2}",
    ])
    func `J19: what is not JSON is refused`(json: String) {
        expectRefusal(json, \.isNotJSON)
    }

    @Test(arguments: ["null", "[]", "\"\"", "1", "true", "[{}]", "nul"])
    func `J19: a request is an object`(json: String) {
        expectRefusal(json, at: 0, path: "", \.isWrongValue)
    }

    @Test(arguments: [
        #"{"resourceSpans":{}}"#, #"{"resourceSpans":1}"#, #"{"resourceSpans":[1]}"#,
        #"{"resourceSpans":["x"]}"#, #"{"resourceSpans":[[]]}"#,
        #"{"resourceSpans":[{"resource":[]}]}"#,
        #"{"resourceSpans":[{"scopeSpans":{}}]}"#,
    ])
    func `J20: a value of another shape is refused`(json: String) {
        expectRefusal(json, \.isWrongValue)
    }

    @Test(
        arguments: [
            [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xc3],
            [0xe2, 0x82],
            [0xf0, 0x80, 0x80, 0x80], [0x80], [0xf8, 0x88, 0x80, 0x80, 0x80],
        ] as [[UInt8]])
    func `invalid UTF-8 is refused wherever it stands`(bad: [UInt8]) {
        for (before, after) in [
            (#"{"resourceSpans":[{"schemaUrl":""#, #""}]}"#), (#"{"unheard":""#, #""}"#),
            (#"{""#, #"":1}"#), (#"{"unheard":[{"a":""#, #" and more than eight"}]}"#),
        ] {
            let json = Array(before.utf8) + bad + Array(after.utf8)
            expectRefusal(json, at: before.utf8.count) { $0 == .notUTF8 }
        }
    }

    @Test func `a body that is cut anywhere is refused`() {
        let json = Array(
            String.span(
                #"""
                "traceId":"5b8aa5a2d2c872e8321cf37308d69df2","kind":1,"startTimeUnixNano":"12",
                "name":"\u00e9é","attributes":[{"key":"k","value":{"doubleValue":-1.5e3}},
                {"key":"b","value":{"boolValue":true}}],"x":[null,{"y":false}]
                """#
            ).utf8)
        for end in 0..<json.count {
            expectRefusal(Array(json[..<end])) {
                $0.isNotJSON || $0 == .notUTF8
            }
        }
    }

    /// An attribute value of `depth` arrays or maps, one in the other.
    static func nested(_ depth: Int, _ open: String, _ close: String) -> String {
        .value(
            String(repeating: open, count: depth) + "{}" + String(repeating: close, count: depth))
    }

    @Test(arguments: [
        (#"{"arrayValue":{"values":["#, "]}}"),
        (#"{"kvlistValue":{"values":[{"key":"k","value":"#, "}]}}"),
    ])
    func `J27: values may be as deep as the walk allows, and no deeper`(
        open: String, close: String
    ) throws {
        let deepest = try transcode(Self.nested(WalkLimits.maxDepth, open, close))
        _ = try walkRequest(deepest.span)
        expectRefusal(Self.nested(WalkLimits.maxDepth + 1, open, close), \.isTooDeep)
        expectRefusal(Self.nested(100_000, open, close), \.isTooDeep)
        expectRefusal(
            .value(String(repeating: open, count: 100_000)), \.isTooDeep)
    }

    @Test(arguments: [("[", "]", "1"), (#"{"a":"#, "}", "1"), (#"[{"a":["#, "]}]", "")])
    func `J27: unknown members may be as deep, and no deeper`(
        open: String, close: String, inner: String
    ) throws {
        let each = open.count(where: { "[{".contains($0) })
        func json(_ depth: Int) -> String {
            let count = depth / each
            return #"{"x":"# + String(repeating: open, count: count) + inner
                + String(repeating: close, count: count) + "}"
        }
        let limit = WalkLimits.maxDepth / each * each
        #expect(try transcode(json(limit)) == [])
        expectRefusal(json(limit + each), \.isTooDeep)
        expectRefusal(json(1_000_000), \.isTooDeep)
        expectRefusal(#"{"x":"# + String(repeating: "[", count: 1_000_000), \.isTooDeep)
    }

    @Test(arguments: [
        (
            #"{"resourceSpans":[{},{"scopeSpans":[{"spans":[{},{},{"kind":"KIND"}]}]}]}"#,
            """
            resourceSpans[1].scopeSpans[0].spans[2].kind, at byte 60: expected a number of 32 bits \
            or a name such as SPAN_KIND_INTERNAL and saw "KIND"
            """
        ),
        (
            .resource(
                #""attributes":[{"key":"a","value":{"intValue":9223372036854775808}}]"#),
            """
            resourceSpans[0].resource.attributes[0].value.intValue, at byte 76: expected an \
            integer from -9223372036854775808 to 9223372036854775807 and saw 9223372036854775808
            """
        ),
        ("[]", "body, at byte 0: expected an object and saw ["),
        ("{}}", "body, at byte 2: not JSON, expected nothing behind the request and saw }"),
        ("", "body, at byte 0: the text ends inside a value"),
        (#"{"a": {"b":[0, 1,"#, "a.b[2], at byte 17: the text ends inside a value"),
        (#"{"a":{"b":tru}}"#, "a.b, at byte 10: not JSON, expected true and saw tru"),
        (
            "{\"a\u{1}\":1}",
            #"body, at byte 3: not JSON, expected control characters to be escaped and saw \x01"#
        ),
        (
            .value(#"{"stringValue":["# + String(repeating: "x", count: 100)),
            """
            resourceSpans[0].scopeSpans[0].spans[0].attributes[0].value.stringValue, at byte 92: \
            expected a string and saw [xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
            """
        ),
    ])
    func `an error names the place and what stands there`(json: String, text: String) {
        do throws(OTLPJSONError) {
            _ = try transcode(json)
            Issue.record("\(json) was taken")
        } catch {
            #expect(error.description == text)
            #expect(error.field == (error.path.isEmpty ? "body" : error.path))
        }
    }

    @Test func `an error is short whatever the body is`() {
        let name = String(repeating: "n", count: 100_000)
        let value = String(repeating: "é", count: 100_000)
        for json in [
            #"{"\#(name)":{"\#(name)":[\#(value)"#,
            #"{"resourceSpans":[{"resource":"\#(value)"}]}"#,
            String(repeating: #"{"long_member_name":["#, count: 30) + "?",
            String.span(#""kind":"\#(value)""#),
        ] {
            #expect(throws: OTLPJSONError.self) { try transcode(json) }
            do throws(OTLPJSONError) { _ = try transcode(json) } catch {
                #expect(error.path.utf8.count <= FieldPath.maxBytes + 3)
                #expect(error.description.utf8.count < 600, "\(error)")
            }
        }
    }

    @Test func `an error shows bytes that are not text in hex`() {
        do throws(OTLPJSONError) {
            _ = try transcode(Array("{\"a\":\"".utf8) + [0xff, 0xfe] + Array("\"}".utf8))
        } catch {
            #expect(error.description == #"a, at byte 6: the bytes \xff\xfe are not UTF-8"#)
        }
    }
}
