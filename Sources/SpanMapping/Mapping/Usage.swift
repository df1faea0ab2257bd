import MastraRecords

/// Token counts of one model call, in the shape of Mastra's `UsageStats` (MASTRA-CONTRACT 3.3):
/// `input` and `output` are totals that include every detail.
struct Usage {
    var input: Int64?
    var output: Int64?
    var cacheRead: Int64?
    var cacheWrite: Int64?
    var cacheWrite5m: Int64?
    var cacheWrite1h: Int64?
    var inputAudio: Int64?
    var reasoning: Int64?
    var outputAudio: Int64?
    /// Totals came without the cached tokens, which were added.
    var wasRepaired = false

    var isEmpty: Bool {
        input == nil && output == nil && cacheRead == nil && cacheWrite == nil
            && cacheWrite5m == nil && cacheWrite1h == nil && inputAudio == nil && reasoning == nil
            && outputAudio == nil
    }

    /// More cached tokens than tokens is how exclusive counting shows itself.
    mutating func repairExclusiveCounting() {
        let cached = (cacheRead ?? 0) &+ (cacheWrite ?? 0)
        guard let total = input, cached > total else { return }
        input = total &+ cached
        wasRepaired = true
    }

    func write(to writer: inout JSONWriter) {
        var object = ObjectWriter()
        writer.byte(UInt8(ascii: "{"))
        object.count("inputTokens", input, to: &writer)
        object.count("outputTokens", output, to: &writer)
        let inputText = Self.text(of: input, without: [cacheRead, cacheWrite, inputAudio])
        let outputText = Self.text(of: output, without: [reasoning, outputAudio])
        let inputDetails: [(StaticString, Int64?)] = [
            ("text", inputText), ("cacheRead", cacheRead), ("cacheWrite", cacheWrite),
            ("cacheWrite5m", cacheWrite5m), ("cacheWrite1h", cacheWrite1h), ("audio", inputAudio),
        ]
        object.details("inputDetails", inputDetails, to: &writer)
        object.details(
            "outputDetails",
            [("text", outputText), ("reasoning", reasoning), ("audio", outputAudio)], to: &writer)
        writer.byte(UInt8(ascii: "}"))
    }

    /// The rest of a total whose other parts are known, and nothing where none is.
    private static func text(of total: Int64?, without parts: [Int64?]) -> Int64? {
        guard let total, parts.contains(where: { $0 != nil }) else { return nil }
        let rest = parts.reduce(total) { $0 &- ($1 ?? 0) }
        return rest >= 0 ? rest : nil
    }
}

/// Puts the commas between the members of an object.
struct ObjectWriter {
    private(set) var isEmpty = true

    @inline(__always)
    mutating func separate(_ writer: inout JSONWriter) {
        if !isEmpty { writer.byte(UInt8(ascii: ",")) }
        isEmpty = false
    }

    /// Name and colon; the value is the caller's to write.
    @inline(__always)
    mutating func name(_ name: StaticString, to writer: inout JSONWriter) {
        separate(&writer)
        writer.byte(UInt8(ascii: "\""))
        writer.literal(name)
        writer.literal("\":")
    }

    mutating func count(_ name: StaticString, _ value: Int64?, to writer: inout JSONWriter) {
        guard let value else { return }
        self.name(name, to: &writer)
        writer.signed(value)
    }

    fileprivate mutating func details(
        _ name: StaticString, _ values: [(StaticString, Int64?)], to writer: inout JSONWriter
    ) {
        guard values.contains(where: { $0.1 != nil }) else { return }
        self.name(name, to: &writer)
        var inner = ObjectWriter()
        writer.byte(UInt8(ascii: "{"))
        for (name, value) in values { inner.count(name, value, to: &writer) }
        writer.byte(UInt8(ascii: "}"))
    }
}
