import Testing

/// Model, provider, parameters and finish reason: each source in its order, and what does not decode
/// left under its own key (MAPPING 5.2, 5.3, 5.6, 9).
struct FieldTests {
    @Test func `the requested model is the model and the answering one stands beside it`() throws {
        let attributes = try attributes(
            of: .chat([
                "gen_ai.response.model": "gpt-4o-2024", "gen_ai.request.model": "gpt-4o",
            ]))
        #expect(attributes["model"] == "gpt-4o")
        #expect(attributes["responseModel"] == "gpt-4o-2024")
        #expect(attributes.names == ["model", "responseModel", "gen_ai.operation.name"])
    }

    @Test func `both models are told where both are known, though they are one`() throws {
        let attributes = try attributes(
            of: .chat(["gen_ai.request.model": "m", "gen_ai.response.model": "m"]))
        #expect(attributes["model"] == "m")
        #expect(attributes["responseModel"] == "m")
    }

    @Test func `the answering model alone is the model`() throws {
        let attributes = try attributes(of: .chat(["gen_ai.response.model": "m"]))
        expectEqual(attributes, ["model": "m", "gen_ai.operation.name": "chat"])
    }

    private static let modelKeys = [
        "gen_ai.request.model", "llm.model_name", "embedding.model_name",
        "reranker.model_name", "gen_ai.response.model",
    ]

    @Test func `a model comes from the best of its sources`() throws {
        for first in Self.modelKeys.indices {
            let span = SpanFixture(
                attributes: [Attribute("gen_ai.operation.name", "chat")]
                    + Self.modelKeys[first...].reversed().map { Attribute($0, .string($0)) })
            let attributes = try attributes(of: span)
            #expect(attributes["model"] == .string(Self.modelKeys[first]))
            for loser in Self.modelKeys[(first + 1)...] where loser != "gen_ai.response.model" {
                #expect(attributes[loser] == .string(loser), "is left over")
            }
        }
    }

    @Test(arguments: [5, true, 0.5, "", .empty, ["gpt-4o"], .bytes([1])] as [AttributeValue])
    func `a model that is no text is left over and the next source taken`(
        _ value: AttributeValue
    ) throws {
        let attributes = try attributes(
            of: .chat(["gen_ai.request.model": value, "llm.model_name": "next"]))
        #expect(attributes["model"] == "next")
        #expect(attributes["gen_ai.request.model"] != nil)
    }

    @Test func `a model is no field of a tool or an agent`() throws {
        for operation in ["execute_tool", "invoke_agent", "create_agent"] {
            let attributes = try attributes(
                of: .span(attributes: [
                    "gen_ai.operation.name": .string(operation), "gen_ai.request.model": "m",
                    "gen_ai.request.temperature": 1,
                ]))
            #expect(attributes["model"] == nil)
            #expect(attributes["parameters"] == nil)
            #expect(attributes["gen_ai.request.model"] == "m")
            #expect(attributes["gen_ai.request.temperature"] == 1)
        }
    }

    // MARK: Provider

    @Test(arguments: [
        ("openai", "openai", true), ("aws.bedrock", "aws.bedrock", true),
        ("az.ai.inference", "az.ai.inference", true), ("gcp.vertex_ai", "gcp.vertex_ai", true),
        ("OpenAI", "openai", false), (" openai ", "openai", false),
        ("openai.chat", "openai", false), ("openai.responses", "openai", false),
        ("anthropic.messages", "anthropic", false), ("azure.completion", "azure", false),
        ("azure.completions", "azure", false), ("cohere.embedding", "cohere", false),
        ("cohere.embeddings", "cohere", false), ("google.generative-ai", "google", false),
        (".chat", ".chat", true),
    ])
    func `a provider is cleaned, and a cleaned one keeps its raw value beside it`(
        _ raw: String, _ clean: String, _ isVerbatim: Bool
    ) throws {
        let attributes = try attributes(of: .chat(["gen_ai.provider.name": .string(raw)]))
        #expect(attributes["provider"] == .string(clean))
        #expect(attributes["gen_ai.provider.name"] == (isVerbatim ? nil : .string(raw)))
    }

    @Test(arguments: [
        "strands-agents", "langchain", "LangChain", "langgraph", "autogen", "gcp.vertex.agent",
        "microsoft.agent_framework", "litellm", "llamaindex", "crewai", "", "  ",
    ])
    func `a framework is no provider`(_ framework: String) throws {
        let alone = try attributes(of: .chat(["gen_ai.provider.name": .string(framework)]))
        #expect(alone["provider"] == nil)
        #expect(alone["gen_ai.provider.name"] == .string(framework))
        let beside = try attributes(
            of: .chat(["gen_ai.provider.name": .string(framework), "gen_ai.system": "openai"]))
        #expect(beside["provider"] == "openai")
        #expect(beside["gen_ai.provider.name"] == .string(framework))
        #expect(beside["gen_ai.system"] == nil)
    }

