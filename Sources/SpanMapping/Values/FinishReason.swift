/// Why a model stopped, in the words that Mastra uses (MAPPING 5.6).
enum FinishReason {
    static let table: [(String, [String])] = [
        (
            "stop",
            [
                "stop", "end_turn", "stop_sequence", "complete", "completed", "finish_reason_stop",
                "eos",
            ]
        ),
        ("tool-calls", ["tool_calls", "tool_call", "tool-calls", "tool_use", "function_call"]),
        ("length", ["length", "max_tokens", "max_output_tokens"]),
        (
            "content-filter",
            ["content_filter", "safety", "recitation", "guardrail_intervened", "refusal"]
        ),
        ("error", ["error", "malformed_function_call"]),
    ]

    private static let names: [String: String] = Dictionary(
        uniqueKeysWithValues: table.flatMap { entry in entry.1.map { ($0, entry.0) } })

    /// Case does not matter, nor does the name of an enumeration before a dot.
    static func normalized(_ raw: String) -> String {
        let lower = raw.lowercased()
        let word = lower.split(separator: ".").last.map(String.init) ?? lower
        return names[word] ?? lower
    }
}
