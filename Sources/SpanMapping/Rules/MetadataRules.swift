import MastraRecords

/// A row of the metadata table: the first source that is a non-empty string fills the field
/// (MAPPING 5.7). Mastra lifts these into columns only where they are strings.
struct MetadataRule: Sendable {
    struct Source: Sendable {
        let key: AttributeKey
        let slot: KeySlot
        /// A member of the JSON object in the key.
        let member: StaticString?
        /// The text is JSON.
        let isEncoded: Bool
        let only: Convention

        init(
            _ key: AttributeKey, member: StaticString? = nil, isEncoded: Bool = false,
            only: Convention = []
        ) {
            self.key = key
            slot = KeySlot(key)
            self.member = member
            self.isEncoded = isEncoded
            self.only = only
        }

        var summary: String {
            member.map { "`\(key.rawValue)` → `\($0)`" } ?? "`\(key.rawValue)`"
        }

        var plainSummary: String { summary.filter { $0 != "`" } }
    }

    let name: StaticString
    let sources: [Source]

    init(_ name: StaticString, _ sources: Source...) {
        self.name = name
        self.sources = sources
    }

    /// Filled from the resource where no span attribute fills it.
    static let environment = MetadataRule(
        "environment", .init(.deploymentEnvironmentName), .init(.deploymentEnvironment),
        .init(.langfuseEnvironment))

    static let all: [MetadataRule] = [
        environment,
        MetadataRule(
            "sessionId", .init(.sessionID), .init(.langfuseSessionID), .init(.vercelSessionID),
            .init(.traceloopSessionID), .init(.laminarSessionID), .init(.langSmithSessionID),
            .init(.langfuseMetadataSessionID, isEncoded: true), .init(.adkSessionID),
            .init(.bareMetadata, member: "session_id", only: .openInference),
            .init(.mcpSessionID)),
        MetadataRule(
            "threadId", .init(.genAIConversationID), .init(.langSmithThreadID),
            .init(.traceloopThreadID),
            .init(.bareMetadata, member: "thread_id", only: .openInference),
            .init(.vercelThreadID), .init(.traceloopChatID)),
        MetadataRule(
            "userId", .init(.userID), .init(.langfuseUserID), .init(.endUserID),
            .init(.vercelUserID), .init(.traceloopUserID), .init(.laminarUserID),
            .init(.langfuseMetadataUserID, isEncoded: true), .init(.llmUser),
            .init(.genAIRequestUser)),
        MetadataRule("runId", .init(.genAIAgentCallID), .init(.adkInvocationID)),
        MetadataRule(
            "requestId", .init(.requestIDHeader), .init(.liteLLMCallID), .init(.azureRequestID)),
    ]
}

extension MetadataRule {
    static let probes = ProbeTable(
        all.map { $0.sources.map { Probe($0.slot, only: $0.only) } })
}

/// Sources of a trace's tags, best first (MAPPING 5.7).
struct TagRule: Sendable {
    let key: AttributeKey
    let slot: KeySlot
    let only: Convention

    static let all: [TagRule] = [
        .init(.tagTags), .init(.langfuseTags), .init(.vercelTags), .init(.langSmithTags),
        .init(.laminarTags), .init(.langfuseMetadataTags),
        .init(.bareTags, only: [.strands, .pydantic, .mlflow]), .init(.mastraTags),
    ]

    private init(_ key: AttributeKey, only: Convention = []) {
        self.key = key
        slot = KeySlot(key)
        self.only = only
    }
}

/// JSON objects whose members are metadata of the user's.
struct MetadataObjectRule: Sendable {
    let key: AttributeKey
    let slot: KeySlot
    let only: Convention

    static let all: [MetadataObjectRule] = [
        .init(.bareMetadata, only: .openInference), .init(.langfuseObservationMetadata),
        .init(.langfuseTraceMetadata),
    ]

    private init(_ key: AttributeKey, only: Convention = []) {
        self.key = key
        slot = KeySlot(key)
        self.only = only
    }
}

/// Names in `metadata` that mean something to Mastra or are written by the mapping: the user's own
/// metadata must not take them with another meaning.
enum ReservedMetadata {
    /// Lifted into columns where they are strings (MASTRA-CONTRACT 3.6); the user's may be so too.
    static let lifted: [StaticString] = [
        "entityVersionId", "userId", "organizationId", "projectId", "resourceId", "runId",
        "sessionId", "threadId", "requestId", "environment", "source", "serviceName",
        "experimentId",
    ]
    /// Objects of the mapping's own.
    static let own: [StaticString] = ["resource", "scope", "otel", "serviceName", "tags"]
}