    @Test func `a provider comes from the best of its sources`() throws {
        let keys = ["gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system"]
        for first in keys.indices {
            let span = SpanFixture(
                attributes: [Attribute("gen_ai.operation.name", "chat")]
                    + keys[first...].reversed().map { Attribute($0, .string("by \($0)")) })
            let attributes = try attributes(of: span)
            #expect(attributes["provider"] == .string("by \(keys[first])"))
            for loser in keys[(first + 1)...] {
                #expect(attributes[loser] == .string("by \(loser)"))
            }
        }
    }

    @Test func `a provider that is not UTF-8 is told of`() throws {
        let record = try map(.chat(["gen_ai.provider.name": .text([0x61, 0xff])]))
        #expect(record["attributes"]?["provider"] == "a\u{fffd}")
        #expect(record["metadata"]?["otel"]?["warnings"] == ["invalid_utf8"])
    }

    // MARK: Parameters

    private static let numbers: [(String, String)] = [
        ("temperature", "gen_ai.request.temperature"), ("topP", "gen_ai.request.top_p"),
        ("topK", "gen_ai.request.top_k"),
        ("presencePenalty", "gen_ai.request.presence_penalty"),
        ("frequencyPenalty", "gen_ai.request.frequency_penalty"),
        ("seed", "gen_ai.request.seed"), ("seed", "gen_ai.openai.request.seed"),
    ]

    @Test func `numbers come as numbers or as text`() throws {
        for (field, key) in Self.numbers {
            let cases: [(AttributeValue, JSON)] = [
                (0.7, 0.7), (1, 1), (-2, -2), ("0.7", 0.7), (" 3 ", 3), ("-1.5e2", -1.5e2),
            ]
            for (value, expected) in cases {
                let span = SpanFixture(
                    attributes: [Attribute("gen_ai.operation.name", "chat"), Attribute(key, value)])
                let attributes = try attributes(of: span)
                #expect(attributes["parameters"]?[field] == expected, "\(key) \(value)")
                #expect(attributes[key] == nil, "\(key) \(value)")
            }
        }
    }

    @Test(
        arguments: [
            (.double(.nan), "NaN"), (.double(.infinity), "Infinity"), ("", ""), ("warm", "warm"),
            ("Infinity", "Infinity"), ("NaN", "NaN"), ("1e999", "1e999"), ("0x10", "0x10"),
            ("1,5", "1,5"), (true, true), ([1], [1]), (.empty, .null),
            (.int(.max), "9223372036854775807"), (.bytes([1]), "AQ=="),
        ] as [(AttributeValue, JSON)])
    func `what is no number is left over`(_ value: AttributeValue, _ leftOver: JSON) throws {
        for (_, key) in Self.numbers {
            let span = SpanFixture(
                attributes: [Attribute("gen_ai.operation.name", "chat"), Attribute(key, value)])
            let attributes = try attributes(of: span)
            #expect(attributes["parameters"] == nil, "\(key)")
            #expect(attributes[key] == leftOver, "\(key)")
        }
    }

    @Test(
        arguments: [
            (256, 256), ("256", 256), (256.0, 256), (0, 0),
        ] as [(AttributeValue, JSON)])
    func `most tokens are a whole number`(_ value: AttributeValue, _ expected: JSON) throws {
        let attributes = try attributes(of: .chat(["gen_ai.request.max_tokens": value]))
        #expect(attributes["parameters"] == ["maxOutputTokens": expected])
        #expect(attributes["gen_ai.request.max_tokens"] == nil)
    }

    @Test(arguments: [-1, "-1", 1.5, "Infinity", "", .int(1 << 53)] as [AttributeValue])
    func `placeholders for most tokens are left over`(_ value: AttributeValue) throws {
        let attributes = try attributes(of: .chat(["gen_ai.request.max_tokens": value]))
        #expect(attributes["parameters"] == nil)
        #expect(attributes["gen_ai.request.max_tokens"] != nil)
    }

    @Test func `the second seed stays where the first is taken`() throws {
        let attributes = try attributes(
            of: .chat(["gen_ai.openai.request.seed": 2, "gen_ai.request.seed": 1]))
        #expect(attributes["parameters"] == ["seed": 1])
        #expect(attributes["gen_ai.openai.request.seed"] == 2)
    }

