import SpanMapping
import TestKit
import Testing

/// `metadata` and `tags` (MAPPING 5.7, 5.9, MASTRA-CONTRACT 3.6).
struct MetadataTests {
    private static func metadata(
        _ attributes: KeyValuePairs<String, AttributeValue> = [:],
        resource: ResourceFixture? = nil, scope: ScopeFixture? = nil
    ) throws -> JSON? {
        try map(.span(attributes: attributes), resource: resource, scope: scope)["metadata"]
    }

    @Test func `a service is named by its resource`() throws {
        #expect(
            try Self.metadata(resource: .resource(["service.name": "api"]))?["serviceName"]
                == "api")
        #expect(
            try Self.metadata(
                resource: .resource(["service.name": "unknown_service:python"]))?["serviceName"]
                == "unknown_service:python")
        #expect(try Self.metadata(["service.name": "api"])?["serviceName"] == nil)
        let odd = try Self.metadata(resource: .resource(["service.name": 5]))
        #expect(odd?["serviceName"] == nil)
        #expect(odd?["resource"] == ["service.name": 5])
    }

    @Test func `an environment comes from the best of its sources`() throws {
        let sources: [(span: Bool, key: String)] = [
            (true, "deployment.environment.name"), (true, "deployment.environment"),
            (false, "deployment.environment.name"), (false, "deployment.environment"),
        ]
        for first in sources.indices {
            var span = SpanFixture()
            var resource = ResourceFixture(attributes: [])
            for (rank, source) in sources.enumerated().dropFirst(first) {
                let attribute = Attribute(source.key, .string("by \(rank)"))
                if source.span {
                    span.attributes.append(attribute)
                } else {
                    resource.attributes.append(attribute)
                }
            }
            let record = try map(span, resource: resource)
            #expect(record["metadata"]?["environment"] == .string("by \(first)"))
            if first == 0 {
                #expect(record["attributes"] == ["deployment.environment": "by 1"])
            }
        }
        #expect(try Self.metadata(["deployment.environment": ""])?["environment"] == nil)
    }

    @Test(arguments: [
        ("session.id", "sessionId"), ("gen_ai.conversation.id", "threadId"),
        ("user.id", "userId"), ("enduser.id", "userId"),
        ("http.request.header.x-request-id", "requestId"),
    ])
    func `who and where is told where it is text`(_ key: String, _ field: String) throws {
        let text = try map(SpanFixture(attributes: [Attribute(key, "v")]))
        #expect(text["metadata"]?[field] == "v")
        #expect(text["attributes"]?[key] == nil)
        for odd in [5, ["v"], "", .empty] as [AttributeValue] {
            let record = try map(SpanFixture(attributes: [Attribute(key, odd)]))
            #expect(record["metadata"]?[field] == nil)
            #expect(record["attributes"]?[key] != nil)
        }
    }

    @Test func `a user of the newer convention goes first`() throws {
        let record = try map(.span(attributes: ["enduser.id": "old", "user.id": "new"]))
        #expect(record["metadata"]?["userId"] == "new")
        #expect(record["attributes"] == ["enduser.id": "old"])
    }

    @Test func `a conversation of an agent is also a field of the agent`() throws {
        let record = try map(
            .span(attributes: [
                "gen_ai.operation.name": "invoke_agent", "gen_ai.conversation.id": "t",
            ]))
        #expect(record["metadata"]?["threadId"] == "t")
        #expect(record["metadata"]?["sessionId"] == nil)
        #expect(record["attributes"]?["conversationId"] == "t")
    }

    @Test func `resource and scope are kept whole`() throws {
        let request = RequestFixture(
            [.span()],
            resource: .resource(
                ["service.name": "api", "list": [1, .map(["a": .empty])], "": "empty key"],
                dropped: 2),
            scope: ScopeFixture(
                name: "lib", version: "1.2", attributes: [Attribute("k", .bytes([1]))],
                dropped: 3),
            resourceSchemaURL: "r", scopeSchemaURL: "s")
        let metadata = try map(request).first?["metadata"]
        expectEqual(
            metadata,
            [
                "serviceName": "api",
                "resource": ["service.name": "api", "list": [1, ["a": .null]], "": "empty key"],
                "scope": [
                    "name": "lib", "version": "1.2", "schemaUrl": "s",
                    "attributes": ["k": "AQ=="], "droppedAttributesCount": 3,
                ],
                "otel": [
                    "startTimeUnixNano": "1700000000000000000",
                    "endTimeUnixNano": "1700000001500000000", "resourceSchemaUrl": "r",
                    "resourceDroppedAttributesCount": 2,
                ],
            ])
    }

    @Test func `without resource and scope there is nothing of them`() throws {
        #expect(try Self.metadata()?.names == ["otel"])
        #expect(
            try Self.metadata(
                resource: .resource([:]), scope: ScopeFixture())?.names == ["otel"])
    }

    @Test func `resources and scopes that come in two pieces are merged`() throws {
        let first: [UInt8] = [Attribute("service.name", "api"), Attribute("a", 1)].encoded(as: 1)
        let second: [UInt8] = [Attribute("b", 2)].encoded(as: 1) + .field(2, varint: 7)
        let scopeSpans: [UInt8] =
            .field(1, bytes: ScopeFixture(name: "lib", attributes: [Attribute("x", 1)]).encoded)
            + .field(2, bytes: SpanFixture.span().encoded)
            + .field(1, bytes: ScopeFixture(version: "2", attributes: [Attribute("y", 2)]).encoded)
        let request: [UInt8] = .field(
            1,
            bytes: .field(1, bytes: first) + .field(2, bytes: scopeSpans)
                + .field(1, bytes: second))
        let metadata = try record(of: request)["metadata"]
        #expect(metadata?["serviceName"] == "api")
        #expect(metadata?["resource"] == ["service.name": "api", "a": 1, "b": 2])
        expectEqual(
            metadata?["scope"],
            ["name": "lib", "version": "2", "attributes": ["x": 1, "y": 2]])
        #expect(metadata?["otel"]?["resourceDroppedAttributesCount"] == 7)
    }

    private func record(of request: [UInt8]) throws -> JSON {
        var mapper = SpanMapper(dialect: .platform)
        var parser = JSONParser(try #require(mapper.records(of: request).first))
        return try parser.parse()
    }

    @Test func `each group of spans has its own resource and scope`() throws {
        func group(_ service: String, _ scopes: [String]) -> [UInt8] {
            let scopeSpans: [UInt8] = scopes.flatMap { scope in
                [UInt8].field(
                    2,
                    bytes: .field(1, bytes: ScopeFixture(name: scope).encoded)
                        + .field(2, bytes: SpanFixture.span().encoded)
                        + .field(2, bytes: SpanFixture.span().encoded))
            }
            let resource = ResourceFixture.resource(["service.name": .string(service)])
            return .field(1, bytes: .field(1, bytes: resource.encoded) + scopeSpans)
        }
        var mapper = SpanMapper(dialect: .platform)
        let request = group("a", ["x", "y"]) + group("b", ["y"]) + group("a", ["x"])
        let seen = try mapper.records(of: request).map { bytes -> [JSON?] in
            var parser = JSONParser(bytes)
            let metadata = try parser.parse()["metadata"]
            return [metadata?["serviceName"], metadata?["scope"]?["name"]]
        }
        let expected: [[JSON?]] = [
            ["a", "x"], ["a", "x"], ["a", "y"], ["a", "y"], ["b", "y"], ["b", "y"], ["a", "x"],
            ["a", "x"],
        ]
        #expect(seen == expected)
    }

    /// The end of a resource cannot pass for the schema URL of another, of which a mapper that keeps
    /// the last one ready has to take care.
    @Test func `resources of the same bytes cut elsewhere are not the same`() throws {
        let whole = ResourceFixture.resource(["service.name": "api", "tenant": "a"])
        let head = ResourceFixture.resource(["service.name": "api"])
        let tail = Array(whole.encoded[head.encoded.count...])
        let spans: [UInt8] = .field(2, bytes: .field(2, bytes: SpanFixture.span().encoded))
        let cut: [UInt8] = .field(
            1, bytes: .field(1, bytes: head.encoded) + spans + .field(3, bytes: tail))
        let request = RequestFixture([.span()], resource: whole).encoded
        var used = SpanMapper(dialect: .platform)
        _ = used.records(of: cut)
        var fresh = SpanMapper(dialect: .platform)
        #expect(used.records(of: request) == fresh.records(of: request))
    }

    @Test
    func `the next request has its own resource, though its bytes lie where the last ones lay`()
        throws
    {
        var mapper = SpanMapper(dialect: .platform)
        for service in ["a", "b"] {
            let request = RequestFixture(
                [.span()], resource: .resource(["service.name": .string(service)]),
                scope: ScopeFixture(name: "of \(service)"))
            var parser = JSONParser(try #require(mapper.records(of: request.encoded).first))
            let metadata = try parser.parse()["metadata"]
            #expect(metadata?["serviceName"] == .string(service))
            #expect(metadata?["scope"] == ["name": .string("of \(service)")])
        }
    }

    @Test func `a resource that is not UTF-8 is told of on each of its spans`() throws {
        let request = RequestFixture(
            [.span(), .span().numbered(2)],
            resource: ResourceFixture(
                attributes: [Attribute("service.name", .text([0x61, 0xc0]))]))
        for record in try map(request) {
            #expect(record["metadata"]?["serviceName"] == "a\u{fffd}")
            #expect(record["metadata"]?["otel"]?["warnings"] == ["invalid_utf8"])
        }
    }

    // MARK: Events and links

    @Test func `events and links are kept with everything on them`() throws {
        let otel = try otel(
            of: .span(
                events: [
                    .event("", time: .max, attributes: ["a": [1, .empty]]),
                    .event("e", time: 0, dropped: 9),
                ],
                links: [
                    LinkFixture(),
                    LinkFixture(
                        traceID: [1], spanID: [], traceState: "s", attributes: [Attribute("b", 1)],
                        dropped: 2, flags: 0x300),
                ]))
        expectEqual(
            otel["events"],
            [
                [
                    "name": "", "timeUnixNano": "18446744073709551615",
                    "attributes": ["a": [1, .null]],
                ],
                ["name": "e", "timeUnixNano": "0", "attributes": [:], "droppedAttributesCount": 9],
            ])
        expectEqual(
            otel["links"],
            [
                [
                    "traceId": "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf", "spanId": "d0d1d2d3d4d5d6d7",
                    "attributes": [:],
                ],
                [
                    "traceId": "01", "spanId": "", "traceState": "s", "attributes": ["b": 1],
                    "droppedAttributesCount": 2, "flags": 0x300,
                ],
            ])
    }

    @Test func `dropped counts are told where something was dropped`() throws {
        let otel = try otel(of: .span(dropped: [1, 0, UInt64(UInt32.max)]))
        #expect(otel["droppedAttributesCount"] == 1)
        #expect(otel["droppedEventsCount"] == nil)
        #expect(otel["droppedLinksCount"] == .int(Int64(UInt32.max)))
    }

    // MARK: Tags

    @Test(
        arguments: [
            (["a", "b"], ["a", "b"]), (#"["a","b"]"#, ["a", "b"]), ("a", ["a"]),
            ("a, b ,,c", ["a", "b", "c"]), ([" a ", "", "a", "b"], ["a", "b"]),
            (#"["a","a"," b"]"#, ["a", "b"]),
        ] as [(AttributeValue, JSON)])
    func `tags are a list of different texts`(_ value: AttributeValue, _ tags: JSON) throws {
        for key in ["tag.tags", "mastra.tags"] {
            let span = SpanFixture(attributes: [Attribute(key, value)])
            let platform = try map(span)
            #expect(platform["tags"] == tags)
            let cloud = try map(span, dialect: .cloud)
            #expect(cloud["tags"] == nil)
            #expect(cloud["metadata"]?["tags"] == tags)
        }
    }

    @Test(arguments: ["", [], "[]", [1], ["a", 1], 5, ",", [""], .empty] as [AttributeValue])
    func `what are no tags is left over`(_ value: AttributeValue) throws {
        let record = try map(.span(attributes: ["tag.tags": value]))
        #expect(record["tags"] == nil)
        #expect(record["attributes"]?["tag.tags"] != nil)
    }

    @Test func `the second list of tags stays`() throws {
        let record = try map(.span(attributes: ["mastra.tags": ["b"], "tag.tags": ["a"]]))
        #expect(record["tags"] == ["a"])
        #expect(record["attributes"] == ["mastra.tags": ["b"]])
    }
}
