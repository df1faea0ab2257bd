import OTLP
import TestKit
import Testing

@testable import OTLPJSON

/// J12, J14, J18, J21, D8, D9: attribute values and texts.
struct ValueTests {
    @Test(
        arguments: [
            (#"{}"#, []), (#"{"stringValue":null}"#, []),
            (#"{"stringValue":"a"}"#, .field(1, text: "a")),
            (#"{"stringValue":""}"#, .field(1, text: "")),
            (#"{"boolValue":true}"#, .field(2, varint: 1)),
            (#"{"boolValue":false}"#, .field(2, varint: 0)),
            (#"{"intValue":"0"}"#, .field(3, varint: 0)),
            (#"{"doubleValue":0}"#, .field(4, fixed64: 0)),
            (#"{"arrayValue":{}}"#, .field(5, bytes: [])),
            (#"{"arrayValue":{"values":[]}}"#, .field(5, bytes: [])),
            (#"{"arrayValue":{"values":null}}"#, .field(5, bytes: [])),
            (#"{"kvlistValue":{}}"#, .field(6, bytes: [])),
            (#"{"bytesValue":""}"#, .field(7, bytes: [])),
            (
                #"{"arrayValue":{"values":[{},{"intValue":1}]}}"#,
                .field(
                    5, bytes: .fields(.field(1, bytes: []), .field(1, bytes: .field(3, varint: 1))))
            ),
            (
                #"{"kvlistValue":{"values":[{"key":"","value":{}},{"key":"x"}]}}"#,
                .field(
                    6,
                    bytes: .fields(
                        .field(1, bytes: .field(2, bytes: [])),
                        .field(1, bytes: .field(1, text: "x"))))
            ),
        ] as [(String, [UInt8])])
    func `J21: every kind of value is taken, its default too`(json: String, wire: [UInt8]) throws {
        #expect(try transcode(.value(json)) == .value(wire))
    }

    @Test func `of several members the last that is not null stands`() throws {
        #expect(
            try transcode(.value(#"{"intValue":1,"stringValue":"a"}"#))
                == .value(.field(1, text: "a")))
        #expect(
            try transcode(.value(#"{"stringValue":"a","intValue":null}"#))
                == .value(.field(1, text: "a")))
        #expect(try transcode(.value(#"{"stringValue":"a","stringValue":null}"#)) == .value([]))
    }

    @Test func `D9: an index into profiles' strings is absent`() throws {
        #expect(
            try transcode(.value(#"{"stringValue":"a","stringValueStrindex":5}"#))
                == .value(.field(1, text: "a")))
    }

    @Test(arguments: [
        #""true""#, "1", "0", #"{"x":1}"#, "[]",
    ])
    func `J20: a bool is true or false`(json: String) {
        expectRefusal(.value(#"{"boolValue":\#(json)}"#), \.isWrongValue)
    }

    @Test(arguments: ["1", "true", "{}", "[]", "1.5"])
    func `J20: a text is a string`(json: String) {
        expectRefusal(.value(#"{"stringValue":\#(json)}"#), \.isWrongValue)
        expectRefusal(.span(#""name":\#(json)"#), \.isWrongValue)
    }

    @Test(
        arguments: [
            ("", []), ("AQ==", [1]), ("AQ", [1]), ("AQI=", [1, 2]), ("AQI", [1, 2]),
            ("AQID", [1, 2, 3]),
            ("+/+/", [0xfb, 0xff, 0xbf]), ("-_-_", [0xfb, 0xff, 0xbf]),
            ("+_-/", [0xfb, 0xff, 0xbf]),
            ("\\u0041Q==", [1]), ("AQID\\/w==", [1, 2, 3, 255]), ("AR==", [1]),
        ] as [(String, [UInt8])])
    func `J12: bytes are base64 of either alphabet, padded or not`(
        text: String, bytes: [UInt8]
    ) throws {
        #expect(
            try transcode(.value(#"{"bytesValue":"\#(text)"}"#)) == .value(.field(7, bytes: bytes)))
    }

    @Test(arguments: [
        "A", "AAAAA", "A===", "AQ=", "AQ===", "=", "====", "A Q=", "AQ\\n==", "AQI*", "é",
    ])
    func `J20: what is not base64 is refused`(text: String) {
        expectRefusal(.value(#"{"bytesValue":"\#(text)"}"#), \.isWrongValue)
    }

    @Test(arguments: [
        (#"plain"#, "plain"), (#"ünï 日本語 👩‍👩‍👧"#, "ünï 日本語 👩‍👩‍👧"), (#"a\u0000b"#, "a\0b"),
        (#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"), (#"\u00e9\u65E5"#, "é日"),
        (#"\ud83d\ude00"#, "😀"), (#"\uD83D\uDE00 and more than eight"#, "😀 and more than eight"),
        (#"\u2028\u2029"#, "\u{2028}\u{2029}"), ("\u{2028}\u{7f}", "\u{2028}\u{7f}"),
        (#"\ud800"#, "\u{fffd}"), (#"\udc00x"#, "\u{fffd}x"),
        (#"\ud800\ud800"#, "\u{fffd}\u{fffd}"),
        (#"\ud800\u0041"#, "\u{fffd}A"), (#"\ud800\n"#, "\u{fffd}\n"),
        (#"\ud800\\u"#, "\u{fffd}\\u"),
        (#"\ude00\ud83d"#, "\u{fffd}\u{fffd}"), (#"\ud83d\ud83d\ude00"#, "\u{fffd}😀"),
        (#"\uffff\ufffe"#, "\u{ffff}\u{fffe}"), (#"\udbff\udfff"#, "\u{10ffff}"),
    ])
    func `J18: texts in every form`(json: String, text: String) throws {
        #expect(
            try transcode(.value(#"{"stringValue":"\#(json)"}"#)) == .value(.field(1, text: text)))
        #expect(try transcode(.span(#""name":"\#(json)""#)) == .span(.field(5, text: text)))
    }

    @Test func `texts of every length, plain and escaped, at every place of a word`() throws {
        for count in 0..<300 {
            let plain = String(repeating: "x", count: count)
            for (json, text) in [
                (plain, plain), (#"\n"# + plain, "\n" + plain), (plain + #"\""#, plain + "\""),
                (plain + #"\u0041"# + plain, plain + "A" + plain), (plain + "é", plain + "é"),
            ] {
                let bytes = try transcode(.value(#"{"stringValue":"\#(json)"}"#))
                #expect(bytes == .value(.field(1, text: text)), "\(count)")
            }
        }
    }

    @Test func `a text that shrinks below a length of fewer bytes is moved`() throws {
        // 16,384 and 128 take a byte of length more than the numbers below them.
        for target in [120, 127, 128, 16_380, 16_384] {
            let json =
                String(repeating: #"\u0041"#, count: 100)
                + String(repeating: "x", count: target - 100)
            let text =
                String(repeating: "A", count: 100) + String(repeating: "x", count: target - 100)
            #expect(
                try transcode(.value(#"{"stringValue":"\#(json)"}"#))
                    == .value(.field(1, text: text)))
        }
    }

    @Test func `lengths of messages take one to four bytes`() throws {
        for count in [0, 1, 100, 110, 127, 128, 16_000, 16_383, 16_384, 2_097_151, 2_097_152] {
            let text = String(repeating: "x", count: count)
            #expect(
                try transcode(.value(#"{"arrayValue":{"values":[{"stringValue":"\#(text)"}]}}"#))
                    == .value(.field(5, bytes: .field(1, bytes: .field(1, text: text)))))
        }
    }
}
