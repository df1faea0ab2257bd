import MastraRecords
import OTLP

extension SpanMapper {
    /// A content-bearing value: JSON inside a string where the first character opens an object or a
    /// list and the whole string parses (MAPPING J1-J7), any other string as a string, structured
    /// values as they are. Text that looks like JSON and is not stays a string, with a finding.
    mutating func writeJSON(
        _ value: ValueView, _ key: Slice, _ bytes: Span<UInt8>, _ writer: inout JSONWriter
    ) {
        guard value.kind == .string else { return writer.value(value, in: bytes) }
        let text = Self.trim(value.slice, in: bytes)
        guard Self.opensJSON(text, in: bytes) else { return writer.string(value.slice, in: bytes) }
        if parsesJSON(text, bytes) {
            writer.raw(bytes, text.start, text.end)
        } else {
            findings.append(Finding(kind: .unparsedJSON, about: key))
            writer.string(value.slice, in: bytes)
        }
    }

    /// Longer text is passed on as the string it is.
    static let maxParsedBytes = 1024 * 1024

    static func opensJSON(_ text: Slice, in bytes: Span<UInt8>) -> Bool {
        guard !text.isEmpty else { return false }
        let first = bytes[text.start]
        return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
    }

    /// Leaves the parsed text in `tree` where it is an object or a list as a whole.
    mutating func parsesJSON(_ text: Slice, _ bytes: Span<UInt8>) -> Bool {
        Self.opensJSON(text, in: bytes) && text.count <= Self.maxParsedBytes
            && tree.parse(bytes, text.start, text.end)
    }

    /// Tags from a list of strings, from one in JSON, or from text with commas: trimmed, each once
    /// (MAPPING 5.7). Empty where the value is nothing of the kind.
    mutating func tags(of value: ValueView, _ bytes: Span<UInt8>) -> [[UInt8]] {
        var tags: [[UInt8]] = []
        var seen: Set<[UInt8]> = []
        func add(_ text: Span<UInt8>, _ slice: Slice) {
            let tag = text.copy(Self.trim(slice, in: text))
            if !tag.isEmpty, tags.count <= Self.maxTags, seen.insert(tag).inserted {
                tags.append(tag)
            }
        }
        if value.kind == .array, isTextList(value.slice, in: bytes) {
            var cursor = RepeatedCursor(field: 1, of: value.slice)
            while let item = cursor.next(in: bytes) {
                var view = ValueView()
                view.merge(item, in: bytes)
                add(bytes, view.slice)
            }
        } else if value.kind == .string {
            let text = Self.trim(value.slice, in: bytes)
            guard parsesJSON(text, bytes) else {
                var start = text.start
                for offset in text.start..<text.end where bytes[offset] == UInt8(ascii: ",") {
                    add(bytes, Slice(start, offset))
                    start = offset &+ 1
                }
                add(bytes, Slice(start, text.end))
                return tags
            }
            guard isTextListInTree() else { return [] }
            var item = tree.firstChild(of: 0)
            while let current = item {
                let node = tree.nodes[current]
                scratch.removeAll(keepingCapacity: true)
                JSONUnescape.append(bytes, Int(node.start) + 1, Int(node.end) - 1, to: &scratch)
                add(scratch.span, Slice(0, scratch.count))
                item = tree.sibling(of: current)
            }
        }
        return tags
    }

    /// A list of strings from an array, from a JSON array in a string, or from one plain string.
    mutating func writeTextList(
        _ value: ValueView, _ bytes: Span<UInt8>, _ writer: inout JSONWriter
    ) -> Bool {
        switch value.kind {
        case .array:
            guard isTextList(value.slice, in: bytes) else { return false }
            writer.value(value, in: bytes)
            return true
        case .string:
            guard !value.slice.isEmpty else { return false }
            let text = Self.trim(value.slice, in: bytes)
            if parsesJSON(text, bytes) {
                guard isTextListInTree() else { return false }
                writer.raw(bytes, text.start, text.end)
            } else {
                writer.byte(UInt8(ascii: "["))
                writer.string(value.slice, in: bytes)
                writer.byte(UInt8(ascii: "]"))
            }
            return true
        default: return false
        }
    }

    private func isTextList(_ slice: Slice, in bytes: Span<UInt8>) -> Bool {
        var cursor = RepeatedCursor(field: 1, of: slice)
        var isEmpty = true
        while let item = cursor.next(in: bytes) {
            var view = ValueView()
            view.merge(item, in: bytes)
            guard view.kind == .string else { return false }
            isEmpty = false
        }
        return !isEmpty
    }

    private func isTextListInTree() -> Bool {
        guard tree.nodes[0].kind == .array, let first = tree.firstChild(of: 0) else { return false }
        var item: Int? = first
        while let current = item {
            guard tree.nodes[current].kind == .string else { return false }
            item = tree.sibling(of: current)
        }
        return true
    }

    /// The first finish reason in Mastra's words. Nil where there is none; true where the source
    /// holds nothing more than what was written.
    mutating func writeFinishReason(
        _ value: ValueView, _ bytes: Span<UInt8>, _ writer: inout JSONWriter
    ) -> Bool? {
        var reason = Slice.empty
        var count = 1
        switch value.kind {
        case .array:
            var cursor = RepeatedCursor(field: 1, of: value.slice)
            count = 0
            while let item = cursor.next(in: bytes) {
                var view = ValueView()
                view.merge(item, in: bytes)
                if count == 0, view.kind == .string { reason = view.slice }
                count += 1
            }
        case .string:
            let text = Self.trim(value.slice, in: bytes)
            if Self.opensJSON(text, in: bytes) {
                guard parsesJSON(text, bytes), isTextListInTree(),
                    let first = tree.firstChild(of: 0), !tree.nodes[first].isEscaped
                else { return nil }
                count = tree.childCount(of: 0)
                let node = tree.nodes[first]
                reason = Slice(Int(node.start) + 1, Int(node.end) - 1)
            } else {
                reason = value.slice
            }
        default: return nil
        }
        let untrimmed = reason
        reason = Self.trim(reason, in: bytes)
        guard !reason.isEmpty, reason.count <= 256 else { return nil }
        let raw = String(decoding: bytes.copy(reason), as: UTF8.self)
        let normalized = FinishReason.normalized(raw)
        guard normalized == raw else {
            writer.string(normalized)
            return false
        }
        writer.string(reason, in: bytes)
        return count == 1 && reason == untrimmed
    }
}

/// Why a model stopped, in the words that Mastra uses (MAPPING 5.6).
enum FinishReason {
    private static let table: [(String, [String])] = [
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
