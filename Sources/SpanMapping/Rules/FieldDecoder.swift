/// How a source's value becomes a field's value. A value that does not decode leaves the field to the
/// next source, and itself to the left-overs (MAPPING 9).
enum FieldDecoder: Hashable, Sendable {
    /// A string that is not empty; never the text of anything else.
    case text
    /// A provider's name, cleaned (MAPPING 5.2).
    case provider
    /// A finite number, or the JSON number in a string.
    case number
    /// An integer of at least `min`, exact to JavaScript; integral doubles and digits in a string too.
    case integer(min: Int64)
    /// A boolean, or `true` and `false` in a string.
    case boolean
    /// A list of strings, one in JSON, or one string.
    case textList
    /// The first of the finish reasons, in Mastra's words (MAPPING 5.6).
    case finishReason
    /// Any value that is not empty; JSON inside a string as that JSON.
    case json
    /// As `json`, and the text of a JSON string as that text.
    case jsonText
    /// GenAI instructions: the text where they are one text, else message parts.
    case instructions
    /// Tool definitions of any shape as `{type, name, description, parameters}`.
    case tools
    /// The names in a list of tool definitions.
    case toolNames
    /// A host name, or the one in a URL.
    case host
    /// A time as `Date.toISOString()` writes it; only within the span.
    case time
    /// Seconds or milliseconds after the span's start, as a time; only within the span.
    case secondsAfterStart, millisecondsAfterStart

    /// In the words of docs/mapping.md.
    var summary: String {
        switch self {
        case .text: "text"
        case .provider: "provider name"
        case .number: "number"
        case .integer(let min): "integer ≥ \(min)"
        case .boolean: "boolean"
        case .textList: "list of strings"
        case .finishReason: "finish reason"
        case .json: "JSON"
        case .jsonText: "JSON, or its text"
        case .instructions: "instructions"
        case .tools: "tool definitions"
        case .toolNames: "names of tools"
        case .host: "host"
        case .time: "ISO time within the span"
        case .secondsAfterStart: "seconds after start"
        case .millisecondsAfterStart: "milliseconds after start"
        }
    }
}
