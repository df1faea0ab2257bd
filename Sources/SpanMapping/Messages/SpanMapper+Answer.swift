import MastraRecords
import OTLP

/// `input` and `output` out of messages.
extension SpanMapper {
    /// `{messages: […]}` and what stood beside the list.
    mutating func input(of found: Messages) -> ValueTree.ID {
        if found.isPlain, isStep { return list(found.items) }
        var items = found.items.map { normalizedMessage($0) }
        if let instructions = takeInstructions() {
            items.insert(systemMessage(instructions), at: 0)
        }
        return holder(of: items, found.others)
    }

    /// One answer as Mastra's output: `{text, reasoningText?, toolCalls?}`; several as messages.
    mutating func output(of found: Messages) -> ValueTree.ID {
        if found.isPlain, isStep { return list(found.items) }
        // Mastra hands on a list of role and content only where its own output was one.
        let isMastra = found.isPlain && attributes.conventions.contains(.mastra)
        guard found.items.count == 1, !isMastra else {
            return holder(of: found.items.map { normalizedMessage($0) }, found.others)
        }
        return answer(normalizedMessage(found.items[0]), found.others)
    }

    /// Steps keep a bare list of contents (MASTRA-CONTRACT 4.2).
    private var isStep: Bool { type == .modelInference || type == .modelStep }

    mutating func list(_ items: [ValueTree.ID]) -> ValueTree.ID {
        let list = tree.array()
        for item in items { tree.append(item, to: list) }
        return list
    }

    private mutating func holder(
        of items: [ValueTree.ID], _ others: [ValueTree.ID]
    ) -> ValueTree.ID {
        let object = tree.object()
        let list = list(items)
        tree.set("messages", list, of: object)
        for other in others { tree.adopt(other, into: object) }
        return object
    }

    /// - Parameter message: normalised already.
    private mutating func answer(
        _ message: ValueTree.ID, _ others: [ValueTree.ID]
    ) -> ValueTree.ID {
        let object = tree.object()
        guard let content = tree.member("content", of: message) else {
            for other in others { tree.adopt(other, into: object) }
            adoptMembers(of: message, into: object, except: [], taken: [])
            return object
        }
        var taken: [StaticString] = ["text", "toolCalls"]
        if tree.kind(content) == .array {
            if writeParts(content, into: object) { taken.append("reasoningText") }
        } else {
            tree.set("text", content, of: object)
        }
        var exceptions: [StaticString] = ["content"]
        if let role = tree.member("role", of: message), tree.equals(role, "assistant") {
            exceptions.append("role")
        }
        adoptMembers(of: message, into: object, except: exceptions, taken: taken)
        for other in others { tree.adopt(other, into: object) }
        return object
    }

    /// Text, reasoning and calls out of parts, and under `parts` whatever these cannot hold. Answers
    /// whether there was reasoning.
    private mutating func writeParts(
        _ parts: ValueTree.ID, into object: ValueTree.ID
    ) -> Bool {
        var texts: [ValueTree.ID] = []
        var reasonings: [ValueTree.ID] = []
        let calls = tree.array()
        let rest = tree.array()
        var item = tree.first(of: parts)
        while let part = item {
            item = tree.next(of: part)
            if let text = plainText(part) {
                texts.append(text)
            } else if let text = plainText(part, type: "reasoning") {
                reasonings.append(text)
            } else if let type = tree.member("type", of: part), tree.equals(type, "tool-call") {
                tree.append(outputCall(part), to: calls)
            } else {
                tree.append(part, to: rest)
            }
        }
        tree.set("text", joined(texts), of: object)
        if !reasonings.isEmpty { tree.set("reasoningText", joined(reasonings), of: object) }
        if tree.first(of: calls) != nil { tree.set("toolCalls", calls, of: object) }
        if tree.first(of: rest) != nil { tree.set("parts", rest, of: object) }
        return !reasonings.isEmpty
    }

    /// In an output a call has no type, and calls its input `args`.
    private mutating func outputCall(_ part: ValueTree.ID) -> ValueTree.ID {
        let call = tree.object()
        for name in ["toolCallId", "toolName"] as [StaticString] {
            if let value = tree.member(name, of: part) { tree.set(name, value, of: call) }
        }
        if let input = tree.member("input", of: part) { tree.set("args", input, of: call) }
        adoptMembers(
            of: part, into: call, except: ["type", "toolCallId", "toolName", "input"],
            taken: ["args"])
        return call
    }

