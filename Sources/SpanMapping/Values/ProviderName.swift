import OTLP

/// Who serves the model, cleaned as MAPPING 5.2 says; nil for names of frameworks, which bill
/// nobody.
struct ProviderName {
    let text: String
    /// The cleaned name is the value as it came.
    let isVerbatim: Bool

    static let frameworks: Set<String> = [
        "strands-agents", "langchain", "langgraph", "autogen", "gcp.vertex.agent",
        "microsoft.agent_framework", "litellm", "llamaindex", "crewai",
    ]

    /// API surfaces that AI SDKs append.
    static let suffixes = [
        ".chat", ".responses", ".messages", ".completions", ".completion", ".embeddings",
        ".embedding", ".generative-ai",
    ]

    init?(_ slice: Slice, in bytes: Span<UInt8>) {
        let trimmed = SpanMapper.trim(slice, in: bytes)
        guard !trimmed.isEmpty, trimmed.count <= 256 else { return nil }
        let raw = String(decoding: bytes.copy(slice), as: UTF8.self)
        var name = String(decoding: bytes.copy(trimmed), as: UTF8.self).lowercased()
        for suffix in Self.suffixes where name.hasSuffix(suffix) && name.count > suffix.count {
            name.removeLast(suffix.count)
            break
        }
        guard !Self.frameworks.contains(name) else { return nil }
        text = name
        isVerbatim = name == raw
    }
}

extension Span<UInt8> {
    func copy(_ slice: Slice) -> [UInt8] {
        var copy: [UInt8] = []
        copy.reserveCapacity(slice.count)
        for offset in slice.start..<slice.end { copy.append(self[offset]) }
        return copy
    }
}
