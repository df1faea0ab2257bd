import MastraRecords
import OTLP

extension SpanMapper {
    /// `input` and `output`, from the sources that were selected.
    mutating func writeContent(_ bytes: Span<UInt8>, _ writer: inout JSONWriter) {
        guard attributes.hasKnownKeys else {
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
            let text = Self.trim(value.slice, in: bytes)
            guard value.kind == .string, Self.opensJSON(text, in: bytes),
                text.count <= Self.maxParsedBytes, tree.parse(bytes, text.start, text.end)
            else { return writeJSON(value, attribute.key, bytes, &writer) }
            return rewriteMessages(bytes, side, bytes, &writer)
        }
        var json = JSONWriter(capacity: 4096)
        json.value(value, in: bytes)
        let text = json.bytes(from: 0)
        guard tree.parse(text.span, 0, text.count) else {
            return writer.value(value, in: bytes)
        }
        rewriteMessages(text.span, side, bytes, &writer)
    }

    /// - Parameter text: what `tree` points into.
    private mutating func rewriteMessages(
        _ text: Span<UInt8>, _ side: MessageSide, _ bytes: Span<UInt8>, _ writer: inout JSONWriter
    ) {
        let keepsBareList = type == .modelInference || type == .modelStep
        guard let form = MessageForm(tree, text), !(form == .contents && keepsBareList) else {
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
            var json = JSONWriter(capacity: 1024)
            json.value(value, in: bytes)
            let text = json.bytes(from: 0)
            if tree.parse(text.span, 0, text.count) {
                return writeParts(ofInstructions: text.span, &writer)
            }
            return writer.value(value, in: bytes)
        }
        let text = Self.trim(value.slice, in: bytes)
        guard value.kind == .string, Self.opensJSON(text, in: bytes),
            text.count <= Self.maxParsedBytes, tree.parse(bytes, text.start, text.end),
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
        let text = Self.trim(value.slice, in: bytes)
        guard value.kind == .string, Self.opensJSON(text, in: bytes),
            text.count <= Self.maxParsedBytes, tree.parse(bytes, text.start, text.end),
            tree.nodes[0].kind == .array
        else { return nil }
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
            let definition = tree.member("function", of: current, in: bytes) ?? current
            guard let name = tree.member("name", of: definition, in: bytes),
                tree.nodes[name].kind == .string
            else { continue }
            names.append(tree.nodes[name])
        }
        guard !names.isEmpty else { return nil }
        writer.byte(UInt8(ascii: "["))
        for (index, name) in names.enumerated() {
            if index > 0 { writer.byte(UInt8(ascii: ",")) }
            writer.raw(bytes, Int(name.start), Int(name.end))
        }
        writer.byte(UInt8(ascii: "]"))
        return isWhole
    }
}
