import MastraRecords

/// Token counts of one model call, in the shape of Mastra's `UsageStats` (MASTRA-CONTRACT 3.3):
/// `input` and `output` are totals that include every detail.
struct Usage: Hashable, Sendable {
    var input: Int64?
    var output: Int64?
    var cacheRead: Int64?
    var cacheWrite: Int64?
    var cacheWrite5m: Int64?
    var cacheWrite1h: Int64?
    var inputAudio: Int64?
    var reasoning: Int64?
    var outputAudio: Int64?
    /// The source never counts cached tokens among the others (MAPPING 7.10).
    var isExclusive = false
    /// Totals came without the cached tokens, which were added.
    var wasRepaired = false

    var isEmpty: Bool { self == Usage() }

    /// More cached tokens than tokens is how exclusive counting shows itself.
    mutating func repairExclusiveCounting() {
        let cached = (cacheRead ?? 0) &+ (cacheWrite ?? 0)
        guard let total = input, cached > (isExclusive ? 0 : total) else { return }
        input = total &+ cached
        wasRepaired = true
    }

    /// Both of two calls.
    func adding(_ other: Usage) -> Usage {
        var sum = self
        for field in Self.fields {
            guard let count = other[keyPath: field] else { continue }
            let both = (sum[keyPath: field] ?? 0).addingReportingOverflow(count)
            sum[keyPath: field] = both.overflow ? .max : both.partialValue
        }
        return sum
    }

    private static let fields: [any WritableKeyPath<Usage, Int64?> & Sendable] = [
        \.input, \.output, \.cacheRead, \.cacheWrite, \.cacheWrite5m, \.cacheWrite1h,
        \.inputAudio, \.reasoning, \.outputAudio,
    ]

    /// - Parameter tellsTexts: a total without other parts is text as a whole.
    func tree(in tree: inout ValueTree, tellsTexts: Bool = false) -> ValueTree.ID {
        let object = tree.object()
        tree.set("inputTokens", count: input, of: object)
        tree.set("outputTokens", count: output, of: object)
        let inputDetails = tree.object()
        tree.set(
            "text",
            count: Self.text(
                of: input, without: [cacheRead, cacheWrite, inputAudio], tellsTexts),
            of: inputDetails)
        tree.set("cacheRead", count: cacheRead, of: inputDetails)
        tree.set("cacheWrite", count: cacheWrite, of: inputDetails)
        tree.set("cacheWrite5m", count: cacheWrite5m, of: inputDetails)
        tree.set("cacheWrite1h", count: cacheWrite1h, of: inputDetails)
        tree.set("audio", count: inputAudio, of: inputDetails)
        let outputDetails = tree.object()
        tree.set(
            "text",
            count: Self.text(of: output, without: [reasoning, outputAudio], tellsTexts),
            of: outputDetails)
        tree.set("reasoning", count: reasoning, of: outputDetails)
        tree.set("audio", count: outputAudio, of: outputDetails)
        if tree.first(of: inputDetails) != nil {
            tree.set("inputDetails", inputDetails, of: object)
        }
        if tree.first(of: outputDetails) != nil {
            tree.set("outputDetails", outputDetails, of: object)
        }
        return object
    }

    /// The rest of a total whose other parts are known, and nothing where none is.
    private static func text(
        of total: Int64?, without parts: [Int64?], _ tellsTexts: Bool
    ) -> Int64? {
        guard let total, tellsTexts || parts.contains(where: { $0 != nil }) else { return nil }
        let rest = parts.reduce(total) { $0 &- ($1 ?? 0) }
        // Mastra says none where the parts are more than the total (MASTRA-CONTRACT 3.3).
        return rest >= 0 ? rest : tellsTexts ? 0 : nil
    }
}

extension ValueTree {
    fileprivate mutating func set(_ name: StaticString, count: Int64?, of object: ID) {
        guard let count else { return }
        set(name, integer(count), of: object)
    }
}

/// Puts the commas between the members of an object.
struct ObjectWriter {
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    @inline(__always)
    mutating func separate(_ writer: inout JSONWriter) {
        if count > 0 { writer.byte(UInt8(ascii: ",")) }
        count &+= 1
    }

    /// Name and colon; the value is the caller's to write.
    @inline(__always)
    mutating func name(_ name: StaticString, to writer: inout JSONWriter) {
        separate(&writer)
        writer.byte(UInt8(ascii: "\""))
        writer.literal(name)
        writer.literal("\":")
    }
}