    /// Texts as one, with nothing between them.
    private mutating func joined(_ texts: [ValueTree.ID]) -> ValueTree.ID {
        if texts.count == 1 { return texts[0] }
        let slices = texts.map { tree.plain($0) }
        let begin = tree.text.count
        for slice in slices { tree.appendText(slice) }
        return tree.string(from: begin)
    }

    /// Instructions as their text where they are one text; a list of parts in Mastra's form.
    mutating func instructions(_ node: ValueTree.ID) -> ValueTree.ID {
        let value = tree.parsed(node, policy) ?? node
        guard tree.kind(value) == .array else { return value }
        if let part = tree.first(of: value), tree.next(of: part) == nil,
            let text = plainText(part)
        {
            return text
        }
        return normalizedParts(value)
    }
}

/// Tool definitions (MAPPING 5.3).
extension SpanMapper {
    /// `{type, name, description, parameters}` of each, whatever SDK wrote it. Nil for anything that
    /// is no list of objects.
    mutating func toolDefinitions(_ node: ValueTree.ID) -> Decoded? {
        let list = tree.parsed(node, policy) ?? node
        guard tree.kind(list) == .array, tree.first(of: list) != nil else {
            return tree.isAbsent(list) || tree.isString(list) && list == node
                ? unparsedTools(node) : Decoded(value: list)
        }
        let definitions = tree.array()
        var item = tree.first(of: list)
        while let current = item {
            item = tree.next(of: current)
            let definition = tree.parsed(current, policy) ?? current
            tree.append(toolDefinition(definition), to: definitions)
        }
        return Decoded(value: definitions)
    }

    private mutating func unparsedTools(_ node: ValueTree.ID) -> Decoded? {
        tree.isAbsent(node) ? nil : Decoded(value: node)
    }

    private mutating func toolDefinition(_ definition: ValueTree.ID) -> ValueTree.ID {
        guard tree.kind(definition) == .object else { return definition }
        var source = definition
        var outer: ValueTree.ID?
        for wrapper in ["json_schema", "function"] as [StaticString] {
            guard let inner = tree.member(wrapper, of: source), tree.kind(inner) == .object,
                tree.member("name", of: source) == nil
            else { continue }
            if tree.isNamed(inner, "function") { outer = source }
            source = inner
        }
        let tool = tree.object()
        if let outer { adoptMembers(of: outer, into: tool, except: ["function"], taken: []) }
        let parameters = Self.parameterNames.first { tree.member($0, of: source) != nil }
        adoptMembers(
            of: source, into: tool, except: parameters.map { [$0] } ?? [], taken: [])
        if let parameters, let value = tree.member(parameters, of: source) {
            tree.set("parameters", tree.parsed(value, policy) ?? value, of: tool)
        }
        return tool
    }

    private static let parameterNames: [StaticString] = [
        "parameters", "input_schema", "inputSchema", "parameters_json_schema",
    ]

    /// The names in a list of definitions, or of names.
    mutating func toolNames(_ node: ValueTree.ID) -> Decoded? {
        let list = tree.parsed(node, policy) ?? node
        guard tree.kind(list) == .array else { return nil }
        let names = tree.array()
        var isWhole = true
        var item = tree.first(of: list)
        while let current = item {
            item = tree.next(of: current)
            if tree.isString(current), !tree.opensJSON(current) {
                tree.append(current, to: names)
                continue
            }
            isWhole = false
            let entry = tree.parsed(current, policy) ?? current
            let definition = tree.member("json_schema", of: entry) ?? entry
            let source = tree.member("function", of: definition) ?? definition
            guard let name = tree.member("name", of: source), tree.isString(name) else { continue }
            tree.append(name, to: names)
        }
        // Of an agent that has no tools Mastra says so.
        if tree.first(of: list) == nil, draft.isMastraType { return Decoded(value: names) }
        return tree.first(of: names) == nil ? nil : Decoded(value: names, isWhole: isWhole)
    }
}
