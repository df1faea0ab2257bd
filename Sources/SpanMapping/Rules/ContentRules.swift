import MastraRecords

/// How the value of a content-bearing source becomes `input` or `output` (MAPPING 2.1, 6).
enum ContentForm: Hashable, Sendable {
    /// Messages of any shape; what is none of them as `json`.
    case messages
    /// JSON inside a string where the whole of it parses, else the string; structured values as are.
    case json
    /// As `json`, and the text of a JSON string literal as that text.
    case jsonText
    /// As `jsonText`, and so each item of a list.
    case jsonTexts
    /// As `jsonText`; a call with one argument is that argument.
    case argument

    var summary: String {
        switch self {
        case .messages: "messages"
        case .json: "JSON"
        case .jsonText: "JSON, or its text"
        case .jsonTexts: "JSON, or its texts"
        case .argument: "JSON, its only argument alone"
        }
    }
}

enum ContentOrigin: Hashable, Sendable {
    case key(AttributeKey)
    /// Indexed keys, made one list again.
    case family(KeyFamily)
    /// `mastra.<span type>.input` or `.output`.
    case mastra
    /// Span events of GenAI: messages on the side of the input, choices on that of the output.
    case events
    /// `gen_ai.content.prompt` and `gen_ai.content.completion` events.
    case contentEvents
    /// The list of events that Pydantic AI wrote into one attribute, by side.
    case eventList(AttributeKey)
    /// All messages of a conversation: those before the first answer, or the last answer.
    case conversation(AttributeKey)
    /// `ai.response.text`, `.toolCalls`, `.object` and `.reasoning`.
    case vercelResponse
    /// A count of vectors instead of the vectors (MAPPING 5.5).
    case embeddings
    /// LiteLLM's raw request and answer, under keys that name the provider.
    case rawRequest
    /// Query and documents of a reranker.
    case rerankerInput

    var summary: String {
        switch self {
        case .key(let key): "`\(key.rawValue)`"
        case .family(let family): "`\(family.prefix)N.…`"
        case .mastra: "`mastra.<type>.input`, `.output`"
        case .events: "events `gen_ai.*.message`, `gen_ai.choice`"
        case .contentEvents: "events `gen_ai.content.prompt`, `gen_ai.content.completion`"
        case .eventList(let key): "`\(key.rawValue)` by side"
        case .conversation(let key): "`\(key.rawValue)` by side"
        case .vercelResponse: "`ai.response.text`, `.toolCalls`, `.object`, `.reasoning`"
        case .embeddings: "count and dimensions of vectors"
        case .rawRequest: "`llm.<provider>.messages`, `.input`; `.choices`, `.output`, `.data`"
        case .rerankerInput: "`reranker.query`, `reranker.input_documents.N.…`"
        }
    }
}

struct ContentSource: Sendable {
    let origin: ContentOrigin
    let form: ContentForm
    let slot: KeySlot?
    /// A key whose value `text/plain` forbids parsing (MAPPING J8).
    let mimeType: KeySlot?
    /// Only on spans that one of these conventions is on; on any where empty.
    let only: Convention

    init(_ origin: ContentOrigin, _ form: ContentForm = .messages) {
        self.origin = origin
        self.form = form
        slot =
            switch origin {
            case .key(let key), .eventList(let key), .conversation(let key): KeySlot(key)
            default: nil
            }
        mimeType = nil
        only = []
    }

    init(
        _ key: AttributeKey, _ form: ContentForm, mimeType: AttributeKey? = nil,
        only: Convention = []
    ) {
        origin = .key(key)
        self.form = form
        slot = KeySlot(key)
        self.mimeType = mimeType.map(KeySlot.init)
        self.only = only
    }
}

/// The sources of `input` and `output` of a type, best first (MAPPING 5.5).
struct ContentRule: Sendable {
    let input: [ContentSource]
    let output: [ContentSource]

    /// By `SpanType.rawValue`.
    static let byType: [ContentRule] = SpanType.allCases.map { type in
        switch type {
        case .modelGeneration, .modelInference: model
        case .agentRun: agent
        case .toolCall, .mcpToolCall, .clientToolCall, .providerToolCall: tool
        case .ragVectorOperation: retrieval
        case .ragEmbedding: embedding
        case .ragAction: reranking
        case .workflowRun: workflow
        default: other
        }
    }

