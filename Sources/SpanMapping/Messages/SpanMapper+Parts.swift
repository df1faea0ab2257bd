import MastraRecords
import OTLP

/// GenAI message parts in the form that Mastra's own spans have (MASTRA-CONTRACT 3.7, 4.2). Members
/// that have no counterpart are carried along under their own names.
extension SpanMapper {
    /// `{role, content}`; the content of a system message of one text is that text.
    mutating func writeMessage(
        _ message: Int, _ text: Span<UInt8>, _ writer: inout JSONWriter
    ) {
        guard let parts = tree.member("parts", of: message, in: text) else {
            let node = tree.nodes[message]
            return writer.raw(text, Int(node.start), Int(node.end))
        }
        var object = ObjectWriter()
        writer.byte(UInt8(ascii: "{"))
        writeOtherMembers(of: message, except: ["parts"], text, &object, &writer) {
            tree.isNamed($0, "content", in: text)
        }
        object.name("content", to: &writer)
        if let role = tree.member("role", of: message, in: text),
            tree.isString(role, "system", in: text), tree.childCount(of: parts) == 1,
            let part = tree.firstChild(of: parts), let content = plainText(part, text)
        {
            copy(content, text, &writer)
        } else {
            writePartList(parts, text, &writer)
        }
        writer.byte(UInt8(ascii: "}"))
    }

    mutating func writePartList(
        _ parts: Int, _ text: Span<UInt8>, _ writer: inout JSONWriter
    ) {
        writer.byte(UInt8(ascii: "["))
        var item = tree.firstChild(of: parts)
        var isFirst = true
        while let current = item {
            if !isFirst { writer.byte(UInt8(ascii: ",")) }
            isFirst = false
            writePart(current, text, &writer)
            item = tree.sibling(of: current)
        }
        writer.byte(UInt8(ascii: "]"))
    }

    private mutating func writePart(
        _ part: Int, _ text: Span<UInt8>, _ writer: inout JSONWriter
    ) {
        guard let type = tree.member("type", of: part, in: text),
            let rule = PartRule.all.first(where: { tree.isString(type, $0.type, in: text) })
        else { return copy(part, text, &writer) }
        var object = ObjectWriter()
        writer.byte(UInt8(ascii: "{"))
        object.name("type", to: &writer)
        writer.byte(UInt8(ascii: "\""))
        writer.literal(rule.isFile && isImage(part, text) ? "image" : rule.mastraType)
        writer.byte(UInt8(ascii: "\""))
        var used: [StaticString] = ["type"]
        var written: [StaticString] = []
        for member in rule.members {
            guard
                let source = member.sources.first(where: {
                    tree.member($0, of: part, in: text) != nil
                }), let value = tree.member(source, of: part, in: text)
            else { continue }
            used.append(source)
            written.append(member.name)
            object.name(member.name, to: &writer)
            switch member.form {
            case .same: copy(value, text, &writer)
            case .parsed: writeParsed(value, text, &writer)
            case .result: writeResult(value, text, &writer)
            }
        }
        writeOtherMembers(of: part, except: used, text, &object, &writer) { other in
            written.contains { tree.isNamed(other, $0, in: text) }
        }
        writer.byte(UInt8(ascii: "}"))
    }

    private func isImage(_ part: Int, _ text: Span<UInt8>) -> Bool {
        if let modality = tree.member("modality", of: part, in: text) {
            return tree.isString(modality, "image", in: text)
        }
        guard let type = tree.member("mime_type", of: part, in: text),
            tree.nodes[type].kind == .string
        else { return false }
        let start = Int(tree.nodes[type].start) + 1
        return Int(tree.nodes[type].end) - start > 6
            && ("image/" as StaticString).equals(text, start, start + 6)
    }

    /// One assistant message as Mastra's output: `{text, toolCalls?, reasoningText?}`, and under
    /// `parts` whatever these cannot hold.
    mutating func writeSingleOutput(
        _ message: Int, _ text: Span<UInt8>, _ writer: inout JSONWriter
    ) {
        guard let parts = tree.member("parts", of: message, in: text) else {
            return copy(message, text, &writer)
        }
        var object = ObjectWriter()
        writer.byte(UInt8(ascii: "{"))
        object.name("text", to: &writer)
        writeJoined("text", parts, text, &writer)
        let hasReasoning = contains("reasoning", parts, text)
        if hasReasoning {
            object.name("reasoningText", to: &writer)
            writeJoined("reasoning", parts, text, &writer)
        }
        writeToolCalls(parts, text, &object, &writer)
        writeOtherParts(parts, text, &object, &writer)
        var exceptions: [StaticString] = ["parts"]
        if let role = tree.member("role", of: message, in: text),
            tree.isString(role, "assistant", in: text)
        {
            exceptions.append("role")
        }
        writeOtherMembers(of: message, except: exceptions, text, &object, &writer) {
            tree.isNamed($0, "text", in: text) || tree.isNamed($0, "toolCalls", in: text)
                || hasReasoning && tree.isNamed($0, "reasoningText", in: text)
        }
        writer.byte(UInt8(ascii: "}"))
    }

