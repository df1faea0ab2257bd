import Testing

/// Model, provider, parameters and the rest of a call as the conventions write them (MAPPING 5.2, 5.3).
struct ConventionFieldTests {
    @Test func `a model comes from the best of all its sources`() throws {
        let sources: [Attribute] = [
            Attribute("gen_ai.request.model", "m0"),
            Attribute("langfuse.observation.model.name", "m1"), Attribute("ai.model.id", "m2"),
            Attribute("llm.request.model_name", "m3"), Attribute("llm.model_name", "m4"),
            Attribute("embedding.model_name", "m5"), Attribute("reranker.model_name", "m6"),
            Attribute("mlflow.llm.model", "\"m7\""), Attribute("gen_ai.response.model", "m8"),
            Attribute("llm.response.model", "m9"),
            Attribute("llm.invocation_parameters", #"{"model":"m10","x":1}"#),
            Attribute("model", "\"m11\""),
        ]
        for first in sources.indices {
            let span = SpanFixture(
                name: "chat m12", kind: 3,
                attributes: [Attribute("gen_ai.operation.name", "chat")]
                    + sources[first...].reversed())
            let record = try map(span, scope: ScopeFixture(name: "mlflow.openai"))
            #expect(record["attributes"]?["model"] == .string("m\(first)"))
        }
        let name = SpanFixture.span(
            name: "chat m12", kind: 3, attributes: ["gen_ai.operation.name": "chat"])
        #expect(try attributes(of: name)["model"] == "m12")
    }

    @Test func `a bare model is read of MLflow alone`() throws {
        let attributes = try attributes(of: .chat(["model": "mine"]))
        #expect(attributes["model"] == nil)
        #expect(attributes["otel.model"] == "mine")
    }

    @Test func `an error of OpenInference has its model in the parameters`() throws {
        let attributes = try attributes(
            of: .openInference("LLM", ["llm.invocation_parameters": #"{"model":"gpt-4o"}"#]))
        #expect(attributes["model"] == "gpt-4o")
        #expect(attributes["llm.invocation_parameters"] == ["model": "gpt-4o"])
    }

    @Test func `LangSmith names the model in its metadata`() throws {
        let attributes = try attributes(
            of: .span(attributes: [
                "langsmith.span.kind": "llm", "langsmith.metadata.ls_model_name": "m",
            ]))
        #expect(attributes["model"] == "m")
    }

    @Test(arguments: [
        ("gen_ai.response.model", "responseModel"), ("ai.response.model", "responseModel"),
        ("llm.response.model_name", "responseModel"), ("gen_ai.response.id", "responseId"),
        ("ai.response.id", "responseId"),
    ])
    func `an answer tells its model and its id`(_ key: String, _ field: String) throws {
        let span = SpanFixture(attributes: [
            Attribute("gen_ai.operation.name", "chat"), Attribute("gen_ai.request.model", "m"),
            Attribute(key, "v"),
        ])
        #expect(try attributes(of: span)[field] == "v")
        #expect(try attributes(of: span)[key] == nil)
    }

    @Test func `a provider comes from the best of all its sources`() throws {
        let keys = [
            "gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system",
            "ai.model.provider", "traceloop.association.properties.ls_provider",
            "langsmith.metadata.ls_provider", "error.llm_provider",
        ]
        for first in keys.indices {
            let span = SpanFixture(
                attributes: [Attribute("gen_ai.operation.name", "chat")]
                    + keys[first...].enumerated().reversed().map {
                        Attribute($1, .string("p\(first + $0)"))
                    })
            #expect(try attributes(of: span)["provider"] == .string("p\(first)"))
        }
    }

    @Test func `behind a framework's name the provider of LangChain shows`() throws {
        let attributes = try attributes(
            of: .span(attributes: [
                "langsmith.span.kind": "llm", "gen_ai.system": "langchain",
                "langsmith.metadata.ls_provider": "anthropic",
            ]))
        #expect(attributes["provider"] == "anthropic")
        #expect(attributes["gen_ai.system"] == "langchain")
    }

    @Test(arguments: [
        ("gen_ai.openai.api_base", "https://api.openai.com/v1/", "api.openai.com"),
        ("llm.openai.api_base", "http://localhost:8080", "localhost"),
    ])
    func `the base of an API tells the host`(
        _ key: String, _ url: String, _ host: String
    ) throws {
        let span = SpanFixture(attributes: [
            Attribute("gen_ai.operation.name", "chat"), Attribute(key, .string(url)),
        ])
        #expect(try attributes(of: span)["serverAddress"] == .string(host))
        #expect(try attributes(of: span)[key] == .string(url))
    }

    // MARK: Parameters

    private static let all: JSON = [
        "temperature": 0.5, "maxOutputTokens": 100, "topP": 0.9, "topK": 40,
        "presencePenalty": 0.1, "frequencyPenalty": 0.2, "stopSequences": ["END"], "seed": 7,
        "maxRetries": 2,
    ]

    @Test func `the settings of the AI SDK are the parameters`() throws {
        let attributes = try attributes(
            of: .span(attributes: [
                "ai.operationId": "ai.generateText.doGenerate",
                "ai.settings.temperature": 0.5, "ai.settings.maxOutputTokens": 100,
                "ai.settings.topP": 0.9, "ai.settings.topK": 40,
                "ai.settings.presencePenalty": 0.1, "ai.settings.frequencyPenalty": 0.2,
                "ai.settings.stopSequences": ["END"], "ai.settings.seed": 7,
                "ai.settings.maxRetries": 2,
            ]))
        expectEqual(attributes["parameters"], Self.all)
        let old = try SpanMappingTests.attributes(
            of: .span(attributes: [
                "ai.operationId": "ai.generateText.doGenerate", "ai.settings.maxTokens": 100,
            ]))
        #expect(old["parameters"] == ["maxOutputTokens": 100])
    }

    @Test(arguments: ["llm.invocation_parameters", "langfuse.observation.model.parameters"])
    func `the parameters in a blob are told, and the blob is kept`(_ key: String) throws {
        let blob: JSON = [
            "temperature": 0.5, "max_tokens": 100, "top_p": 0.9, "top_k": 40,
            "presence_penalty": 0.1, "frequency_penalty": 0.2, "stop": "END", "seed": 7,
            "max_retries": 2, "logit_bias": ["a": 1],
        ]
        let span = SpanFixture(attributes: [
            Attribute("openinference.span.kind", "LLM"),
            Attribute(
                key,
                .string(
                    #"{"temperature":0.5,"max_tokens":100,"top_p":0.9,"top_k":40,"#
                        + #""presence_penalty":0.1,"frequency_penalty":0.2,"stop":"END","#
                        + #""seed":7,"max_retries":2,"logit_bias":{"a":1}}"#)),
        ])
        expectEqual(try attributes(of: span)["parameters"], Self.all)
        expectEqual(try attributes(of: span)[key], blob)
    }

    @Test(arguments: [
        "max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens",
    ])
    func `most tokens have many names`(_ name: String) throws {
        let attributes = try attributes(
            of: .openInference(
                "LLM", ["llm.invocation_parameters": .string("{\"\(name)\":\"256\"}")]))
        #expect(attributes["parameters"] == ["maxOutputTokens": 256])
    }

    @Test(arguments: [
        #"{"max_tokens":"Infinity","temperature":null,"stop":[]}"#,
        #"{"max_tokens":-1,"temperature":"","stop":""}"#, #"{"max_tokens":null}"#,
    ])
    func `placeholders in a blob are no parameters`(_ blob: String) throws {
        let attributes = try attributes(
            of: .span(attributes: [
                "langfuse.observation.type": "generation",
                "langfuse.observation.model.parameters": .string(blob),
            ]))
        #expect(attributes["parameters"] == nil)
        #expect(attributes["langfuse.observation.model.parameters"] != nil)
    }

    @Test func `LangChain's metadata has parameters`() throws {
        let dotted = try attributes(
            of: .span(attributes: [
                "langsmith.span.kind": "llm", "langsmith.metadata.ls_temperature": 0.5,
                "langsmith.metadata.ls_max_tokens": 100,
            ]))
        #expect(dotted["parameters"] == ["temperature": 0.5, "maxOutputTokens": 100])
        let object = try map(
            .openInference(
                "LLM", ["metadata": #"{"ls_temperature":0.5,"ls_max_tokens":100,"k":"v"}"#]))
        #expect(
            object["attributes"]?["parameters"]
                == ["temperature": 0.5, "maxOutputTokens": 100])
        #expect(object["metadata"]?["k"] == "v")
    }

    @Test func `a key of its own goes before a blob`() throws {
        let attributes = try attributes(
            of: .openInference(
                "LLM",
                [
                    "llm.invocation_parameters": #"{"temperature":0.1,"top_p":0.2}"#,
                    "gen_ai.request.temperature": 0.9,
                ]))
        #expect(attributes["parameters"] == ["temperature": 0.9, "topP": 0.2])
    }

    // MARK: Streaming and tools

    @Test func `streaming comes from the best of its sources`() throws {
        let sources: [Attribute] = [
            Attribute("gen_ai.request.stream", true), Attribute("gen_ai.is_streaming", false),
            Attribute("llm.is_streaming", "True"), Attribute("gen_ai.request.is_stream", false),
            Attribute("ai.operationId", "ai.streamText.doStream"),
            Attribute("llm.invocation_parameters", #"{"stream":false}"#),
        ]
        let expected: [JSON] = [true, false, true, false, true, false]
        for first in sources.indices {
            let span = SpanFixture(
                attributes: [Attribute("openinference.span.kind", "LLM")]
                    + sources[first...].reversed())
            #expect(try attributes(of: span)["streaming"] == expected[first], "\(first)")
        }
        let whole = try attributes(
            of: .span(attributes: ["ai.operationId": "ai.generateText.doGenerate"]))
        #expect(whole["streaming"] == nil)
    }

    private static let weather: JSON = [
        [
            "type": "function", "name": "weather", "description": "Tells it",
            "parameters": ["type": "object"],
        ]
    ]

    @Test(
        arguments: [
            [
                Attribute(
                    "gen_ai.tool.definitions",
                    .string(
                        #"[{"type":"function","function":{"name":"weather","#
                            + #""description":"Tells it","parameters":{"type":"object"}}}]"#))
            ],
            [
                Attribute(
                    "llm.tools.0.tool.json_schema",
                    .string(
                        #"{"type":"function","function":{"name":"weather","#
                            + #""description":"Tells it","parameters":{"type":"object"}}}"#))
            ],
            [
                Attribute(
                    "ai.prompt.tools",
                    [
                        .string(
                            #"{"type":"function","name":"weather","description":"Tells it","#
                                + #""inputSchema":{"type":"object"}}"#)
                    ])
            ],
        ] as [[Attribute]])
    func `tools are defined in one form`(_ given: [Attribute]) throws {
        let span = SpanFixture(
            attributes: [Attribute("gen_ai.operation.name", "chat")] + given)
        expectEqual(try attributes(of: span)["tools"], Self.weather)
    }

    @Test func `tools of Traceloop and Pydantic AI have no type of their own`() throws {
        let expected: JSON = [
            ["name": "weather", "description": "Tells it", "parameters": ["type": "object"]]
        ]
        let traceloop = try attributes(
            of: .chat([
                "llm.request.functions.0.name": "weather",
                "llm.request.functions.0.description": "Tells it",
                "llm.request.functions.0.parameters": #"{"type":"object"}"#,
            ]))
        expectEqual(traceloop["tools"], expected)
        let pydantic = try attributes(
            of: .chat([
                "model_request_parameters": .string(
                    #"{"function_tools":[{"name":"weather","description":"Tells it","#
                        + #""parameters_json_schema":{"type":"object"}}],"output_mode":"text"}"#)
            ]))
        expectEqual(pydantic["tools"], expected)
        #expect(pydantic["model_request_parameters"]?["output_mode"] == "text")
    }

    @Test(
        arguments: [
            Attribute("gen_ai.tool.definitions", #"[{"name":"weather"}]"#),
            Attribute(
                "llm.tools.0.tool.json_schema",
                #"{"type":"function","function":{"name":"weather"}}"#),
            Attribute("llm.request.functions.0.name", "weather"),
            Attribute("ai.prompt.tools", [#"{"type":"function","name":"weather"}"#]),
            Attribute(
                "model_request_parameters", #"{"function_tools":[{"name":"weather"}]}"#),
        ])
    func `an agent has the names of tools from any of their sources`(
        _ definitions: Attribute
    ) throws {
        let span = SpanFixture(attributes: [
            Attribute("gen_ai.operation.name", "invoke_agent"), definitions,
        ])
        let attributes = try attributes(of: span)
        #expect(attributes["availableTools"] == ["weather"])
        #expect(attributes["tools"] == nil)
        #expect(attributes[definitions.key] != nil, "a definition says more than its name")
    }

    @Test func `the choice of tools and what the provider added are parsed`() throws {
        let attributes = try attributes(
            of: .span(attributes: [
                "ai.operationId": "ai.generateText.doGenerate",
                "ai.prompt.toolChoice": #"{"type":"auto"}"#,
                "ai.response.providerMetadata": #"{"openai":{"responseId":"r"}}"#,
            ]))
        #expect(attributes["toolChoice"] == ["type": "auto"])
        #expect(attributes["providerMetadata"] == ["openai": ["responseId": "r"]])
    }

    @Test(arguments: ["gen_ai.system_instructions", "system_prompt", "lk.instructions"])
    func `an agent has its instructions from any of its sources`(_ key: String) throws {
        let span = SpanFixture(attributes: [
            Attribute("gen_ai.operation.name", "invoke_agent"), Attribute(key, "be kind"),
        ])
        #expect(try attributes(of: span)["instructions"] == "be kind")
        #expect(try attributes(of: span)[key] == nil)
    }

    @Test(arguments: [
        ("gen_ai.tool.call.id", "toolCallId"), ("ai.toolCall.id", "toolCallId"),
        ("lk.function_tool.id", "toolCallId"), ("gen_ai.tool.type", "toolType"),
        ("gen_ai.tool.description", "toolDescription"),
    ])
    func `a tool call has what is told of it`(_ key: String, _ field: String) throws {
        let span = SpanFixture(attributes: [
            Attribute("gen_ai.operation.name", "execute_tool"), Attribute(key, "v"),
        ])
        #expect(try attributes(of: span)[field] == "v")
        #expect(try attributes(of: span)[key] == nil)
    }
}
