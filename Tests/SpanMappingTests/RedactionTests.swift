import MastraRecords
import SpanMapping
import TestKit
import Testing

/// Values of sensitive keys are hidden (MASTRA-CONTRACT 2.6).
struct RedactionTests {
    private static let words = ReferencePolicy.sensitive.sorted()

    /// Spellings that are the same once only letters and digits count, in lower case.
    private static func spellings(of word: String) -> [String] {
        [
            word, word.uppercased(), word.capitalized, "_\(word)", "\(word)_", "-\(word).",
            word.map(String.init).joined(separator: "."),
            word.map(String.init).joined(separator: "-_ "), "$\(word)!", "é\(word)漢",
        ]
    }

    @Test(arguments: words)
    func `a sensitive key is known in any spelling`(_ word: String) throws {
        for place in [Place.attribute, .inputText, .messages] {
            var mapper = SpanMapper(dialect: .platform)
            for key in Self.spellings(of: word) {
                let request = place.request(key, "my value")
                var parser = JSONParser(try #require(mapper.records(of: request.encoded).first))
                let value = place.value(key, in: try parser.parse())
                #expect(value == "[REDACTED]", "\(key) in \(place)")
            }
        }
    }

    @Test(arguments: [
        "api_key", "Api-Key", "apiKey", "API KEY", "client_secret", "clientSecret",
        "client.secret", "private-key", "PrivateKey", "bearer_token", "Bearer Token",
        "Authorization", "x-", "",
    ])
    func `keys as their writers spell them`(_ key: String) throws {
        let isOne = !["x-", ""].contains(key)
        #expect(
            try Place.attribute.map("v", key: key, ContentPolicy())
                == (isOne ? "[REDACTED]" : "v"))
    }

    private static let harmless = [
        "promptTokens", "tokens", "token_count", "tokenCount", "keyboard", "secretary", "keys",
        "monkey", "authors", "author", "authentication", "refreshed", "refresh_rate", "passwords",
        "password1", "user.password", "db.token", "my_key", "jwts", "ssns", "credentials",
        "bearers", "api_keys", "x-api-key", "токен", "tokе\u{301}n", "k", "ke", "key1",
        "gen_ai.usage.input_tokens", "llm.token_count.prompt",
    ]

    @Test(arguments: Place.allCases)
    func `only the whole name is one`(_ place: Place) throws {
        let members = Self.harmless.map { (key: $0, value: JSON.string("v")) }
        for (key, value) in zip(Self.harmless, try place.map(members, ContentPolicy())) {
            #expect(value == "v", "\(key)")
        }
    }

    @Test func `counts of tokens are never touched`() throws {
        let record = try map(
            .chat([
                "gen_ai.usage.input_tokens": 7, "gen_ai.usage.output_tokens": 5,
                "gen_ai.usage.total_tokens": 12, "gen_ai.usage.cache_read.input_tokens": 3,
                "llm.token_count.total": 12,
            ]))
        let attributes = record["attributes"]
        expectEqual(
            attributes?["usage"],
            [
                "inputTokens": 7, "outputTokens": 5,
                "inputDetails": ["cacheRead": 3, "text": 4],
            ])
        #expect(attributes?["gen_ai.usage.total_tokens"] == 12)
        #expect(attributes?["llm.token_count.total"] == 12)
    }

    // MARK: Forms of values

    @Test(arguments: Place.allCases)
    func `a value of each form is hidden as its form asks`(_ place: Place) throws {
        let cases: [(JSON, JSON)] = [
            ("s", "[REDACTED]"), ("", "[REDACTED]"), (12, "[REDACTED]"), (0.5, "[REDACTED]"),
            (true, "[REDACTED]"), (false, "[REDACTED]"), (.null, .null),
            (["a", "b"], ["[REDACTED]"]), ([1, true, .null], ["[REDACTED]"]),
            ([["a"], ["b": 1]], ["[REDACTED]"]), ([["a": "x"], "b"], ["[REDACTED]"]),
            (["a": "x", "token": "y"], ["a": "x", "token": "[REDACTED]"]),
            (["a": ["key": ["ssn": 1]]], ["a": ["key": ["ssn": "[REDACTED]"]]]),
            ([["a": 1], ["jwt": "x"]], [["a": 1], ["jwt": "[REDACTED]"]]), ([:], [:]), ([], []),
        ]
        let values = try place.map(cases.map(\.0), key: "token", ContentPolicy())
        for ((value, expected), result) in zip(cases, values) {
            expectEqual(result, expected, "\(value) in \(place)")
        }
    }