    @Test(
        arguments: [
            (["a", "b"], ["a", "b"]), (#"["a", "b"]"#, ["a", "b"]), ("END", ["END"]),
            ("[END]", ["[END]"]), ("{", ["{"]),
        ] as [(AttributeValue, JSON)])
    func `stop sequences come as a list, as JSON or as one text`(
        _ value: AttributeValue, _ expected: JSON
    ) throws {
        let attributes = try attributes(of: .chat(["gen_ai.request.stop_sequences": value]))
        #expect(attributes["parameters"] == ["stopSequences": expected])
        #expect(attributes["gen_ai.request.stop_sequences"] == nil)
    }

    @Test(arguments: ["", [], "[]", [1], "[1]", #"{"a":1}"#, 5, .empty] as [AttributeValue])
    func `what are no stop sequences is left over`(_ value: AttributeValue) throws {
        let attributes = try attributes(of: .chat(["gen_ai.request.stop_sequences": value]))
        #expect(attributes["parameters"] == nil)
        #expect(attributes["gen_ai.request.stop_sequences"] != nil)
    }

    @Test(
        arguments: [
            (true, true), (false, false), ("True", true), ("false", false),
        ] as [(AttributeValue, JSON)])
    func `streaming is true or false, in words too`(
        _ value: AttributeValue, _ expected: JSON
    ) throws {
        for key in ["gen_ai.request.stream", "gen_ai.is_streaming"] {
            let span = SpanFixture(
                attributes: [Attribute("gen_ai.operation.name", "chat"), Attribute(key, value)])
            let attributes = try attributes(of: span)
            #expect(attributes["streaming"] == expected)
            #expect(attributes[key] == nil)
        }
    }

    @Test func `streaming that is neither is left over and the next source taken`() throws {
        let attributes = try attributes(
            of: .chat(["gen_ai.request.stream": 1, "gen_ai.is_streaming": false]))
        #expect(attributes["streaming"] == false)
        #expect(attributes["gen_ai.request.stream"] == 1)
    }

    // MARK: Response

    @Test(arguments: [
        ("stop", "stop"), ("end_turn", "stop"), ("stop_sequence", "stop"), ("complete", "stop"),
        ("completed", "stop"), ("finish_reason_stop", "stop"), ("eos", "stop"),
        ("FinishReason.STOP", "stop"), ("tool_calls", "tool-calls"), ("tool_call", "tool-calls"),
        ("tool-calls", "tool-calls"), ("tool_use", "tool-calls"),
        ("function_call", "tool-calls"), ("length", "length"), ("MAX_TOKENS", "length"),
        ("max_output_tokens", "length"), ("content_filter", "content-filter"),
        ("SAFETY", "content-filter"), ("recitation", "content-filter"),
        ("guardrail_intervened", "content-filter"), ("refusal", "content-filter"),
        ("error", "error"), ("malformed_function_call", "error"), ("Paused", "paused"),
        (" stop ", "stop"),
    ])
    func `a finish reason is told in Mastra's words`(_ raw: String, _ word: String) throws {
        let forms: [AttributeValue] = [
            [.string(raw)], .string(raw), .string("[\"\(raw)\"]"),
        ]
        for form in forms {
            let attributes = try attributes(of: .chat(["gen_ai.response.finish_reasons": form]))
            #expect(attributes["finishReason"] == .string(word), "\(form)")
            #expect((attributes["gen_ai.response.finish_reasons"] == nil) == (raw == word))
        }
    }

    @Test func `of several finish reasons the first is told and all are kept`() throws {
        let attributes = try attributes(
            of: .chat(["gen_ai.response.finish_reasons": ["stop", "length"]]))
        #expect(attributes["finishReason"] == "stop")
        #expect(attributes["gen_ai.response.finish_reasons"] == ["stop", "length"])
    }

    @Test(arguments: ["", [], "[]", [1], "[1]", "[\"stop\"", 1, .empty, [""]] as [AttributeValue])
    func `what is no finish reason is left over`(_ value: AttributeValue) throws {
        let attributes = try attributes(of: .chat(["gen_ai.response.finish_reasons": value]))
        #expect(attributes["finishReason"] == nil)
        #expect(attributes["gen_ai.response.finish_reasons"] != nil)
    }

    @Test(
        arguments: [
            (0.42, "2023-11-14T22:13:20.420Z"), (0.0, "2023-11-14T22:13:20.000Z"),
            (1, "2023-11-14T22:13:21.000Z"), (1.5, "2023-11-14T22:13:21.500Z"),
            (1.501, nil), (-0.1, nil), (.double(.nan), nil), (.double(1e300), nil), ("0.4", nil),
        ] as [(AttributeValue, JSON?)])
    func `the first chunk came seconds after the start, and within the span`(
        _ seconds: AttributeValue, _ time: JSON?
    ) throws {
        let attributes = try attributes(
            of: .chat(["gen_ai.response.time_to_first_chunk": seconds]))
        #expect(attributes["completionStartTime"] == time)
        #expect(attributes["gen_ai.response.time_to_first_chunk"] != nil)
    }

    @Test func `the time of the first chunk as Mastra wrote it goes first`() throws {
        let attributes = try attributes(
            of: .chat([
                "gen_ai.response.time_to_first_chunk": 0.42,
                "mastra.completion_start_time": "2023-11-14T22:13:20.540Z",
            ]))
        #expect(attributes["completionStartTime"] == "2023-11-14T22:13:20.540Z")
        #expect(attributes["mastra.completion_start_time"] == nil)
    }

    @Test(arguments: [
        "soon, perhaps very soon", "2023-11-14T22:13:19.999Z", "2023-11-14T22:13:21.501Z",
        "2023-13-14T22:13:20.540Z", "2023-11-14 22:13:20.540Z",
    ])
    func `a time of the first chunk that is none, or outside the span, is left over`(
        _ text: String
    ) throws {
        let attributes = try attributes(
            of: .chat(["mastra.completion_start_time": .string(text)]))
        #expect(attributes["completionStartTime"] == nil)
        #expect(attributes["mastra.completion_start_time"] == .string(text))
    }

    @Test(
        arguments: [
            (443, 443), ("443", 443), (0, nil), (-1, nil), ("https", nil), (1.5, nil),
        ] as [(AttributeValue, JSON?)])
    func `a port is a positive whole number`(_ value: AttributeValue, _ port: JSON?) throws {
        let attributes = try attributes(of: .chat(["server.port": value]))
        #expect(attributes["serverPort"] == port)
        #expect((attributes["server.port"] == nil) == (port != nil))
    }

    @Test(arguments: [
        ("api.openai.com", "api.openai.com"), ("https://api.openai.com/v1", "api.openai.com"),
        ("http://127.0.0.1:18080/v1/", "127.0.0.1"), ("http://[::1]:80/", "[::1]"),
        ("::1", "::1"),
    ])
    func `of a server's URL the host is told`(_ address: String, _ host: String) throws {
        let attributes = try attributes(of: .chat(["server.address": .string(address)]))
        #expect(attributes["serverAddress"] == .string(host))
        #expect(attributes["server.address"] == (address == host ? nil : .string(address)))
    }

    @Test func `tool definitions are JSON in a string or a list, and nothing when empty`() throws {
        let definitions: JSON = [["type": "function", "name": "f"]]
        let json = try attributes(
            of: .chat(["gen_ai.tool.definitions": #"[{"type":"function","name":"f"}]"#]))
        #expect(json["tools"] == definitions)
        let list = try attributes(
            of: .chat([
                "gen_ai.tool.definitions": [.map(["type": "function", "name": "f"])]
            ]))
        #expect(list["tools"] == definitions)
        for empty in ["", "[]", [], .empty] as [AttributeValue] {
            let attributes = try attributes(of: .chat(["gen_ai.tool.definitions": empty]))
            #expect(attributes["tools"] == nil)
            #expect(attributes["gen_ai.tool.definitions"] != nil)
        }
    }

    @Test(
        arguments: [
            #"["a","b"]"#, ["a", "b"],
            #"[{"name":"a"},{"type":"function","function":{"name":"b"}}]"#,
            [.map(["name": "a"]), .map(["function": .map(["name": "b"])])],
        ] as [AttributeValue])
    func `an agent has the names of its tools`(_ definitions: AttributeValue) throws {
        let attributes = try attributes(
            of: .span(attributes: [
                "gen_ai.operation.name": "invoke_agent", "gen_ai.tool.definitions": definitions,
            ]))
        #expect(attributes["availableTools"] == ["a", "b"])
        // Names are all there is in a list of names; other definitions say more.
        let isNames = definitions == #"["a","b"]"# || definitions == ["a", "b"]
        #expect((attributes["gen_ai.tool.definitions"] == nil) == isNames)
    }

    @Test func `an MCP tool names its server, a search how many it asked for`() throws {
        let tool = try attributes(
            of: .span(attributes: [
                "gen_ai.operation.name": "execute_tool", "mcp.session.id": "s",
                "server.address": "mcp.test",
            ]))
        #expect(tool["mcpServer"] == "mcp.test")
        let search = try attributes(
            of: .span(attributes: [
                "gen_ai.operation.name": "retrieval", "gen_ai.request.top_k": 5,
            ]))
        #expect(search["topK"] == 5)
        let embedding = try attributes(
            of: .span(attributes: [
                "gen_ai.operation.name": "embeddings", "gen_ai.embeddings.dimension.count": 3,
                "gen_ai.request.model": "e",
            ]))
        #expect(embedding["dimensions"] == 3)
        #expect(embedding["model"] == "e")
    }
}