    /// The contents of all plain parts of a type as one string, with nothing between them.
    private func writeJoined(
        _ type: StaticString, _ parts: Int, _ text: Span<UInt8>, _ writer: inout JSONWriter
    ) {
        writer.byte(UInt8(ascii: "\""))
        forEachPart(parts) { part in
            guard let content = plainText(part, text, type: type) else { return }
            let node = tree.nodes[content]
            writer.raw(text, Int(node.start) + 1, Int(node.end) - 1)
        }
        writer.byte(UInt8(ascii: "\""))
    }

    private func contains(_ type: StaticString, _ parts: Int, _ text: Span<UInt8>) -> Bool {
        var found = false
        forEachPart(parts) { part in
            if plainText(part, text, type: type) != nil { found = true }
        }
        return found
    }

    private mutating func writeToolCalls(
        _ parts: Int, _ text: Span<UInt8>, _ object: inout ObjectWriter,
        _ writer: inout JSONWriter
    ) {
        var isFirst = true
        var item = tree.firstChild(of: parts)
        while let part = item {
            item = tree.sibling(of: part)
            guard isToolCall(part, text) else { continue }
            if isFirst {
                object.name("toolCalls", to: &writer)
                writer.byte(UInt8(ascii: "["))
            } else {
                writer.byte(UInt8(ascii: ","))
            }
            isFirst = false
            var call = ObjectWriter()
            writer.byte(UInt8(ascii: "{"))
            let names: [(StaticString, StaticString)] = [
                ("toolCallId", "id"), ("toolName", "name"),
            ]
            for (name, source) in names {
                guard let value = tree.member(source, of: part, in: text) else { continue }
                call.name(name, to: &writer)
                copy(value, text, &writer)
            }
            if let arguments = tree.member("arguments", of: part, in: text) {
                call.name("args", to: &writer)
                writeParsed(arguments, text, &writer)
            }
            writeOtherMembers(
                of: part, except: ["type", "id", "name", "arguments"], text, &call, &writer
            ) {
                tree.isNamed($0, "toolCallId", in: text) || tree.isNamed($0, "toolName", in: text)
                    || tree.isNamed($0, "args", in: text)
            }
            writer.byte(UInt8(ascii: "}"))
        }
        if !isFirst { writer.byte(UInt8(ascii: "]")) }
    }

    private mutating func writeOtherParts(
        _ parts: Int, _ text: Span<UInt8>, _ object: inout ObjectWriter,
        _ writer: inout JSONWriter
    ) {
        var isFirst = true
        var item = tree.firstChild(of: parts)
        while let part = item {
            item = tree.sibling(of: part)
            if plainText(part, text) != nil || plainText(part, text, type: "reasoning") != nil
                || isToolCall(part, text)
            {
                continue
            }
            if isFirst {
                object.name("parts", to: &writer)
                writer.byte(UInt8(ascii: "["))
            } else {
                writer.byte(UInt8(ascii: ","))
            }
            isFirst = false
            writePart(part, text, &writer)
        }
        if !isFirst { writer.byte(UInt8(ascii: "]")) }
    }

    private func isToolCall(_ part: Int, _ text: Span<UInt8>) -> Bool {
        guard let type = tree.member("type", of: part, in: text) else { return false }
        return tree.isString(type, "tool_call", in: text)
    }

    private func forEachPart(_ parts: Int, _ body: (Int) -> Void) {
        var item = tree.firstChild(of: parts)
        while let current = item {
            body(current)
            item = tree.sibling(of: current)
        }
    }

    /// The content of a part that is `{type, content}` with a string and nothing else.
    func plainText(
        _ part: Int, _ text: Span<UInt8>, type wanted: StaticString = "text"
    ) -> Int? {
        guard let type = tree.member("type", of: part, in: text),
            tree.isString(type, wanted, in: text),
            let content = tree.member("content", of: part, in: text),
            tree.nodes[content].kind == .string, tree.childCount(of: part) == 2
        else { return nil }
        return content
    }

