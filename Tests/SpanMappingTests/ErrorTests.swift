import Testing

/// What makes a span a failure, and in which words (MAPPING 5.8; A13, A14, A15, A23).
struct ErrorTests {
    @Test func `a recorded exception by itself is no failure`() throws {
        for status in [StatusFixture.unset, .ok, StatusFixture(code: 3)] {
            let record = try map(
                .span(
                    events: [.exception(["exception.type": "E", "exception.message": "m"])],
                    status: status))
            #expect(record["error"] == .null)
            #expect(record["errorInfo"] == nil)
            let attributes = record["metadata"]?["otel"]?["events"]?[0]?["attributes"]
            #expect(attributes == ["exception.type": "E", "exception.message": "m"])
        }
    }

    @Test(arguments: [StatusFixture.unset, StatusFixture(code: 3), StatusFixture(code: -1)])
    func `an error type makes a failure where the status is unset`(
        _ status: StatusFixture
    ) throws {
        let record = try map(.span(attributes: ["error.type": "TimeoutError"], status: status))
        #expect(record["error"] == ["message": "TimeoutError", "name": "TimeoutError"])
        #expect(record["attributes"] == [:])
    }

    @Test func `an error type beside a status of ok is no failure`() throws {
        let record = try map(.span(attributes: ["error.type": "E"], status: .ok))
        #expect(record["error"] == .null)
        #expect(record["attributes"] == ["error.type": "E"])
    }

    @Test(arguments: ["", 500, .empty, ["E"]] as [AttributeValue])
    func `an error type that is no text makes no failure`(_ value: AttributeValue) throws {
        let record = try map(.span(attributes: ["error.type": value]))
        #expect(record["error"] == .null)
        #expect(record["attributes"]?["error.type"] != nil)
    }

    @Test func `a status code of a server's failure is none by itself`() throws {
        let record = try map(.span(kind: 3, attributes: ["http.response.status_code": 503]))
        #expect(record["error"] == .null)
    }

    struct Source: Sendable {
        var what: String
        var status = StatusFixture.error
        var attributes: [Attribute] = []
        var events: [EventFixture] = []
        var error: JSON
    }

    @Test(arguments: [
        Source(
            what: "status message before exception", status: .error("by status"),
            attributes: [Attribute("error.message", "by attribute")],
            events: [.exception(["exception.message": "by exception", "exception.type": "E"])],
            error: ["message": "by status", "name": "E"]),
        Source(
            what: "exception before attribute",
            attributes: [
                Attribute("error.message", "by attribute"), Attribute("error.type", "T"),
            ],
            events: [.exception(["exception.message": "by exception", "exception.type": "E"])],
            error: ["message": "by exception", "name": "E"]),
        Source(
            what: "attribute before type",
            attributes: [
                Attribute("error.message", "by attribute"), Attribute("error.type", "T"),
            ],
            error: ["message": "by attribute", "name": "T"]),
        Source(
            what: "type before nothing", attributes: [Attribute("error.type", "T")],
            error: ["message": "T", "name": "T"]),
        Source(what: "nothing", error: ["message": "error"]),
        Source(
            what: "the last of several exceptions",
            events: [
                .exception(["exception.message": "first", "exception.stacktrace": "s1"]),
                .event("other", attributes: ["exception.message": "no exception"]),
                .exception(["exception.message": "last", "exception.stacktrace": "s2"]),
            ],
            error: ["message": "last", "stack": "s2", "details": ["exceptions": 2]]),
        Source(
            what: "values that are no text",
            attributes: [Attribute("error.message", 5)],
            events: [.exception(["exception.message": 7, "exception.type": ""])],
            error: ["message": "error"]),
        Source(
            what: "a Python class", attributes: [Attribute("error.type", "<class 'ValueError'>")],
            error: ["message": "<class 'ValueError'>", "name": "ValueError"]),
    ])
    func `an error's words come from the best of their sources`(_ source: Source) throws {
        let record = try map(
            SpanFixture(
                attributes: source.attributes, events: source.events, status: source.status))
        expectEqual(record["error"], source.error, "\(source.what)")
        expectEqual(record["errorInfo"], source.error, "\(source.what)")
        let cloud = try map(
            SpanFixture(
                attributes: source.attributes, events: source.events, status: source.status),
            dialect: .cloud)
        expectEqual(cloud["error"], source.error, "\(source.what)")
        #expect(cloud["errorInfo"] == nil)
    }

    @Test func `no word is lost to a better one`() throws {
        let record = try map(
            .span(
                attributes: ["error.message": "by attribute", "error.type": "T"],
                events: [
                    .exception([
                        "exception.message": "by exception", "exception.type": "E",
                        "exception.stacktrace": "s",
                    ])
                ],
                status: .error("by status")))
        expectEqual(
            record["attributes"], ["error.message": "by attribute", "error.type": "T"])
        expectEqual(
            record["metadata"]?["otel"]?["events"]?[0]?["attributes"],
            ["exception.message": "by exception"])
        #expect(record["error"] == ["message": "by status", "name": "E", "stack": "s"])
        let python = try attributes(
            of: .span(attributes: ["error.type": "<class 'ValueError'>"], status: .error("m")))
        #expect(python["error.type"] == "<class 'ValueError'>")
    }

    @Test func `a message of a span that did not fail stays with its status`() throws {
        let record = try map(.span(status: StatusFixture(code: 1, message: "fine")))
        #expect(record["error"] == .null)
        #expect(record["metadata"]?["otel"]?["statusMessage"] == "fine")
        let failed = try map(.span(status: .error("bad")))
        #expect(failed["metadata"]?["otel"]?["statusMessage"] == nil)
    }

    @Test(arguments: [(StatusFixture.ok, true), (.unset, true), (.error("x"), false)])
    func `a tool tells whether it succeeded`(_ status: StatusFixture, _ success: Bool) throws {
        for operation in ["execute_tool", "mcp_tool_call"] {
            let attributes = try attributes(
                of: .span(
                    attributes: ["gen_ai.operation.name": .string(operation)], status: status))
            #expect(attributes["success"] == .bool(success))
        }
        #expect(try attributes(of: .chat())["success"] == nil)
    }

    @Test func `the original exporter's record has no error where there is none`() throws {
        #expect(try map(.span(), dialect: .cloud)["error"] == nil)
    }
}
