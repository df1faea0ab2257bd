import MastraRecords
import OTLP

/// A way of writing AI work into spans (MAPPING 3). Several can be on one span: they only enable rules.
struct Convention: OptionSet, Hashable, Sendable {
    let rawValue: UInt32

    static let mastra = Convention(rawValue: 1 << 0)
    static let genAI = Convention(rawValue: 1 << 1)
    static let mcp = Convention(rawValue: 1 << 2)
    static let openInference = Convention(rawValue: 1 << 3)
    static let traceloop = Convention(rawValue: 1 << 4)
    static let vercel = Convention(rawValue: 1 << 5)
    static let pydantic = Convention(rawValue: 1 << 6)
    static let langSmith = Convention(rawValue: 1 << 7)
    static let langfuse = Convention(rawValue: 1 << 8)
    static let mlflow = Convention(rawValue: 1 << 9)
    static let laminar = Convention(rawValue: 1 << 10)
    static let strands = Convention(rawValue: 1 << 11)
    static let adk = Convention(rawValue: 1 << 12)
    static let liveKit = Convention(rawValue: 1 << 13)
    static let liteLLM = Convention(rawValue: 1 << 14)
    static let openLIT = Convention(rawValue: 1 << 15)
    static let semanticKernel = Convention(rawValue: 1 << 16)
    static let crewAI = Convention(rawValue: 1 << 17)
    static let claudeCode = Convention(rawValue: 1 << 18)
    static let voltAgent = Convention(rawValue: 1 << 19)
    static let braintrust = Convention(rawValue: 1 << 20)
    /// The scope of an MCP instrumentation.
    static let mcpScope = Convention(rawValue: 1 << 21)
    /// The scope of a pipeline that names its attributes plainly.
    static let pipecat = Convention(rawValue: 1 << 22)

    /// Its name in documents, in the order of the bits.
    static let names: [(Convention, String)] = [
        (.mastra, "Mastra"), (.genAI, "OpenTelemetry GenAI"), (.mcp, "MCP"),
        (.openInference, "OpenInference"), (.traceloop, "Traceloop"),
        (.vercel, "Vercel AI SDK"), (.pydantic, "Pydantic AI, Logfire"),
        (.langSmith, "LangSmith"), (.langfuse, "Langfuse"), (.mlflow, "MLflow"),
        (.laminar, "Laminar"), (.strands, "Strands"), (.adk, "Google ADK"),
        (.liveKit, "LiveKit"), (.liteLLM, "LiteLLM"), (.openLIT, "OpenLIT"),
        (.semanticKernel, "Semantic Kernel, Agent Framework, AutoGen"), (.crewAI, "CrewAI"),
        (.claudeCode, "Claude Code"), (.voltAgent, "VoltAgent"), (.braintrust, "Braintrust"),
        (.mcpScope, "MCP instrumentation scopes"), (.pipecat, "Pipecat"),
    ]

    var names: [String] { Self.names.filter { contains($0.0) }.map(\.1) }
}

// MARK: - By scope

extension Convention {
    struct ScopeRule: Sendable {
        let name: StaticString
        /// What follows the name does not matter.
        let isPrefix: Bool
        let convention: Convention
    }

