import MastraRecords
import OTLP

/// Message parts in the form that Mastra's own spans have. Members that have no counterpart are
/// carried along under their own names.
extension SpanMapper {
    mutating func normalizedParts(_ list: ValueTree.ID) -> ValueTree.ID {
        let parts = tree.array()
        var item = tree.first(of: list)
        while let current = item {
            item = tree.next(of: current)
            tree.append(normalizedPart(current), to: parts)
        }
        return parts
    }

    mutating func normalizedPart(_ part: ValueTree.ID) -> ValueTree.ID {
        // LiveKit mixes plain strings with parts.
        if tree.isString(part) {
            return attributes.conventions.contains(.liveKit) ? textPart(part) : part
        }
        // OpenInference's part of a call has the call beside its content.
        if tree.member("message_content", of: part) != nil,
            let call = tree.member("tool_call", of: part)
        {
            return toolCallPart(call)
        }
        guard tree.kind(part) == .object, let rule = partRule(of: part) else { return part }
        let object = tree.object()
        let isImage = rule.isFile && isImage(part)
        tree.set("type", tree.string(isImage ? "image" : rule.mastraType), of: object)
        var source = part
        var used: [StaticString] = ["type"]
        if case .member(let name) = rule.match, let inner = tree.member(name, of: part),
            tree.kind(inner) == .object
        {
            source = inner
            used = []
            adoptMembers(of: part, into: object, except: [name], taken: [])
        }
        var taken: [StaticString] = ["type"]
        for member in rule.members {
            guard let path = member.sources.first(where: { tree.member($0, of: source) != nil }),
                let value = tree.member(path, of: source)
            else { continue }
            used.append(path[0])
            taken.append(member.name)
            tree.set(member.name, partValue(value, member.form), of: object)
            // What stands beside a value that was taken out of an object is kept as well.
            if path.count > 1, let outer = tree.member(path[0], of: source) {
                adoptMembers(of: outer, into: object, except: [path[1]], taken: taken)
            }
        }
        adoptMembers(of: source, into: object, except: used, taken: taken)
        return object
    }

    mutating func textPart(_ text: ValueTree.ID) -> ValueTree.ID {
        let object = tree.object()
        tree.set("type", tree.string("text" as StaticString), of: object)
        tree.set("text", text, of: object)
        return object
    }

    private mutating func partRule(of part: ValueTree.ID) -> PartRule? {
        if let type = tree.member("type", of: part), tree.isString(type) {
            return PartRule.all.first {
                if case .type(let name) = $0.match { return tree.equals(type, name) }
                return false
            }
        }
        return PartRule.all.first {
            if case .member(let name) = $0.match { return tree.member(name, of: part) != nil }
            return false
        }
    }

    private mutating func isImage(_ part: ValueTree.ID) -> Bool {
        if let modality = tree.member("modality", of: part) {
            return tree.equals(modality, "image")
        }
        guard let type = tree.member("mime_type", of: part), tree.isString(type) else {
            return false
        }
        let node = tree.nodes[type]
        return node.count > 6
            && ("image/" as StaticString).equals(
                tree.text.span, Int(node.start), Int(node.start) + 6)
    }

    private mutating func partValue(
        _ value: ValueTree.ID, _ form: PartRule.Form
    ) -> ValueTree.ID {
        switch form {
        case .same: value
        case .parsed: parsedPart(value) ?? value
        case .result: toolResult(value)
        }
    }

    /// Mastra's exporter writes arguments and results as JSON, strings and numbers too.
    private mutating func parsedPart(_ value: ValueTree.ID) -> ValueTree.ID? {
        draft.isMastraType ? tree.parsedWhole(value, policy) : tree.parsed(value, policy)
    }

    /// A tool's result: `{type: "json", value}`, or `{type: "text", value}` for a plain string.
    mutating func toolResult(_ value: ValueTree.ID) -> ValueTree.ID {
        let result = parsedPart(value) ?? value
        let object = tree.object()
        let isText = tree.isString(result)
        tree.set("type", tree.string(isText ? "text" as StaticString : "json"), of: object)
        tree.set("value", result, of: object)
        return object
    }

    /// A call out of a list beside the content: OpenAI's `tool_calls`, Traceloop's and OpenInference's
    /// indexed ones.
    mutating func toolCallPart(_ call: ValueTree.ID) -> ValueTree.ID {
        guard tree.kind(call) == .object else { return call }
        let object = tree.object()
        tree.set("type", tree.string("tool-call" as StaticString), of: object)
        let function = tree.member("function", of: call).flatMap {
            tree.kind($0) == .object ? $0 : nil
        }
        var used: [StaticString] = []
        for (name, sources, form) in Self.toolCallMembers {
            for source in sources {
                let inFunction = function.flatMap { tree.member(source, of: $0) }
                guard let value = inFunction ?? tree.member(source, of: call) else { continue }
                tree.set(name, partValue(value, form), of: object)
                used.append(source)
                break
            }
        }
        let taken = Self.toolCallMembers.map(\.0) + ["type"]
        if let function {
            adoptMembers(of: function, into: object, except: used, taken: taken)
            used.append("function")
        }
        if let type = tree.member("type", of: call),
            tree.equals(type, "function") || tree.equals(type, "tool_call")
        {
            used.append("type")
        }
        adoptMembers(of: call, into: object, except: used, taken: taken)
        return object
    }

    private static let toolCallMembers: [(StaticString, [StaticString], PartRule.Form)] = [
        ("toolCallId", ["id", "toolCallId", "call_id"], .same),
        ("toolName", ["name", "toolName"], .same),
        ("input", ["arguments", "args", "input"], .parsed),
    ]

    /// Puts the other members of an object into another. One whose name is that of a field beside it
    /// stands under `otel.<name>`, as a left-over attribute would.
    mutating func adoptMembers(
        of source: ValueTree.ID, into object: ValueTree.ID, except names: [StaticString],
        taken: [StaticString]
    ) {
        guard tree.kind(source) == .object else { return }
        var item = tree.first(of: source)
        while let current = item {
            item = tree.next(of: current)
            if names.contains(where: { tree.isNamed(current, $0) }) { continue }
            if taken.contains(where: { tree.isNamed(current, $0) }) {
                tree.adopt(current, prefixed: "otel.", into: object)
            } else {
                tree.adopt(current, into: object)
            }
        }
    }
}

extension ValueTree {
    /// A member under its key with a word before it.
    mutating func adopt(_ member: ID, prefixed word: StaticString, into object: ID) {
        let node = nodes[member]
        let begin = text.count
        text.append(contentsOf: "\(word)".utf8)
        appendText(Slice(Int(node.keyStart), Int(node.keyEnd)))
        set(
            Slice(begin, text.count), member, of: object,
            isEscaped: node.flags.contains(.hasEscapedKey))
        // Under another name it is as sensitive as before.
        if node.flags.contains(.isSensitive) { hideLastMember() }
    }
}