    /// By `SpanType.rawValue`.
    static let probes: [(input: [Probe], output: [Probe])] = byType.map { rule in
        (
            rule.input.map { Probe($0.slot, only: $0.only) },
            rule.output.map { Probe($0.slot, only: $0.only) }
        )
    }

    /// Plain names, read only where somebody is known to write them.
    private static let plainNames: Convention = [.pipecat, .voltAgent, .pydantic]

    /// Where an instrumentation writes the content of every kind of span.
    private static func anyInput(_ form: ContentForm) -> [ContentSource] {
        [
            .init(.langfuseInput, form), .init(.mlflowSpanInputs, form),
            .init(.laminarInput, form == .messages ? .messages : .jsonText), .init(.mastra, form),
            .init(.bareInput, .json, only: .mastra), .init(.braintrustInput, form),
        ]
    }

    private static func anyOutput(_ form: ContentForm) -> [ContentSource] {
        let text: ContentForm = form == .messages ? .messages : .jsonText
        return [
            .init(.langfuseOutput, text), .init(.mlflowSpanOutputs, text),
            .init(.laminarOutput, text), .init(.mastra, form),
            .init(.bareOutput, .json, only: .mastra), .init(.braintrustOutput, form),
        ]
    }

    private static let model = ContentRule(
        input: anyInput(.messages) + [
            .init(.genAIInputMessages, .messages), .init(.family(.inputMessages)),
            .init(.events), .init(.vercelPromptMessages, .messages),
            .init(.vercelPrompt, .messages), .init(.family(.prompts)),
            .init(.genAIPrompt, .messages), .init(.contentEvents),
            .init(.eventList(.bareEvents)), .init(.adkRequest, .messages),
            .init(.family(.promptTexts)), .init(.liveKitChat, .messages),
            .init(.liveKitPIIChat, .messages),
            .init(.inputValue, .messages, mimeType: .inputMimeType),
            .init(.traceloopEntityInput, .json), .init(.bareInput, .messages, only: plainNames),
        ],
        output: anyOutput(.messages) + [
            .init(.genAIOutputMessages, .messages), .init(.family(.outputMessages)),
            .init(.events), .init(.vercelResponse), .init(.family(.completions)),
            .init(.genAICompletion, .messages), .init(.contentEvents),
            .init(.eventList(.bareEvents)), .init(.adkResponse, .messages),
            .init(.family(.choiceTexts)), .init(.liveKitResponseText, .json),
            .init(.liveKitPIIResponseText, .json),
            .init(.outputValue, .messages, mimeType: .outputMimeType),
            .init(.traceloopEntityOutput, .jsonText),
            .init(.bareOutput, .messages, only: plainNames),
        ])

    private static let agent = ContentRule(
        input: anyInput(.messages) + [
            .init(.genAIInputMessages, .messages), .init(.events),
            .init(.vercelPrompt, .messages), .init(.conversation(.pydanticAllMessages)),
            .init(.eventList(.pydanticAllMessagesEvents)), .init(.liveKitUserInput, .json),
            .init(.liveKitPIIUserInput, .json), .init(.traceloopEntityInput, .argument),
            .init(.inputValue, .messages, mimeType: .inputMimeType),
            .init(.family(.inputMessages)),
            .init(.barePrompt, .json, only: [.strands, .pydantic]),
            .init(.bareInput, .json, only: plainNames),
        ],
        output: anyOutput(.messages) + [
            .init(.pydanticFinalResult, .json, only: [.pydantic, .genAI]),
            .init(.genAIOutputMessages, .messages), .init(.events), .init(.vercelResponse),
            .init(.conversation(.pydanticAllMessages)),
            .init(.eventList(.pydanticAllMessagesEvents)), .init(.liveKitResponseText, .json),
            .init(.liveKitPIIResponseText, .json), .init(.traceloopEntityOutput, .jsonText),
            .init(.outputValue, .jsonText, mimeType: .outputMimeType),
            .init(.family(.outputMessages)), .init(.bareOutput, .json, only: plainNames),
        ])

