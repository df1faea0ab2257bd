import MastraRecords
import SpanMapping
import Testing

/// Nothing of a real span is lost (MAPPING 8): its leaf values are found in its record, save for the
/// conversions that MAPPING names, which stand below with their clauses.
struct CorpusLosslessTests {
    /// Values that a record says in another way.
    struct Exception: Sendable {
        let clause: String
        /// Beginnings or ends of keys.
        let keys: [String]
        let leaves: Set<JSON>

        func covers(_ key: String, _ leaf: JSON) -> Bool {
            leaves.contains(leaf) && keys.contains { key.hasPrefix($0) || key.hasSuffix($0) }
        }
    }

    static let exceptions = [
        Exception(
            clause: "5.3 Flags may be words: \"True\" and \"False\".", keys: ["llm.is_streaming"],
            leaves: ["True", "False"]),
        Exception(
            clause: "6 The answer of one assistant message is {text, toolCalls}.", keys: [".role"],
            leaves: ["assistant"]),
        Exception(
            clause: "6 The role thinking makes a reasoning part.", keys: [".role"],
            leaves: ["thinking"]),
        Exception(
            clause: "6 The types of parts are Mastra's.",
            keys: ["gen_ai.prompt.", "gen_ai.event.content", "lk.pii.chat_ctx"],
            leaves: ["tool_result", "function", "function_call_output", "function_call"]),
        Exception(
            clause: "6 Of a LangChain dump the content is read, and not how it was made.",
            keys: ["gen_ai.prompt", "gen_ai.completion"],
            leaves: [
                1, "constructor", "langchain", "schema", "messages", "SystemMessage",
                "HumanMessage", "AIMessage", "ToolMessage", "ChatGeneration", "ai", "human",
            ]),
    ]

    /// Events that became messages, or that are one of many without a word (MAPPING 5.9).
    static let consumedEvents: Set<String> = [
        "gen_ai.system.message", "gen_ai.user.message", "gen_ai.assistant.message",
        "gen_ai.tool.message", "gen_ai.choice", "gen_ai.content.prompt",
        "gen_ai.content.completion", "gen_ai.content.completion.chunk",
        "llm.content.completion.chunk",
    ]

    private static func missing(
        of span: SpanFixture, in request: RequestFixture, _ found: RecordLeaves
    ) -> [String] {
        var witnesses = span.witnesses.filter { !$0.what.hasPrefix("event") } + request.witnesses
        for event in span.events {
            let isConsumed = consumedEvents.contains(event.name)
            witnesses += event.witnesses.filter { !isConsumed || $0.what.hasPrefix("event A") }
        }
        return witnesses.flatMap { what, witness in
            // `Attribute(key: "…", value: …)`
            let key = what.split(separator: "\"").dropFirst().first.map(String.init) ?? ""
            return found.missing(witness).filter { leaf in
                !exceptions.contains { $0.covers(key, leaf) }
            }.map { "\($0) of \(what)" }
        }
    }

    @Test(arguments: CorpusTests.names)
    func `every leaf value of a payload is found in its records`(_ name: String) throws {
        let payload = try CorpusTests.payload(name)
        for dialect in RecordDialect.allCases {
            var options = MappingOptions(dialect: dialect)
            options.policy = .unlimited
            options.keepsVectors = true
            var mapper = SpanMapper(options: options)
            let records = try mapper.records(of: payload).map { bytes in
                var parser = JSONParser(bytes, duplicates: .lastWins)
                return (record: try parser.parse(), leaves: RecordLeaves(parser.leaves))
            }
            let pairs = PayloadReader.requests(in: payload).flatMap { request in
                request.spans.map { (request, $0) }
            }
            var position = 0
            for (request, span) in pairs {
                // A span that is left has no record; the next record is another span's.
                guard position < records.count,
                    records[position].record["spanId"] == .string(span.spanID.hex)
                else {
                    #expect(Self.isLeft(span), "\(span.name) has no record")
                    continue
                }
                let missing = Self.missing(of: span, in: request, records[position].leaves)
                #expect(missing == [], "\(span.name)")
                position += 1
            }
            #expect(position == records.count)
        }
    }

    /// The mark of a span that has begun, whose end comes by itself (MAPPING 5.9), or one token of a
    /// stream (MASTRA-CONTRACT 1.6).
    private static func isLeft(_ span: SpanFixture) -> Bool {
        span.attributes.contains {
            $0 == Attribute("logfire.span_type", "pending_span")
                || $0 == Attribute("mastra.span.type", "model_chunk")
        }
    }

    @Test func `the reader of these tests sees what the walk counts`() throws {
        for name in CorpusTests.names {
            let payload = try CorpusTests.payload(name)
            let spans = PayloadReader.requests(in: payload).flatMap(\.spans)
            var mapper = SpanMapper(options: .unlimited)
            let left = spans.filter(Self.isLeft).count
            #expect(mapper.records(of: payload).count + left == spans.count, "\(name)")
        }
    }
}