    /// - Parameter isTaken: whether a member's name is that of a field beside it; it then stands
    ///   under `otel.<name>`, as a left-over attribute would.
    private func writeOtherMembers(
        of index: Int, except names: [StaticString], _ text: Span<UInt8>,
        _ object: inout ObjectWriter, _ writer: inout JSONWriter, isTaken: (Int) -> Bool
    ) {
        var item = tree.firstChild(of: index)
        while let current = item {
            item = tree.sibling(of: current)
            if names.contains(where: { tree.isNamed(current, $0, in: text) }) { continue }
            let node = tree.nodes[current]
            object.separate(&writer)
            writer.byte(UInt8(ascii: "\""))
            if isTaken(current) { writer.literal("otel.") }
            writer.raw(text, Int(node.keyStart), Int(node.keyEnd))
            writer.literal("\":")
            copy(current, text, &writer)
        }
    }

    private func copy(_ index: Int, _ text: Span<UInt8>, _ writer: inout JSONWriter) {
        let node = tree.nodes[index]
        writer.raw(text, Int(node.start), Int(node.end))
    }

    /// A value that may be JSON once more inside a string (MAPPING J2 for arguments and results).
    private mutating func writeParsed(
        _ index: Int, _ text: Span<UInt8>, _ writer: inout JSONWriter
    ) {
        guard unescapeJSON(index, text) else { return copy(index, text, &writer) }
        writer.raw(scratch)
    }

    /// A tool's result: `{type:"json", value}`, or `{type:"text", value}` for a plain string.
    private mutating func writeResult(
        _ index: Int, _ text: Span<UInt8>, _ writer: inout JSONWriter
    ) {
        if unescapeJSON(index, text) {
            writer.literal("{\"type\":\"json\",\"value\":")
            writer.raw(scratch)
        } else {
            writer.literal(
                tree.nodes[index].kind == .string
                    ? "{\"type\":\"text\",\"value\":" : "{\"type\":\"json\",\"value\":")
            copy(index, text, &writer)
        }
        writer.byte(UInt8(ascii: "}"))
    }

    /// Puts the text of a JSON string into `scratch`; true where that is a JSON object or list.
    private mutating func unescapeJSON(_ index: Int, _ text: Span<UInt8>) -> Bool {
        let node = tree.nodes[index]
        guard node.kind == .string else { return false }
        scratch.removeAll(keepingCapacity: scratch.capacity <= Self.maxParsedBytes)
        JSONUnescape.append(text, Int(node.start) + 1, Int(node.end) - 1, to: &scratch)
        let inner = scratch
        return Self.opensJSON(Self.trim(Slice(0, inner.count), in: inner.span), in: inner.span)
            && nestedTree.parse(inner.span, 0, inner.count)
    }
}

/// A row of the table of message parts: GenAI's type and members, and Mastra's.
struct PartRule: Sendable {
    enum Form: Sendable {
        case same
        /// JSON in a string becomes that JSON.
        case parsed
        /// A tool's result.
        case result
    }

    struct Member: Sendable {
        let name: StaticString
        let sources: [StaticString]
        let form: Form

        init(_ name: StaticString, _ sources: [StaticString], _ form: Form = .same) {
            self.name = name
            self.sources = sources
            self.form = form
        }
    }

    let type: StaticString
    let mastraType: StaticString
    /// Of these an image has a type of its own.
    let isFile: Bool
    let members: [Member]

    init(_ type: StaticString, _ mastraType: StaticString, _ members: [Member]) {
        self.type = type
        self.mastraType = mastraType
        isFile = "\(mastraType)" == "file"
        self.members = members
    }

    static let all: [PartRule] = [
        PartRule("text", "text", [Member("text", ["content"])]),
        PartRule("reasoning", "reasoning", [Member("text", ["content"])]),
        PartRule(
            "tool_call", "tool-call",
            [
                Member("toolCallId", ["id"]), Member("toolName", ["name"]),
                Member("input", ["arguments"], .parsed),
            ]),
        PartRule(
            "tool_call_response", "tool-result",
            [
                Member("toolCallId", ["id"]), Member("toolName", ["name"]),
                Member("output", ["response", "result"], .result),
            ]),
        PartRule(
            "blob", "file", [Member("data", ["content"]), Member("mediaType", ["mime_type"])]),
        PartRule("uri", "file", [Member("url", ["uri"]), Member("mediaType", ["mime_type"])]),
        PartRule(
            "file", "file", [Member("fileId", ["file_id"]), Member("mediaType", ["mime_type"])]),
    ]
}