    @Test func `bytes and what JSON has no number for are hidden too`() throws {
        let values: [AttributeValue] = [
            .bytes([1, 2, 3]), .double(.nan), .int(.max), .text([0xff]), [.bytes([1])],
        ]
        for value in values {
            let attributes = try attributes(of: .span(attributes: ["password": value]))
            let isList = if case .array = value { true } else { false }
            #expect(attributes["password"] == (isList ? ["[REDACTED]"] : "[REDACTED]"))
        }
    }

    @Test(arguments: Place.allCases.filter { $0.isText && $0 != .metadataText })
    func `an escaped key is the key that it stands for`(_ place: Place) throws {
        let names = [
            (#"\u0074oken"#, "token"), (#"toke\u006E"#, "token"), (#"\"token\""#, "\"token\""),
            (#"to\\ken"#, "to\\ken"), (#"\/key"#, "/key"), (#"\ud83e\udd8akey"#, "🦊key"),
        ]
        for (written, name) in names {
            let request = place.request(name, "", text: #"{"\#(written)":"secret!"}"#)
            let record = try #require(try map(request).first)
            #expect(place.value(name, in: record) == "[REDACTED]", "\(written)")
        }
    }

    @Test(arguments: Place.allCases.filter { $0.isText && $0 != .metadataText })
    func `an escaped key that is not sensitive keeps its name`(_ place: Place) throws {
        let names = [
            (#"\u0061\u0062"#, "ab"), (#"a\"b"#, "a\"b"), (#"a\\b"#, "a\\b"), (#"a\nb"#, "a\nb"),
            (#"\u00e9"#, "é"), (#"\ud83e\udd8a"#, "🦊"),
        ]
        for (written, name) in names {
            let request = place.request(name, "", text: #"{"\#(written)":"v"}"#)
            let record = try #require(try map(request).first)
            #expect(place.value(name, in: record) == "v", "\(written)")
        }
    }

    @Test func `text is not looked into where it is text`() throws {
        let text = #"{"token":"v"}"#
        let attributes = try attributes(of: .span(attributes: ["a": .string(text)]))
        #expect(attributes["a"] == .string(text))
    }

    @Test func `a structured value of a sensitive name is looked into`() throws {
        let span = SpanFixture.span(attributes: [
            "auth": .map(["user": "u", "password": "p", "more": [.map(["Jwt": "j"])]])
        ])
        expectEqual(
            try attributes(of: span)["auth"],
            ["user": "u", "password": "[REDACTED]", "more": [["Jwt": "[REDACTED]"]]])
    }

    // MARK: Names that the mapping changes

    @Test func `a name that comes from several families is hidden in each`() throws {
        let record = try map(
            .span(attributes: [
                "langsmith.metadata.token": "first", "ai.telemetry.metadata.token": "second",
                "traceloop.association.properties.user_id": "u",
            ]))
        #expect(record["metadata"]?["token"] == "[REDACTED]")
        #expect(record["metadata"]?["user.token"] == "[REDACTED]")
    }

    @Test func `a name that is moved aside is hidden as before`() throws {
        var options = MappingOptions(dialect: .platform)
        options.policy.addSensitiveKeys(["input", "source"])
        let span = SpanFixture.span(attributes: [
            "input": "mine", "langsmith.metadata.source": 5, "other": 1,
        ])
        let record = try #require(try map(RequestFixture([span]), options).first)
        #expect(record["attributes"]?["otel.input"] == "[REDACTED]")
        #expect(record["metadata"]?["user.source"] == "[REDACTED]")
        #expect(record["attributes"]?["other"] == 1)
    }

    @Test(
        arguments: [
            (#"{"a":"x"}"#, ["a": "x"]), (#"{"a":"x""#, "[REDACTED]"), ("word", "[REDACTED]"),
            (#"["x"]"#, ["[REDACTED]"]), (#"{"key":"x"}"#, ["key": "[REDACTED]"]),
        ] as [(String, JSON)])
    func `what a schema calls JSON is hidden by its name`(
        _ text: String, _ expected: JSON
    ) throws {
        let span = SpanFixture.span(attributes: [
            "logfire.json_schema":
                #"{"type":"object","properties":{"token":{"type":"object"}}}"#,
            "token": .string(text),
        ])
        let record = try map(span, scope: ScopeFixture(name: "logfire"))
        expectEqual(record["attributes"]?["token"], expected)
    }

    @Test(arguments: [false, true])
    func `a content key can be sensitive`(_ isText: Bool) throws {
        var policy = ContentPolicy()
        policy.addSensitiveKeys(["input.value"])
        let record = try map(
            .span(attributes: [
                "gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.arguments": "winner",
                "input.value": isText ? #"["my value"]"# : ["my value"],
            ]), policy: policy)
        #expect(record["attributes"]?["input.value"] == ["[REDACTED]"])
    }

    @Test func `an earlier value of a sensitive key is hidden too`() throws {
        let otel = try otel(of: .span(attributes: ["token": "one", "token": "two"]))
        expectEqual(otel["duplicates"], [["key": "token", "value": "[REDACTED]"]])
    }

    // MARK: Settings

    @Test(
        arguments: [
            ("", "[REDACTED]"), ("123456", "[REDACTED]"), ("1234567", "123…567"),
            ("sk-abcdefgh", "sk-…fgh"), ("🦊🦊🦊🦊🦊🦊", "[REDACTED]"), ("🦊🦊🦊🦊🦊🦊🦊", "🦊🦊🦊…🦊🦊🦊"),
            ("\"\\\n4567", "\"\\\n…567"),
        ] as [(String, String)])
    func `in partial style both ends of a longer text are shown`(
        _ text: String, _ expected: String
    ) throws {
        var policy = ContentPolicy()
        policy.redaction = .partial
        for place in [Place.attribute, .resource, .inputText, .messages, .metadataText] {
            let value = try place.map(.string(text), key: "token", policy)
            #expect(value == .string(expected), "\(place)")
        }
    }

    @Test func `in partial style what is not text is hidden whole`() throws {
        var policy = ContentPolicy()
        policy.redaction = .partial
        let values: [JSON] = [12_345_678, true, ["a long text"], 0.123456789]
        for place in [Place.attribute, .inputText] {
            #expect(
                try place.map(values, key: "token", policy)
                    == ["[REDACTED]", "[REDACTED]", ["[REDACTED]"], "[REDACTED]"], "\(place)")
        }
    }

    @Test func `an escaped text is shown in part as what it stands for`() throws {
        var policy = ContentPolicy()
        policy.redaction = .partial
        let request = Place.inputText.request(
            "key", "", text: #"{"key":"\u0061\u0062\u0063defg\ud83e\udd8a\n"}"#)
        let record = try #require(try map(request, policy: policy).first)
        #expect(record["input"]?["key"] == "abc…g🦊\n")
    }

    @Test(arguments: Place.allCases)
    func `hiding can be off`(_ place: Place) throws {
        var policy = ContentPolicy()
        policy.redaction = .off
        let values: [JSON] = ["s", 1, ["a"], ["password": "x"]]
        #expect(try place.map(values, key: "token", policy) == values)
    }

    @Test(arguments: Place.allCases)
    func `more keys are compared like those that are built in`(_ place: Place) throws {
        var policy = ContentPolicy()
        policy.addSensitiveKeys(["Session-Cookie", "0day", "", "--"])
        let hidden = ["session_cookie", "SESSIONCOOKIE", "session.cookie", "0-Day", "token"]
        let shown = ["session", "cookie", "session_cookies", "day", "--", "é"]
        let values = try place.map((hidden + shown).map { ($0, "v") }, policy)
        for (key, value) in zip(hidden + shown, values) {
            #expect(value == (hidden.contains(key) ? "[REDACTED]" : "v"), "\(key)")
        }
    }
}
