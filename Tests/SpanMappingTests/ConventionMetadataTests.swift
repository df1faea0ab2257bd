import Testing

/// Who, where and what else, as the conventions write it (MAPPING 5.7).
struct ConventionMetadataTests {
    /// The field of a record whose span has all sources from `first` on.
    private static func field(
        _ name: String, _ sources: [Attribute], from first: Int
    ) throws -> JSON? {
        let span = SpanFixture(
            attributes: [Attribute("openinference.span.kind", "AGENT")]
                + sources[first...].reversed())
        return try map(span)["metadata"]?[name]
    }

    @Test func `a session comes from the best of its sources`() throws {
        let sources: [Attribute] = [
            Attribute("session.id", "v0"), Attribute("langfuse.session.id", "v1"),
            Attribute("ai.telemetry.metadata.sessionId", "v2"),
            Attribute("traceloop.association.properties.session_id", "v3"),
            Attribute("lmnr.association.properties.session_id", "v4"),
            Attribute("langsmith.metadata.session_id", "v5"),
            Attribute("langfuse.observation.metadata.langfuse_session_id", "\"v6\""),
            Attribute("gcp.vertex.agent.session_id", "v7"),
            Attribute("metadata", #"{"session_id":"v8"}"#), Attribute("mcp.session.id", "v9"),
        ]
        for first in sources.indices {
            #expect(try Self.field("sessionId", sources, from: first) == .string("v\(first)"))
        }
    }

    @Test func `a thread comes from the best of its sources`() throws {
        let sources: [Attribute] = [
            Attribute("gen_ai.conversation.id", "v0"),
            Attribute("langsmith.metadata.thread_id", "v1"),
            Attribute("traceloop.association.properties.thread_id", "v2"),
            Attribute("metadata", #"{"thread_id":"v3"}"#),
            Attribute("ai.telemetry.metadata.threadId", "v4"),
            Attribute("traceloop.association.properties.chat_id", "v5"),
        ]
        for first in sources.indices {
            #expect(try Self.field("threadId", sources, from: first) == .string("v\(first)"))
        }
    }

    @Test func `a user comes from the best of its sources`() throws {
        let sources: [Attribute] = [
            Attribute("user.id", "v0"), Attribute("langfuse.user.id", "v1"),
            Attribute("enduser.id", "v2"), Attribute("ai.telemetry.metadata.userId", "v3"),
            Attribute("traceloop.association.properties.user_id", "v4"),
            Attribute("lmnr.association.properties.user_id", "v5"),
            Attribute("langfuse.observation.metadata.langfuse_user_id", "\"v6\""),
            Attribute("llm.user", "v7"), Attribute("gen_ai.request.user", "v8"),
        ]
        for first in sources.indices {
            #expect(try Self.field("userId", sources, from: first) == .string("v\(first)"))
        }
    }

    @Test func `a request, a run and an environment come from the best of their sources`() throws {
        let requests: [Attribute] = [
            Attribute("http.request.header.x-request-id", "v0"),
            Attribute("litellm.call_id", "v1"), Attribute("az.client_request_id", "v2"),
        ]
        let runs: [Attribute] = [
            Attribute("gen_ai.agent.call.id", "v0"),
            Attribute("gcp.vertex.agent.invocation_id", "v1"),
        ]
        let environments: [Attribute] = [
            Attribute("deployment.environment.name", "v0"),
            Attribute("deployment.environment", "v1"), Attribute("langfuse.environment", "v2"),
        ]
        for (name, sources) in [
            ("requestId", requests), ("runId", runs), ("environment", environments),
        ] {
            for first in sources.indices {
                #expect(
                    try Self.field(name, sources, from: first) == .string("v\(first)"), "\(name)")
            }
        }
    }

    // MARK: The user's own

    private static let prefixes = [
        "ai.telemetry.metadata.", "traceloop.association.properties.",
        "lmnr.association.properties.metadata.", "langsmith.metadata.",
        "langfuse.observation.metadata.", "langfuse.trace.metadata.", "mastra.metadata.",
    ]

    @Test(arguments: prefixes)
    func `metadata of the user loses its prefix`(_ prefix: String) throws {
        let record = try map(
            SpanFixture(attributes: [
                Attribute(prefix + "plan", "pro"), Attribute(prefix + "a.b", true),
                Attribute(prefix + "tier", 3), Attribute(prefix + "list", #"["x",{"y":1}]"#),
            ]))
        #expect(record["metadata"]?["plan"] == "pro")
        #expect(record["metadata"]?["a.b"] == true)
        #expect(record["metadata"]?["tier"] == 3)
        #expect(record["metadata"]?["list"] == ["x", ["y": 1]])
        #expect(record["attributes"] == [:])
    }

    @Test(arguments: prefixes)
    func `what Mastra lifts may be the user's where it is text`(_ prefix: String) throws {
        let record = try map(
            SpanFixture(attributes: [
                Attribute(prefix + "organizationId", "org"), Attribute(prefix + "source", "web"),
                Attribute(prefix + "experimentId", "e"),
            ]))
        #expect(record["metadata"]?["organizationId"] == "org")
        #expect(record["metadata"]?["source"] == "web")
        #expect(record["metadata"]?["experimentId"] == "e")
    }

    @Test(arguments: prefixes)
    func `a name that is taken for something else gets a prefix`(_ prefix: String) throws {
        let record = try map(
            SpanFixture(attributes: [
                Attribute(prefix + "resourceId", 5), Attribute(prefix + "environment", ["a"]),
                Attribute(prefix + "scope", "mine"), Attribute(prefix + "otel", "mine"),
                Attribute(prefix + "resource", "mine"), Attribute("session.id", "s"),
                Attribute("gen_ai.conversation.id", "t"), Attribute(prefix + "requestId", 7),
            ]), resource: .resource(["service.name": "api"]), scope: ScopeFixture(name: "lib"))
        let metadata = record["metadata"]
        #expect(metadata?["user.resourceId"] == 5)
        #expect(metadata?["resourceId"] == nil)
        #expect(metadata?["user.requestId"] == 7)
        #expect(metadata?["user.environment"] == ["a"])
        #expect(metadata?["environment"] == nil)
        #expect(metadata?["user.scope"] == "mine")
        #expect(metadata?["scope"] == ["name": "lib"])
        #expect(metadata?["user.otel"] == "mine")
        #expect(metadata?["user.resource"] == "mine")
        #expect(metadata?["resource"] == ["service.name": "api"])
    }

    @Test func `a second value for one name gets a prefix, and a third stays`() throws {
        let record = try map(
            .span(attributes: [
                "user.id": "u", "ai.telemetry.metadata.userId": "first",
                "traceloop.association.properties.k": "a", "langsmith.metadata.k": "b",
                "langfuse.trace.metadata.k": "c",
            ]))
        #expect(record["metadata"]?["userId"] == "u")
        #expect(record["metadata"]?["user.userId"] == "first")
        #expect(record["metadata"]?["k"] == "a")
        #expect(record["metadata"]?["user.k"] == "b")
        #expect(record["attributes"] == ["langfuse.trace.metadata.k": "c"])
    }

    @Test(
        arguments: [
            ("\"text\"", "text"), ("5", 5), ("true", true), (#"{"a":1}"#, ["a": 1]),
            ("text", "text"), ("null", .null),
        ] as [(String, JSON)])
    func `Langfuse encodes each value by itself`(_ text: String, _ value: JSON) throws {
        for prefix in ["langfuse.observation.metadata.", "langfuse.trace.metadata."] {
            let record = try map(SpanFixture(attributes: [Attribute(prefix + "k", .string(text))]))
            #expect(record["metadata"]?["k"] == value)
        }
    }

    @Test(arguments: [
        "metadata", "langfuse.observation.metadata", "langfuse.trace.metadata",
    ])
    func `a JSON object is metadata as a whole`(_ key: String) throws {
        let record = try map(
            SpanFixture(attributes: [
                Attribute("openinference.span.kind", "CHAIN"),
                Attribute(key, #"{"plan":"pro","n":{"a":[1]},"sessionId":5}"#),
            ]))
        #expect(record["metadata"]?["plan"] == "pro")
        #expect(record["metadata"]?["n"] == ["a": [1]])
        #expect(record["metadata"]?["user.sessionId"] == 5)
        #expect(record["attributes"]?[key] == nil)
        let odd = try map(
            SpanFixture(attributes: [
                Attribute("openinference.span.kind", "CHAIN"), Attribute(key, "[1]"),
            ]))
        #expect(odd["attributes"]?[key] != nil, "a list is no metadata")
    }

    @Test func `a plain attribute called metadata is an attribute`() throws {
        let record = try map(.span(attributes: ["metadata": #"{"a":1}"#]))
        #expect(record["metadata"]?["a"] == nil)
        #expect(record["attributes"]?["metadata"] == #"{"a":1}"#)
    }

    // MARK: Tags

    @Test func `tags come from the best of their sources`() throws {
        let keys = [
            "tag.tags", "langfuse.trace.tags", "ai.telemetry.metadata.tags",
            "langsmith.span.tags", "lmnr.association.properties.tags", "tags", "mastra.tags",
        ]
        for first in keys.indices {
            let span = SpanFixture(
                attributes: keys[first...].reversed().map { Attribute($0, ["of", .string($0)]) })
            let record = try map(span, scope: ScopeFixture(name: "strands.telemetry.tracer"))
            #expect(record["tags"] == ["of", .string(keys[first])])
        }
    }

    @Test(
        arguments: [
            ["a", "b"], #"["a","b"]"#, "a,b", " a , b ,, a", [" a", "b", ""],
        ] as [AttributeValue])
    func `tags have many forms`(_ value: AttributeValue) throws {
        for key in [
            "langfuse.trace.tags", "ai.telemetry.metadata.tags", "langsmith.span.tags",
            "lmnr.association.properties.tags",
        ] {
            let record = try map(SpanFixture(attributes: [Attribute(key, value)]))
            #expect(record["tags"] == ["a", "b"])
            #expect(record["attributes"]?[key] == nil)
        }
    }

    @Test func `tags of somebody else are an attribute`() throws {
        let record = try map(.span(attributes: ["tags": ["a"], "gen_ai.system": "openai"]))
        #expect(record["tags"] == nil)
        #expect(record["attributes"]?["tags"] == ["a"])
    }
}
