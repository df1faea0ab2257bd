import MastraRecords

@testable import SpanMapping

/// Input, output and messages.
extension MappingDocument {
    static var contentSections: [String] {
        [
            """
            ## Input and output

            The first source that holds something fills the field and is used up.

            - Others that say the same in another form are used up with it: those in which every
              string and number stands in the winner, in the input, or in the attributes of the
              request around them. One with anything else in it stays a left-over.
            - An answer of a `model_generation` without text and calls is merged with the next
              source of indexed completions, events or `ai.response.*`, since some senders leave
              its list of parts empty.
            - `input.value` and `output.value` stay text where `input.mime_type` or
              `output.mime_type` is `text/plain`.
            - `gen_ai.system_instructions` go before the messages of the input as one of the role
              `system`, except on `agent_run`, which has `instructions`.
            - A root on which Langfuse is on, and which has none of its own, has the input and output
              of the trace: `\(AttributeKey.langfuseTraceInput.rawValue)`,
              `\(AttributeKey.langfuseTraceOutput.rawValue)`.
            - Of embeddings the number and dimensions of vectors stand for them, unless
              `keep_embedding_vectors` is set.

                \(table(["read as", "means"], forms))

            Where MLflow is on, numbers, booleans and null in a string are what they say as well.
            """
        ]
            + contentGroups.map { group in
                """
                ### \(group.title)

                \(table(["", "`input`", "`output`"], group.rows))
                """
            } + [messages, parts]
    }

    private static var forms: [[String]] {
        [ContentForm.messages, .json, .jsonText, .jsonTexts, .argument].map { form in
            let words =
                switch form {
                case .messages:
                    "[messages](#messages) of any shape; what is none of them as JSON, or its text"
                case .json:
                    "a string that is a JSON object or list as a whole is that JSON, others stay "
                        + "strings"
                case .jsonText: "as JSON, and of a JSON string its text"
                case .jsonTexts: "as before, and so each item of a list"
                case .argument: "as before; of `{\"args\": [x], \"kwargs\": {}}` the x"
                }
            return [form.summary, words]
        }
    }

    private static var contentGroups: [(title: String, rows: [[String]])] {
        groups { type in
            let rule = ContentRule.byType[Int(type.rawValue)]
            return (0..<max(rule.input.count, rule.output.count)).map { index in
                [
                    "\(index + 1)", cell(rule.input, index, .input),
                    cell(rule.output, index, .output),
                ]
            }
        }.map { group in
            let title =
                group.types.contains(.generic)
                ? "Content of other types" : "Content of " + types(group.types)
            return (title: title, rows: group.rows)
        }
    }

    private static func cell(
        _ sources: [ContentSource], _ index: Int, _ side: SpanMapper.MessageSide
    ) -> String {
        guard sources.indices.contains(index) else { return "" }
        let source = sources[index]
        return "\(words(source.origin, side)) as \(source.form.summary)" + only(source.only)
    }

    /// What of an origin is for one side.
    private static func words(
        _ origin: ContentOrigin, _ side: SpanMapper.MessageSide
    ) -> String {
        let isInput = side == .input
        return switch origin {
        case .mastra: isInput ? "`mastra.TYPE.input`" : "`mastra.TYPE.output`"
        case .events: isInput ? "`gen_ai.….message` events" : "`gen_ai.choice` events"
        case .contentEvents: isInput ? "a prompt in an event" : "a completion in an event"
        case .eventList(let key): "\(code(key.rawValue)): \(isInput ? "what came in" : "choices")"
        case .conversation(let key):
            "\(code(key.rawValue)): \(isInput ? "before the first answer" : "the last answer")"
        case .rawRequest:
            isInput
                ? "on LiteLLM `llm.….messages`, `llm.….input`"
                : "on LiteLLM `llm.….choices`, `llm.….output`, `llm.….data`"
        case .key, .family, .vercelResponse, .embeddings, .rerankerInput: origin.summary
        }
    }

    // MARK: Messages

    private static var messages: String {
        """
        ### Messages

        A list of messages as GenAI, OpenAI, Anthropic, Gemini, LangChain, LiveKit and the AI SDK
        write them, or an object that holds one: \(codes(SpanMapper.holders)), or one message. The
        input becomes `{"messages": [{role, content}, …]}`; an output of one message `{text,
        reasoningText?, toolCalls?, parts?}`, of more `{"messages": […]}`. What stood beside the
        list stays beside it. [Records](records.md#messages) tells more.

        Without a role the type of a message tells it: \(roles). The role `model` becomes
        `assistant`.

        Messages may come in span events, which are used up where all of them is in the field:

        \(table(["event", "side", "is"], events))

        Other attributes of `gen_ai.client.inference.operation.details`, too, are the span's own
        where it has none of their names.

        Events of one token each (\(codes(SpanMapper.chunkEvents))) are counted in
        `metadata.otel.collapsedEvents` where they have no attributes.
        """
    }

    private static var roles: String {
        SpanMapper.rolesByType.map { "`\($0.0)` → `\($0.1)`" }.joined(separator: ", ")
    }

    private static var events: [[String]] {
        SpanMapper.messageEvents.map { [code($0.0), "input", "a message of the role `\($0.1)`"] }
            + [[code(SpanMapper.choiceEvent), "output", "an answer"]]
            + SpanMapper.promptEvents.map { event, input, output in
                let keys = [input, output].filter { "\($0)" != "" }
                let sides = keys.count == 2 ? "both" : "\(input)" == "" ? "output" : "input"
                return [code(event), sides, "its " + codes(keys)]
            }
    }

    private static var parts: String {
        """
        ### Message parts

        The first row that fits. Members without a counterpart are carried along under their own
        names, or as `otel.NAME` where a member of that name is there. A file with the modality
        `image` or a media type `image/…` is an `image`. A part that no row fits stays as it is.

        \(table(["part", "becomes", "members"], PartRule.all.map(row)))

        *Result* is `{type: "json", value}`, or `{type: "text", value}` for a string that is no
        JSON. *JSON* is the JSON in a string. In an output a call is `{toolCallId, toolName,
        args}`.
        """
    }

    private static func row(_ rule: PartRule) -> [String] {
        let match =
            switch rule.match {
            case .type(let type): "type `\(type)`"
            case .member(let member): "member `\(member)`"
            }
        let members = rule.members.map { member in
            let sources = member.sources.map { path in
                code(path.map { "\($0)" }.joined(separator: "."))
            }
            let form =
                switch member.form {
                case .same: ""
                case .parsed: " as JSON"
                case .result: " as result"
                }
            return code(member.name) + " from " + sources.joined(separator: " or ") + form
        }
        return [match, code(rule.mastraType), members.joined(separator: ", ")]
    }
}