    static let scopes: [ScopeRule] = [
        ScopeRule(name: "@mastra/", isPrefix: true, convention: .mastra),
        ScopeRule(
            name: "openinference.instrumentation.", isPrefix: true, convention: .openInference),
        ScopeRule(name: "@arizeai/openinference", isPrefix: true, convention: .openInference),
        ScopeRule(name: "traceloop.tracer", isPrefix: false, convention: .traceloop),
        ScopeRule(name: "opentelemetry.instrumentation.mcp", isPrefix: true, convention: .mcpScope),
        ScopeRule(name: "mcp-python-sdk", isPrefix: false, convention: .mcpScope),
        ScopeRule(name: "fastmcp", isPrefix: true, convention: .mcpScope),
        ScopeRule(name: "ai", isPrefix: false, convention: .vercel),
        ScopeRule(name: "gen_ai", isPrefix: false, convention: .vercel),
        ScopeRule(name: "pydantic-ai", isPrefix: false, convention: .pydantic),
        ScopeRule(name: "logfire", isPrefix: true, convention: .pydantic),
        ScopeRule(name: "langsmith", isPrefix: false, convention: .langSmith),
        ScopeRule(name: "langfuse-sdk", isPrefix: false, convention: .langfuse),
        ScopeRule(name: "mlflow.", isPrefix: true, convention: .mlflow),
        ScopeRule(name: "lmnr", isPrefix: true, convention: .laminar),
        ScopeRule(name: "strands.telemetry.tracer", isPrefix: false, convention: .strands),
        ScopeRule(name: "gcp.vertex.agent", isPrefix: false, convention: .adk),
        ScopeRule(name: "livekit-agents", isPrefix: false, convention: .liveKit),
        ScopeRule(name: "litellm", isPrefix: false, convention: .liteLLM),
        ScopeRule(name: "openlit", isPrefix: true, convention: .openLIT),
        ScopeRule(name: "semantic_kernel", isPrefix: true, convention: .semanticKernel),
        ScopeRule(name: "Microsoft.SemanticKernel", isPrefix: true, convention: .semanticKernel),
        ScopeRule(name: "agent_framework", isPrefix: true, convention: .semanticKernel),
        ScopeRule(name: "autogen", isPrefix: true, convention: .semanticKernel),
        ScopeRule(name: "crewai.telemetry", isPrefix: true, convention: .crewAI),
        ScopeRule(name: "voltagent", isPrefix: true, convention: .voltAgent),
        ScopeRule(name: "pipecat", isPrefix: true, convention: .pipecat),
    ]

    /// The convention that a scope's name tells of.
    static func ofScope(_ name: Slice, in bytes: Span<UInt8>) -> Convention {
        for rule in scopes {
            let length = rule.name.utf8CodeUnitCount
            guard name.count >= length, rule.isPrefix || name.count == length else { continue }
            if rule.name.equals(bytes, name.start, name.start &+ length) { return rule.convention }
        }
        return []
    }
}

// MARK: - By key

extension Convention {
    /// Beginnings of keys, longest first where one is the other's.
    static let keyPrefixes: [(String, Convention)] = [
        ("mastra.", .mastra), ("gen_ai.", .genAI), ("anthropic.", .genAI), ("fastmcp.", .mcp),
        ("mcp.", .mcp), ("openinference.", .openInference), ("llm.", .openInference),
        ("embedding.", .openInference), ("reranker.", .openInference), ("input.", .openInference),
        ("output.", .openInference), ("tag.", .openInference), ("graph.node.", .openInference),
        ("tool.name", .openInference), ("agent.name", .openInference),
        ("traceloop.", .traceloop), ("ai.", .vercel), ("operation.name", .vercel),
        ("pydantic_ai.", .pydantic), ("logfire.", .pydantic),
        ("all_messages_events", .pydantic), ("model_request_parameters", .pydantic),
        ("langsmith.", .langSmith), ("langfuse.", .langfuse), ("mlflow.", .mlflow),
        ("lmnr.", .laminar), ("event_loop.", .strands), ("gcp.vertex.agent.", .adk),
        ("lk.", .liveKit), ("litellm.", .liteLLM), ("crewai.", .crewAI), ("crew_key", .crewAI),
        ("crew_id", .crewAI), ("span.type", .claudeCode), ("braintrust.", .braintrust),
    ]

    /// The convention that a key tells of; plain names tell of none and are read only where another
    /// key or the scope does.
    static func ofKey(_ key: AttributeKey) -> Convention {
        keyPrefixes.first { key.rawValue.hasPrefix($0.0) }?.1 ?? []
    }
}
