/// A row of the table of message parts: what a convention calls a part and its members, and what
/// Mastra calls them (MASTRA-CONTRACT 3.7, 4.2; MAPPING 6).
struct PartRule: Sendable {
    enum Form: Sendable {
        case same
        /// JSON in a string becomes that JSON.
        case parsed
        /// A tool's result: `{type: "json" or "text", value}`.
        case result
    }

    struct Member: Sendable {
        let name: StaticString
        /// The first that is there.
        let sources: [[StaticString]]
        let form: Form

        init(_ name: StaticString, _ sources: [StaticString]..., as form: Form = .same) {
            self.name = name
            self.sources = sources
            self.form = form
        }
    }

    enum Match: Sendable {
        /// The value of the part's `type`.
        case type(StaticString)
        /// A member that the part consists of, in place of a type.
        case member(StaticString)
    }

    let match: Match
    let mastraType: StaticString
    /// Of these an image has a type of its own.
    let isFile: Bool
    let members: [Member]

    init(_ match: Match, _ mastraType: StaticString, _ members: Member...) {
        self.match = match
        self.mastraType = mastraType
        isFile = "\(mastraType)" == "file"
        self.members = members
    }

    static let all: [PartRule] = [
        // OpenTelemetry GenAI, and the AI SDK's own, which Mastra uses.
        PartRule(.type("text"), "text", Member("text", ["content"], ["text"])),
        PartRule(.type("reasoning"), "reasoning", Member("text", ["content"], ["text"])),
        PartRule(
            .type("tool_call"), "tool-call", Member("toolCallId", ["id"]),
            Member("toolName", ["name"]), Member("input", ["arguments"], as: .parsed)),
        PartRule(
            .type("tool_call_response"), "tool-result", Member("toolCallId", ["id"]),
            Member("toolName", ["name"]),
            Member("output", ["response"], ["result"], as: .result)),
        PartRule(
            .type("server_tool_call"), "tool-call", Member("toolCallId", ["id"]),
            Member("toolName", ["name"]),
            Member("input", ["arguments"], ["server_tool_call"], as: .parsed)),
        PartRule(
            .type("server_tool_call_response"), "tool-result", Member("toolCallId", ["id"]),
            Member("toolName", ["name"]),
            Member("output", ["response"], ["server_tool_call_response"], as: .result)),
        PartRule(
            .type("blob"), "file", Member("data", ["content"]),
            Member("mediaType", ["mime_type"])),
        PartRule(
            .type("uri"), "file", Member("url", ["uri"]), Member("mediaType", ["mime_type"])),
        PartRule(
            .type("file"), "file", Member("fileId", ["file_id"]),
            Member("mediaType", ["mime_type"])),
        // OpenAI.
        PartRule(.type("input_text"), "text", Member("text", ["text"])),
        PartRule(.type("output_text"), "text", Member("text", ["text"])),
        PartRule(
            .type("image_url"), "image", Member("url", ["image_url", "url"], ["image_url"])),
        PartRule(
            .type("image"), "image", Member("url", ["image", "image", "url"], ["image", "url"])),
        PartRule(
            .type("function_call"), "tool-call", Member("toolCallId", ["call_id"], ["id"]),
            Member("toolName", ["name"]), Member("input", ["arguments"], as: .parsed)),
        PartRule(
            .type("function_call_output"), "tool-result", Member("toolCallId", ["call_id"]),
            Member("toolName", ["name"]), Member("output", ["output"], as: .result)),
        // Anthropic.
        PartRule(
            .type("tool_use"), "tool-call", Member("toolCallId", ["id"]),
            Member("toolName", ["name"]), Member("input", ["input"], as: .parsed)),
        PartRule(
            .type("tool_result"), "tool-result", Member("toolCallId", ["tool_use_id"]),
            Member("output", ["content"], as: .result)),
        PartRule(.type("thinking"), "reasoning", Member("text", ["thinking"], ["content"])),
        // Bedrock and Gemini tell the kind by the name of the only member.
        PartRule(
            .member("toolUse"), "tool-call", Member("toolCallId", ["toolUseId"]),
            Member("toolName", ["name"]), Member("input", ["input"], as: .parsed)),
        PartRule(
            .member("toolResult"), "tool-result", Member("toolCallId", ["toolUseId"]),
            Member("output", ["content"], as: .result)),
        PartRule(
            .member("reasoningContent"), "reasoning", Member("text", ["reasoningText", "text"])),
        PartRule(
            .member("function_call"), "tool-call", Member("toolCallId", ["id"]),
            Member("toolName", ["name"]), Member("input", ["args"], as: .parsed)),
        PartRule(
            .member("functionCall"), "tool-call", Member("toolCallId", ["id"]),
            Member("toolName", ["name"]), Member("input", ["args"], as: .parsed)),
        PartRule(
            .member("function_response"), "tool-result", Member("toolCallId", ["id"]),
            Member("toolName", ["name"]), Member("output", ["response"], as: .result)),
        PartRule(
            .member("functionResponse"), "tool-result", Member("toolCallId", ["id"]),
            Member("toolName", ["name"]), Member("output", ["response"], as: .result)),
        PartRule(
            .member("inline_data"), "file", Member("data", ["data"]),
            Member("mediaType", ["mime_type"])),
        PartRule(.member("text"), "text", Member("text", ["text"])),
    ]
}
