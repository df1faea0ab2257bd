import Testing

/// Token counts (MAPPING 5.4, 9; MASTRA-CONTRACT 3.3).
struct UsageTests {
    private static func usage(_ attributes: [Attribute]) throws -> JSON? {
        try SpanMappingTests.attributes(
            of: SpanFixture(
                attributes: [Attribute("gen_ai.operation.name", "chat")] + attributes))["usage"]
    }

    private static func usage(
        _ attributes: KeyValuePairs<String, AttributeValue>
    ) throws -> JSON? {
        try usage([Attribute](attributes))
    }

    private static let rows: [(place: [String], keys: [String])] = [
        (
            ["inputTokens"],
            ["gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt"]
        ),
        (
            ["outputTokens"],
            [
                "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens",
                "llm.token_count.completion",
            ]
        ),
        (
            ["inputDetails", "cacheRead"],
            [
                "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens",
                "gen_ai.usage.cached_input_tokens", "gen_ai.usage.input_cached_tokens",
                "llm.token_count.prompt_details.cache_read",
            ]
        ),
        (
            ["inputDetails", "cacheWrite"],
            [
                "gen_ai.usage.cache_creation.input_tokens",
                "gen_ai.usage.cache_write.input_tokens",
                "gen_ai.usage.cache_creation_input_tokens", "gen_ai.usage.cache_write_tokens",
                "llm.token_count.prompt_details.cache_write",
            ]
        ),
        (
            ["inputDetails", "audio"],
            ["llm.token_count.prompt_details.audio", "gen_ai.usage.audio_input_tokens"]
        ),
        (
            ["outputDetails", "reasoning"],
            [
                "gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens",
                "llm.token_count.completion_details.reasoning",
            ]
        ),
        (
            ["outputDetails", "audio"],
            ["llm.token_count.completion_details.audio", "gen_ai.usage.audio_output_tokens"]
        ),
    ]

    @Test func `each count comes from the best of its sources, and what disagrees stays`() throws {
        for (place, keys) in Self.rows {
            for first in keys.indices {
                // Counts grow with rank, so that a wrong choice shows.
                let given = keys[first...].enumerated().map { Attribute($1, .int(Int64($0 + 1))) }
                let attributes = try attributes(
                    of: SpanFixture(
                        attributes: [Attribute("gen_ai.operation.name", "chat")]
                            + given.reversed()))
                let value = place.reduce(attributes["usage"]) { $0?[$1] }
                #expect(value == 1, "\(keys[first])")
                #expect(attributes[keys[first]] == nil)
                for (rank, loser) in keys[first...].enumerated().dropFirst() {
                    #expect(attributes[loser] == .int(Int64(rank + 1)), "\(loser)")
                }
            }
        }
    }

    @Test func `a source that agrees is used up with the one that won`() throws {
        let attributes = try attributes(
            of: .chat([
                "gen_ai.usage.input_tokens": 10, "gen_ai.usage.prompt_tokens": 10,
                "gen_ai.usage.output_tokens": 1, "gen_ai.usage.completion_tokens": "2",
            ]))
        expectEqual(
            attributes,
            [
                "usage": ["inputTokens": 10, "outputTokens": 1],
                "gen_ai.usage.completion_tokens": "2", "gen_ai.operation.name": "chat",
            ])
    }

    @Test(
        arguments: [
            (12, 12), ("12", 12), (" 12 ", 12), (12.0, 12), (0, 0), ("0", 0),
            (.int(9_007_199_254_740_991), 9_007_199_254_740_991),
        ] as [(AttributeValue, JSON)])
    func `a count is a whole number in one of three ways`(
        _ value: AttributeValue, _ count: JSON
    ) throws {
        let attributes = try attributes(of: .chat(["gen_ai.usage.input_tokens": value]))
        #expect(attributes["usage"] == ["inputTokens": count])
        #expect(attributes["gen_ai.usage.input_tokens"] == nil)
    }

    @Test(
        arguments: [
            (7.9, 7.9), (-1, -1), ("-1", "-1"), ("7.9", "7.9"), ("", ""), ("1e3", "1e3"),
            ("twelve", "twelve"), ("+12", "+12"), (.double(.nan), "NaN"),
            (.double(.infinity), "Infinity"), (.double(1e300), 1e300),
            (.int(9_007_199_254_740_992), "9007199254740992"),
            ("9007199254740992", "9007199254740992"),
            ("99999999999999999999", "99999999999999999999"), (true, true), ([12], [12]),
            (.map(["a": 12]), ["a": 12]), (.bytes([1]), "AQ=="), (.empty, .null),
        ] as [(AttributeValue, JSON)])
    func `what is no count is left over and the next source taken`(
        _ value: AttributeValue, _ leftOver: JSON
    ) throws {
        let attributes = try attributes(
            of: .chat([
                "gen_ai.usage.input_tokens": value, "gen_ai.usage.prompt_tokens": 3,
            ]))
        #expect(attributes["usage"] == ["inputTokens": 3])
        #expect(attributes["gen_ai.usage.input_tokens"] == leftOver)
    }

