import MastraRecords
import OTLP

/// Keys of which only the beginning is fixed.
enum KeyFamily: Int, CaseIterable, Sendable {
    // A number follows, and then the path of a member (MAPPING 6).
    case inputMessages, outputMessages, prompts, completions, tools, functions
    case promptTexts, choiceTexts, documents, rerankerInputs, rerankerOutputs, embeddings
    // A name of the user's follows, which goes into metadata (MAPPING 5.7).
    case vercelMetadata, traceloopProperties, laminarMetadata, langSmithMetadata
    case langfuseObservationMetadata, langfuseTraceMetadata, mastraMetadata
    // A Mastra span type and a field of it follow (MASTRA-CONTRACT 4.1).
    case mastra
    // Presence alone tells something.
    case mcp, voltAgent

    var prefix: StaticString {
        switch self {
        case .inputMessages: "llm.input_messages."
        case .outputMessages: "llm.output_messages."
        case .prompts: "gen_ai.prompt."
        case .completions: "gen_ai.completion."
        case .tools: "llm.tools."
        case .functions: "llm.request.functions."
        case .promptTexts: "llm.prompts."
        case .choiceTexts: "llm.choices."
        case .documents: "retrieval.documents."
        case .rerankerInputs: "reranker.input_documents."
        case .rerankerOutputs: "reranker.output_documents."
        case .embeddings: "embedding.embeddings."
        case .vercelMetadata: "ai.telemetry.metadata."
        case .traceloopProperties: "traceloop.association.properties."
        case .laminarMetadata: "lmnr.association.properties.metadata."
        case .langSmithMetadata: "langsmith.metadata."
        case .langfuseObservationMetadata: "langfuse.observation.metadata."
        case .langfuseTraceMetadata: "langfuse.trace.metadata."
        case .mastraMetadata: "mastra.metadata."
        case .mastra: "mastra."
        case .mcp: "mcp."
        case .voltAgent: "voltagent."
        }
    }

    var isIndexed: Bool { rawValue <= KeyFamily.embeddings.rawValue }

    var isMetadata: Bool {
        rawValue >= KeyFamily.vercelMetadata.rawValue
            && rawValue <= KeyFamily.mastraMetadata.rawValue
    }

    var convention: Convention {
        switch self {
        case .inputMessages, .outputMessages, .tools, .promptTexts, .choiceTexts, .documents,
            .rerankerInputs, .rerankerOutputs, .embeddings:
            .openInference
        case .prompts, .completions, .functions: .genAI
        case .vercelMetadata: .vercel
        case .traceloopProperties: .traceloop
        case .laminarMetadata: .laminar
        case .langSmithMetadata: .langSmith
        case .langfuseObservationMetadata, .langfuseTraceMetadata: .langfuse
        case .mastraMetadata, .mastra: .mastra
        case .mcp: .mcp
        case .voltAgent: .voltAgent
        }
    }

    /// A larger number is no index but an attack on memory; such a key is a left-over.
    static let maxIndex = 10_000
}

/// Finds the family of a key by its first four bytes, so that a key of none costs one look.
struct FamilyTable: Sendable {
    private struct Entry {
        let word: UInt32
        let families: [KeyFamily]
    }

    /// Found by trying: it gives each word a slot of its own.
    private static let multiplier: UInt32 = 0x9e37_79b3
    private static let shift: UInt32 = 24
    private let words: [UInt32]
    private let entries: [[KeyFamily]]

    init() {
        var words = [UInt32](repeating: 0, count: 1 << (32 - Self.shift))
        var entries = [[KeyFamily]](repeating: [], count: words.count)
        for family in KeyFamily.allCases {
            let bytes = Array("\(family.prefix)".utf8)
            let word = bytes.span.load32(0)
            let slot = Self.slot(word)
            // Two words in one slot would need another multiplier.
            precondition(words[slot] == 0 || words[slot] == word)
            words[slot] = word
            entries[slot].append(family)
        }
        self.words = words
        self.entries = entries
    }

    @inline(__always)
    private static func slot(_ word: UInt32) -> Int {
        Int(truncatingIfNeeded: (word &* multiplier) &>> shift)
    }

    @inline(__always)
    func find(_ key: Slice, in bytes: Span<UInt8>) -> KeyFamily? {
        guard key.count > 4 else { return nil }
        let word = bytes.load32(key.start)
        let slot = Self.slot(word)
        guard words[slot] == word else { return nil }
        return match(entries[slot], key, in: bytes)
    }

    private func match(
        _ families: [KeyFamily], _ key: Slice, in bytes: Span<UInt8>
    ) -> KeyFamily? {
        for family in families {
            let length = family.prefix.utf8CodeUnitCount
            guard key.count > length,
                family.prefix.equals(bytes, key.start, key.start &+ length)
            else { continue }
            if family.isIndexed {
                guard KeyPath.index(at: key.start &+ length, before: key.end, in: bytes) != nil
                else { continue }
            }
            return family
        }
        return nil
    }
}

/// The dotted rest of an indexed key.
enum KeyPath {
    /// The number of a segment that starts at `offset`; nil where it is none or too large.
    static func index(at offset: Int, before end: Int, in bytes: Span<UInt8>) -> Int? {
        let stop = segmentEnd(at: offset, before: end, in: bytes)
        guard stop > offset, stop &- offset <= 5 else { return nil }
        var number = 0
        for position in offset..<stop {
            let digit = bytes[position] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            number = number &* 10 &+ Int(digit)
        }
        return number <= KeyFamily.maxIndex ? number : nil
    }

    static func segmentEnd(at offset: Int, before end: Int, in bytes: Span<UInt8>) -> Int {
        var position = offset
        while position < end, bytes[position] != UInt8(ascii: ".") { position &+= 1 }
        return position
    }
}
