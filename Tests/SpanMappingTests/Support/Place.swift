import SpanMapping
import Testing

/// Where a sender's value may stand in a request, and where that is in the record.
enum Place: String, CaseIterable, Sendable {
    case attribute, resource, scope, event, link, duplicate
    /// A value of a content-bearing key that no field took, as JSON in a string.
    case leftOverText
    case input, inputText, output, outputText
    case messages, messagesText
    case indexedMessages
    case metadata, metadataText, metadataMember
    case toolResultEvent

    /// Levels above the value, as the limits count them: `attributes`, `input` and so on are level 0.
    var depth: Int {
        switch self {
        case .attribute, .input, .inputText, .output, .outputText, .metadata, .metadataText,
            .metadataMember, .toolResultEvent:
            1
        case .resource, .leftOverText: 2
        case .scope: 3
        case .duplicate: 4
        case .event, .link: 5
        // input, messages, message, content, part, the call's input.
        case .messages, .messagesText, .indexedMessages: 6
        }
    }

    /// The value is in a part of a message, which is an object of the sender's with members beside it.
    var isPart: Bool { depth == 6 }

    /// The mapping reads JSON here, and not a protobuf value.
    var isText: Bool {
        switch self {
        case .leftOverText, .inputText, .outputText, .messagesText, .indexedMessages,
            .metadataText, .metadataMember, .toolResultEvent:
            true
        default: false
        }
    }

    /// A request whose span has `value` under the name `key` here.
    func request(_ key: String, _ value: JSON) -> RequestFixture {
        request(key, value, text: JSON.object([key: value]).text)
    }

    /// - Parameter text: an object with the value in it, as JSON.
    func request(_ key: String, _ value: JSON, text: String) -> RequestFixture {
        let pair = Attribute(key, value.attributeValue)
        let object = AttributeValue.map([pair])
        switch self {
        case .attribute: return RequestFixture([SpanFixture(attributes: [pair])])
        case .resource:
            return RequestFixture([.span()], resource: ResourceFixture(attributes: [pair]))
        case .scope: return RequestFixture([.span()], scope: ScopeFixture(attributes: [pair]))
        case .event:
            return RequestFixture([
                SpanFixture(events: [EventFixture(name: "e", attributes: [pair])])
            ])
        case .link:
            return RequestFixture([SpanFixture(links: [LinkFixture(attributes: [pair])])])
        case .duplicate:
            return RequestFixture([SpanFixture(attributes: [pair, Attribute(key, 0)])])
        case .leftOverText:
            return tool(["gen_ai.tool.call.arguments": "winner", "input.value": .string(text)])
        case .input: return tool(["gen_ai.tool.call.arguments": object])
        case .inputText: return tool(["gen_ai.tool.call.arguments": .string(text)])
        case .output: return tool(["gen_ai.tool.call.result": object])
        case .outputText: return tool(["gen_ai.tool.call.result": .string(text)])
        case .messages:
            let part = AttributeValue.map([
                "type": "tool_call", "id": "1", "name": "f", "arguments": object,
            ])
            return RequestFixture([
                .chat([
                    "gen_ai.input.messages": [.map(["role": "assistant", "parts": [part]])]
                ])
            ])
        case .messagesText:
            let part = #"{"type":"tool_call","id":"1","name":"f","arguments":\#(text)}"#
            return RequestFixture([
                .chat([
                    "gen_ai.input.messages": .string(
                        #"[{"role":"assistant","parts":[\#(part)]}]"#)
                ])
            ])
        case .indexedMessages:
            let prefix = "llm.input_messages.0.message."
            let call = prefix + "tool_calls.0.tool_call."
            return RequestFixture([
                SpanFixture(attributes: [
                    Attribute("openinference.span.kind", "LLM"),
                    Attribute(prefix + "role", "assistant"),
                    Attribute(call + "id", "1"), Attribute(call + "function.name", "f"),
                    Attribute(call + "function.arguments", .string(text)),
                ])
            ])
        case .metadata:
            return RequestFixture([
                SpanFixture(attributes: [
                    Attribute("langsmith.metadata." + key, value.attributeValue)
                ])
            ])
        case .metadataText:
            return RequestFixture([
                SpanFixture(attributes: [
                    Attribute("langfuse.observation.metadata." + key, .string(value.text))
                ])
            ])
        case .metadataMember:
            return RequestFixture([
                .span(attributes: [
                    "openinference.span.kind": "CHAIN", "metadata": .string(text),
                ])
            ])
        case .toolResultEvent:
            return RequestFixture([
                .span(
                    attributes: ["gen_ai.operation.name": "execute_tool"],
                    events: [
                        .event("gen_ai.tool.message", attributes: ["content": .string(text)])
                    ])
            ])
        }
    }

    private func tool(
        _ attributes: KeyValuePairs<String, AttributeValue>
    ) -> RequestFixture {
        var span = SpanFixture.span(attributes: ["gen_ai.operation.name": "execute_tool"])
        span.attributes += [Attribute](attributes)
        return RequestFixture([span])
    }

    /// The object of the record that has the value as a member.
    func holder(in record: JSON) -> JSON? {
        let otel = record["metadata"]?["otel"]
        return switch self {
        case .attribute: record["attributes"]
        case .resource: record["metadata"]?["resource"]
        case .scope: record["metadata"]?["scope"]?["attributes"]
        case .event: otel?["events"]?[0]?["attributes"]
        case .link: otel?["links"]?[0]?["attributes"]
        case .duplicate: otel?["duplicates"]?[0]
        case .leftOverText: record["attributes"]?["input.value"]
        case .input, .inputText, .toolResultEvent: record["input"]
        case .output, .outputText: record["output"]
        case .messages, .messagesText, .indexedMessages:
            record["input"]?["messages"]?[0]?["content"]?[0]?["input"]
        case .metadata, .metadataText, .metadataMember: record["metadata"]
        }
    }

    func value(_ key: String, in record: JSON) -> JSON? {
        holder(in: record)?[self == .duplicate ? "value" : key]
    }

    /// What becomes of values here; one mapper for all, since making one takes longest.
    func map(_ values: [JSON], key: String = "k", _ policy: ContentPolicy) throws -> [JSON?] {
        try map(values.map { (key, $0) }, policy)
    }

    func map(_ members: [(key: String, value: JSON)], _ policy: ContentPolicy) throws -> [JSON?] {
        var options = MappingOptions(dialect: .platform)
        options.policy = policy
        var mapper = SpanMapper(options: options)
        return try members.map { key, value in
            let records = mapper.records(of: request(key, value).encoded)
            var parser = JSONParser(try #require(records.first))
            return self.value(key, in: try parser.parse())
        }
    }

    func map(_ value: JSON, key: String = "k", _ policy: ContentPolicy) throws -> JSON? {
        try map([value], key: key, policy)[0]
    }
}
