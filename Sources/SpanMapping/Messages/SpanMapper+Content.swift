import MastraRecords
import OTLP

extension SpanMapper {
    /// `input` and `output`, from the sources that were selected.
    mutating func writeContent(_ bytes: Span<UInt8>, _ writer: inout JSONWriter) {
        guard attributes.roles.contains(.convention) else {
            if dialect == .cloud { writer.literal(",\"input\":null,\"output\":null") }
            return
        }
        writeContent(selection.input, .input, ",\"input\":", bytes, &writer)
        writeContent(selection.output, .output, ",\"output\":", bytes, &writer)
    }

    private mutating func writeContent(
        _ source: (position: Int, form: ContentForm, isText: Bool)?, _ side: MessageSide,
        _ name: StaticString, _ bytes: Span<UInt8>, _ writer: inout JSONWriter
    ) {
        guard let source else {
            if dialect == .cloud {
                writer.literal(name)
                writer.literal("null")
            }
            return
        }
        writer.literal(name)
        let attribute = view.attributes[source.position]
        switch source.form {
        case .messages:
            writeMessages(attribute, side, bytes, &writer)
        case .json where source.isText:
            writer.value(attribute.value, in: bytes)
        case .json:
            writeJSON(attribute.value, attribute.key, bytes, &writer)
        }
    }

    /// GenAI messages from a JSON string, or from a structured value, which becomes JSON first so
    /// that one reader serves both. What is neither is passed on as it is.
    private mutating func writeMessages(
        _ attribute: AttributeView, _ side: MessageSide, _ bytes: Span<UInt8>,
        _ writer: inout JSONWriter
    ) {
        let value = attribute.value
        guard value.kind == .array || value.kind == .keyValueList else {
            let isParsed = side == .input && selection.isInputParsed
            guard
                isParsed
                    || value.kind == .string
                        && parsesJSON(Self.trim(value.slice, in: bytes), bytes)
            else { return writeJSON(value, attribute.key, bytes, &writer) }
            return rewriteMessages(bytes, side, bytes, &writer)
        }
        guard let text = parseStructured(value, bytes, &writer) else {
            return writer.value(value, in: bytes)
        }
        rewriteMessages(text.span, side, bytes, &writer)
    }

    /// A structured value as JSON, which `tree` then points into; nil where it is too deep for that.
    private mutating func parseStructured(
        _ value: ValueView, _ bytes: Span<UInt8>, _ writer: inout JSONWriter
    ) -> [UInt8]? {
        var json = JSONWriter(capacity: 4096)
        json.value(value, in: bytes)
        if json.replacedInvalidUTF8 { writer.replacedInvalidUTF8 = true }
        let text = json.bytes(from: 0)
        return tree.parse(text.span, 0, text.count) ? text : nil
    }

    /// Whether a value is a list of messages that a system message can stand before. Such a list from
    /// a string stays in `tree` for `writeMessages`.
    mutating func takesInstructions(_ value: ValueView, _ bytes: Span<UInt8>) -> Bool {
        guard value.kind == .string else {
            var unused = JSONWriter(capacity: 64)
            guard let text = parseStructured(value, bytes, &unused) else { return false }
            return becomesMessages(text.span) != nil
        }
        selection.isInputParsed =
            parsesJSON(Self.trim(value.slice, in: bytes), bytes) && becomesMessages(bytes) != nil
        return selection.isInputParsed
    }

    /// Nil for anything in `tree` that is passed on as it is; steps keep a bare list of contents
    /// (MASTRA-CONTRACT 4.2).
    private func becomesMessages(_ text: Span<UInt8>) -> MessageForm? {
        let form = MessageForm(tree, text)
        return form == .contents && (type == .modelInference || type == .modelStep) ? nil : form
    }