    @Test func `no usage where no count is one`() throws {
        #expect(try Self.usage(["gen_ai.usage.input_tokens": "x"]) == nil)
        #expect(try Self.usage([:]) == nil)
    }

    @Test func `totals of nothing are kept, and no total is made up`() throws {
        let zero = try Self.usage([
            "gen_ai.usage.input_tokens": 0, "gen_ai.usage.output_tokens": 0,
        ])
        #expect(zero == ["inputTokens": 0, "outputTokens": 0])
        #expect(try Self.usage(["gen_ai.usage.output_tokens": 4]) == ["outputTokens": 4])
    }

    @Test func `text is what the other buckets leave`() throws {
        let usage = try Self.usage([
            "gen_ai.usage.input_tokens": 100, "gen_ai.usage.cache_read.input_tokens": 10,
            "gen_ai.usage.cache_creation.input_tokens": 20,
            "gen_ai.usage.audio_input_tokens": 30, "gen_ai.usage.output_tokens": 50,
            "gen_ai.usage.reasoning.output_tokens": 5, "gen_ai.usage.audio_output_tokens": 6,
            "gen_ai.usage.cache_creation.5m_input_tokens": 15,
            "gen_ai.usage.cache_creation.1h_input_tokens": 5,
        ])
        expectEqual(
            usage,
            [
                "inputTokens": 100, "outputTokens": 50,
                "inputDetails": [
                    "text": 40, "cacheRead": 10, "cacheWrite": 20, "cacheWrite5m": 15,
                    "cacheWrite1h": 5, "audio": 30,
                ],
                "outputDetails": ["text": 39, "reasoning": 5, "audio": 6],
            ])
    }

    @Test func `no text bucket where it would be below nothing or a total is unknown`() throws {
        expectEqual(
            try Self.usage([
                "gen_ai.usage.output_tokens": 3, "gen_ai.usage.reasoning.output_tokens": 5,
            ]), ["outputTokens": 3, "outputDetails": ["reasoning": 5]])
        expectEqual(
            try Self.usage(["gen_ai.usage.cache_read.input_tokens": 5]),
            ["inputDetails": ["cacheRead": 5]])
    }

    @Test func `more cached tokens than tokens means that they were not counted among them`() throws
    {
        let attributes = try attributes(
            of: .chat([
                "gen_ai.usage.input_tokens": 19, "gen_ai.usage.output_tokens": 33,
                "gen_ai.usage.cache_read.input_tokens": 128,
                "gen_ai.usage.cache_creation.input_tokens": 64,
            ]))
        expectEqual(
            attributes,
            [
                "usage": [
                    "inputTokens": 211, "outputTokens": 33,
                    "inputDetails": ["text": 19, "cacheRead": 128, "cacheWrite": 64],
                ],
                "mastra.usage_repaired": true, "gen_ai.operation.name": "chat",
            ])
    }

    @Test func `as many cached tokens as tokens need no repair`() throws {
        let attributes = try attributes(
            of: .chat([
                "gen_ai.usage.input_tokens": 192, "gen_ai.usage.cache_read.input_tokens": 192,
            ]))
        #expect(
            attributes["usage"] == [
                "inputTokens": 192, "inputDetails": ["text": 0, "cacheRead": 192],
            ])
        #expect(attributes["mastra.usage_repaired"] == nil)
    }

    @Test(arguments: [
        "invoke_agent", "invoke_workflow", "execute_tool", "retrieval", "agent_step",
        "create_agent",
    ])
    func `usage of anything but a call is the sum of its calls and left over`(
        _ operation: String
    ) throws {
        let attributes = try attributes(
            of: .span(attributes: [
                "gen_ai.operation.name": .string(operation), "gen_ai.usage.input_tokens": 10,
            ]))
        #expect(attributes["usage"] == nil)
        #expect(attributes["gen_ai.usage.input_tokens"] == 10)
    }

    @Test func `an embedding has usage, and no output of nothing`() throws {
        let attributes = try attributes(
            of: .span(attributes: [
                "gen_ai.operation.name": "embeddings", "gen_ai.usage.input_tokens": 10,
                "gen_ai.usage.output_tokens": 0,
            ]))
        #expect(attributes["usage"] == ["inputTokens": 10])
        #expect(attributes["gen_ai.usage.output_tokens"] == 0)
    }

    @Test func `a total is left over`() throws {
        let attributes = try attributes(of: .chat(["gen_ai.usage.total_tokens": 3]))
        #expect(attributes["gen_ai.usage.total_tokens"] == 3)
        #expect(attributes["usage"] == nil)
    }
}