    private static let tool = ContentRule(
        input: anyInput(.json) + [
            .init(.genAIToolCallArguments, .json), .init(.vercelToolCallArgs, .json),
            .init(.pydanticToolArguments, .json, only: [.pydantic, .genAI]),
            .init(.adkToolArguments, .json), .init(.liveKitToolArguments, .json),
            .init(.liveKitPIIToolArguments, .json), .init(.genAIToolArgs, .json),
            .init(.genAIToolInput, .json), .init(.events, .json),
            .init(.traceloopEntityInput, .json),
            .init(.inputValue, .json, mimeType: .inputMimeType), .init(.genAIPrompt, .json),
            .init(.bareInput, .json, only: plainNames),
        ],
        output: anyOutput(.json) + [
            .init(.genAIToolCallResult, .jsonText), .init(.vercelToolCallResult, .json),
            .init(.pydanticToolResponse, .json, only: [.pydantic, .genAI]),
            .init(.adkToolResponse, .json), .init(.liveKitToolOutput, .json),
            .init(.liveKitPIIToolOutput, .json), .init(.genAIToolOutput, .json),
            .init(.events, .json), .init(.traceloopEntityOutput, .jsonText),
            .init(.outputValue, .jsonText, mimeType: .outputMimeType),
            .init(.genAICompletion, .json), .init(.bareOutput, .json, only: plainNames),
        ])

    private static let embedding = ContentRule(
        input: anyInput(.json) + [
            .init(.vercelValues, .jsonTexts), .init(.vercelValue, .jsonTexts),
            .init(.family(.embeddings), .json), .init(.genAIInputMessages, .messages),
            .init(.family(.prompts)), .init(.genAIPrompt, .json),
            .init(.inputValue, .json, mimeType: .inputMimeType),
        ],
        output: anyOutput(.json) + [
            .init(.embeddings, .json), .init(.outputValue, .json, mimeType: .outputMimeType),
        ])

    private static let retrieval = ContentRule(
        input: [.init(.genAIRetrievalQueryText, .json)] + anyInput(.json) + [
            .init(.inputValue, .json, mimeType: .inputMimeType),
            .init(.traceloopEntityInput, .json), .init(.genAIPrompt, .json),
        ],
        output: [.init(.genAIRetrievalDocuments, .json)] + anyOutput(.json) + [
            .init(.family(.documents), .json),
            .init(.outputValue, .json, mimeType: .outputMimeType),
            .init(.traceloopEntityOutput, .jsonText), .init(.genAICompletion, .json),
        ])

    private static let reranking = ContentRule(
        input: [.init(.rerankerInput, .json)] + other.input,
        output: [.init(.family(.rerankerOutputs), .json)] + other.output)

    private static let workflow = ContentRule(
        input: anyInput(.json) + [.init(.traceloopEntityInput, .argument)] + otherInput,
        output: other.output)

    private static let other = ContentRule(
        input: anyInput(.json) + [.init(.traceloopEntityInput, .json)] + otherInput,
        output: anyOutput(.json) + [
            .init(.traceloopEntityOutput, .jsonText), .init(.genAITaskOutput, .json),
            .init(.outputValue, .jsonText, mimeType: .outputMimeType),
            .init(.genAIOutputMessages, .messages), .init(.events), .init(.vercelResponse),
            .init(.liveKitResponseText, .json), .init(.liveKitPIIResponseText, .json),
            .init(.genAICompletion, .json), .init(.embeddings, .json),
            .init(.rawRequest, .json),
            .init(.bareOutput, .json, only: plainNames),
        ])

    private static let otherInput: [ContentSource] = [
        .init(.genAITaskInput, .json), .init(.inputValue, .json, mimeType: .inputMimeType),
        .init(.genAIInputMessages, .messages), .init(.events), .init(.vercelPrompt, .messages),
        .init(.vercelPromptMessages, .messages), .init(.genAIPrompt, .json),
        .init(.liveKitChat, .messages), .init(.liveKitPIIChat, .messages),
        .init(.vercelValues, .jsonTexts), .init(.vercelValue, .jsonTexts),
        .init(.rawRequest, .json),
        .init(.bareInput, .json, only: plainNames),
    ]
}