    /// - Parameter text: what `tree` points into.
    private mutating func rewriteMessages(
        _ text: Span<UInt8>, _ side: MessageSide, _ bytes: Span<UInt8>, _ writer: inout JSONWriter
    ) {
        guard let form = becomesMessages(text) else {
            let root = tree.nodes[0]
            return writer.raw(text, Int(root.start), Int(root.end))
        }
        if side == .output, form == .parts, tree.childCount(of: 0) == 1,
            let message = tree.firstChild(of: 0)
        {
            return writeSingleOutput(message, text, &writer)
        }
        writer.literal("{\"messages\":[")
        var needsComma = false
        if side == .input, let position = selection.systemInstructions {
            swap(&tree, &setAside)
            writeSystemMessage(view.attributes[position], bytes, &writer)
            swap(&tree, &setAside)
            needsComma = true
        }
        var item = tree.firstChild(of: 0)
        while let current = item {
            if needsComma { writer.byte(UInt8(ascii: ",")) }
            needsComma = true
            writeMessage(current, text, &writer)
            item = tree.sibling(of: current)
        }
        writer.literal("]}")
    }

    private mutating func writeSystemMessage(
        _ attribute: AttributeView, _ bytes: Span<UInt8>, _ writer: inout JSONWriter
    ) {
        writer.literal("{\"role\":\"system\",\"content\":")
        writeInstructions(attribute.value, attribute.key, bytes, &writer)
        writer.byte(UInt8(ascii: "}"))
    }

    /// Instructions as their text where they are one text; a list of parts in Mastra's form.
    mutating func writeInstructions(
        _ value: ValueView, _ key: Slice, _ bytes: Span<UInt8>, _ writer: inout JSONWriter
    ) {
        if value.kind == .array {
            guard let text = parseStructured(value, bytes, &writer) else {
                return writer.value(value, in: bytes)
            }
            return writeParts(ofInstructions: text.span, &writer)
        }
        guard value.kind == .string, parsesJSON(Self.trim(value.slice, in: bytes), bytes),
            tree.nodes[0].kind == .array
        else { return writeJSON(value, key, bytes, &writer) }
        writeParts(ofInstructions: bytes, &writer)
    }

    private mutating func writeParts(ofInstructions text: Span<UInt8>, _ writer: inout JSONWriter) {
        if tree.childCount(of: 0) == 1, let part = tree.firstChild(of: 0),
            let content = plainText(part, text)
        {
            let node = tree.nodes[content]
            return writer.raw(text, Int(node.start), Int(node.end))
        }
        writePartList(0, text, &writer)
    }

    /// The names of tool definitions. Nil where there are none; true where the source holds nothing
    /// but names.
    mutating func writeToolNames(
        _ value: ValueView, _ bytes: Span<UInt8>, _ writer: inout JSONWriter
    ) -> Bool? {
        if value.kind == .array {
            guard let text = parseStructured(value, bytes, &writer) else { return nil }
            return writeToolNames(text.span, &writer)
        }
        guard value.kind == .string, parsesJSON(Self.trim(value.slice, in: bytes), bytes),
            tree.nodes[0].kind == .array
        else { return nil }
        return writeToolNames(bytes, &writer)
    }

    /// - Parameter text: what `tree` points into.
    private func writeToolNames(_ text: Span<UInt8>, _ writer: inout JSONWriter) -> Bool? {
        var isWhole = true
        var names: [JSONTree.Node] = []
        var item = tree.firstChild(of: 0)
        while let current = item {
            item = tree.sibling(of: current)
            if tree.nodes[current].kind == .string {
                names.append(tree.nodes[current])
                continue
            }
            isWhole = false
            let definition = tree.member("function", of: current, in: text) ?? current
            guard let name = tree.member("name", of: definition, in: text),
                tree.nodes[name].kind == .string
            else { continue }
            names.append(tree.nodes[name])
        }
        guard !names.isEmpty else { return nil }
        writer.byte(UInt8(ascii: "["))
        for (index, name) in names.enumerated() {
            if index > 0 { writer.byte(UInt8(ascii: ",")) }
            writer.raw(text, Int(name.start), Int(name.end))
        }
        writer.byte(UInt8(ascii: "]"))
        return isWhole
    }
}
