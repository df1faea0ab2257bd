import Testing

/// Failures that a convention tells in its own way (MAPPING 5.8, 7.7, 7.8).
struct ConventionErrorTests {
    private static let traceback = "ValueError('no')\nTraceback (most recent call last):\n  line 1"

    @Test(arguments: [StatusFixture.ok, .unset])
    func `an exception of LangSmith is a failure, whatever the status`(
        _ status: StatusFixture
    ) throws {
        let span = SpanFixture.span(
            attributes: ["langsmith.span.kind": "chain"],
            events: [.exception(["exception.message": .string(Self.traceback)])], status: status)
        let record = try map(span, scope: ScopeFixture(name: "langsmith"))
        expectEqual(
            record["error"],
            [
                "message": "ValueError('no')",
                "stack": "Traceback (most recent call last):\n  line 1",
            ])
        let other = try map(span, scope: ScopeFixture(name: "other"))
        #expect(other["error"] == .null, "the exporter is told by its scope")
    }

    @Test func `LangSmith without an exception has not failed`() throws {
        let record = try map(
            .span(attributes: ["langsmith.span.kind": "chain"], status: .ok),
            scope: ScopeFixture(name: "langsmith"))
        #expect(record["error"] == .null)
    }

    @Test(arguments: [
        ("ERROR", true), ("error", true), ("WARNING", false), ("DEFAULT", false), ("", false),
    ])
    func `a level of Langfuse may be a failure`(_ level: String, _ isError: Bool) throws {
        let record = try map(
            .span(
                attributes: [
                    "langfuse.observation.type": "span",
                    "langfuse.observation.level": .string(level),
                    "langfuse.observation.status_message": "too long",
                ]))
        #expect(record["error"] == (isError ? ["message": "too long"] : .null))
        #expect(
            record["attributes"]?["langfuse.observation.status_message"]
                == (isError ? nil : "too long"))
    }

    @Test(
        arguments: [(true, true), (false, false), ("true", false), (1, false)]
            as [(AttributeValue, Bool)])
    func `a tool of LiveKit tells whether it failed`(
        _ value: AttributeValue, _ isError: Bool
    ) throws {
        let record = try map(
            .span(
                name: "function_tool",
                attributes: [
                    "lk.function_tool.is_error": value, "lk.function_tool.output": "no such city",
                ]), scope: ScopeFixture(name: "livekit-agents"))
        #expect((record["error"] != .null) == isError)
        #expect(record["attributes"]?["success"] == .bool(!isError))
        #expect(record["output"] == "no such city")
    }

    @Test func `a failure has an id, a domain and a category`() throws {
        let record = try map(
            .span(
                attributes: [
                    "error.code": "TOOL_FAILED", "error.domain": "TOOL",
                    "error.category": "USER", "error.type": "ToolError",
                ], status: .error("bad")))
        expectEqual(
            record["error"],
            [
                "message": "bad", "name": "ToolError", "id": "TOOL_FAILED", "domain": "TOOL",
                "category": "USER",
            ])
        #expect(record["attributes"] == [:])
    }

    @Test func `codes of a span that did not fail are left over`() throws {
        let record = try map(
            .span(attributes: ["error.code": "E", "error.domain": "D"], status: .ok))
        #expect(record["error"] == .null)
        #expect(record["attributes"] == ["error.code": "E", "error.domain": "D"])
    }

    @Test func `words come in their order`() throws {
        let keys: [(String, AttributeValue)] = [
            ("error.message", "by error.message"),
            ("langfuse.observation.status_message", "by langfuse"), ("error.type", "by type"),
        ]
        for first in keys.indices {
            let record = try map(
                SpanFixture(
                    attributes: keys[first...].reversed().map { Attribute($0.0, $0.1) },
                    status: .error))
            guard case .string(let message) = keys[first].1 else { continue }
            #expect(record["error"]?["message"] == .string(message))
        }
    }

    @Test(arguments: [
        ("http.response.status_code", 503, "503", "httpStatusCode"),
        ("rpc.grpc.status_code", 14, "14", "grpcStatusCode"),
    ])
    func `a status code is the last word, and a detail`(
        _ key: String, _ code: Int64, _ text: String, _ detail: String
    ) throws {
        let span = SpanFixture(attributes: [Attribute(key, .int(code))], status: .error)
        let error = try map(span)["error"]
        guard case .string(let message) = error?["message"] else {
            Issue.record("no message")
            return
        }
        #expect(message.contains(text))
        #expect(error?["details"] == [detail: .int(code)])
    }

    @Test func `a stack comes from an attribute where no exception has one`() throws {
        let record = try map(
            .span(attributes: ["error.stack_trace": "at x"], status: .error("bad")))
        #expect(record["error"] == ["message": "bad", "stack": "at x"])
    }

    @Test func `an error of an MCP tool is told by its status`() throws {
        let record = try map(
            .span(
                kind: 3,
                attributes: ["mcp.method.name": "tools/call", "error.type": "tool_error"],
                status: .error("division by zero")))
        #expect(record["error"] == ["message": "division by zero", "name": "tool_error"])
        #expect(record["attributes"]?["success"] == false)
    }

    @Test func `a level of Logfire is no failure`() throws {
        let record = try map(
            .span(attributes: ["logfire.level_num": 17, "logfire.msg": "bad"]))
        #expect(record["error"] == .null)
        #expect(record["name"] == "span")
        #expect(record["attributes"]?["logfire.msg"] == "bad")
    }
}
