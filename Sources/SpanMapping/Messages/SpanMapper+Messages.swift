import MastraRecords
import OTLP

/// Messages of every convention in one form: `{role, content}`, content a string or a list of parts
/// (MAPPING 6).
extension SpanMapper {
    /// What a value holds of messages.
    struct Messages {
        var items: [ValueTree.ID]
        /// Members beside the list, which belong to the request or the answer as a whole.
        var others: [ValueTree.ID] = []
        /// Mastra's own form already: a list of role and content.
        var isPlain = false
    }

    enum MessageSide: Sendable {
        case input, output
    }

    // MARK: Finding them

    /// Nil where a value is no list of messages, nor holds one in a known place.
    mutating func messages(in value: ValueTree.ID, depth: Int = 0) -> Messages? {
        guard depth < 4 else { return nil }
        switch tree.kind(value) {
        case .array: return messageList(value, depth: depth)
        case .object: return messageHolder(value, depth: depth)
        default: return nil
        }
    }

    private mutating func messageList(_ list: ValueTree.ID, depth: Int) -> Messages? {
        guard let first = tree.first(of: list) else { return nil }
        // LangChain puts the messages of each prompt into a list of its own.
        if tree.kind(first) == .array, tree.next(of: first) == nil {
            return messages(in: first, depth: depth + 1)
        }
        var found = Messages(items: [], isPlain: true)
        var item: ValueTree.ID? = first
        while let current = item {
            guard let form = messageForm(current) else { return nil }
            if form != .content { found.isPlain = false }
            found.items.append(current)
            item = tree.next(of: current)
        }
        return found
    }

    /// Where requests and answers keep their messages: OpenAI, Gemini, LiveKit, LangChain.
    static let holders: [StaticString] = [
        "messages", "contents", "items", "choices", "generations",
    ]

    private mutating func messageHolder(_ object: ValueTree.ID, depth: Int) -> Messages? {
        for holder in Self.holders {
            guard let member = tree.member(holder, of: object), tree.kind(member) == .array,
                var found = isChat(member)
                    ? chat(member) : messages(in: member, depth: depth + 1)
            else { continue }
            found.isPlain = false
            found.others += members(of: object, except: [holder])
            addSystem(of: object, to: &found)
            return found
        }
        // Gemini's answer has one content in place of a list.
        if let content = tree.member("content", of: object), tree.kind(content) == .object,
            tree.member("parts", of: content) != nil
        {
            return Messages(items: [content], others: members(of: object, except: ["content"]))
        }
        switch messageForm(object) {
        case .content where tree.member("role", of: object) == nil: return nil
        case nil: return nil
        default: return Messages(items: [object])
        }
    }

    /// LiveKit keeps messages, calls and changes of the agent in one list.
    private mutating func isChat(_ list: ValueTree.ID) -> Bool {
        guard attributes.conventions.contains(.liveKit), let first = tree.first(of: list) else {
            return false
        }
        return tree.isNamed(list, "items") && tree.member("type", of: first) != nil
    }

    private mutating func chat(_ list: ValueTree.ID) -> Messages {
        var items: [ValueTree.ID] = []
        var item = tree.first(of: list)
        while let current = item {
            items.append(current)
            item = tree.next(of: current)
        }
        return Messages(items: items)
    }

    private mutating func members(of object: ValueTree.ID, except names: [StaticString])
        -> [ValueTree.ID]
    {
        var members: [ValueTree.ID] = []
        var item = tree.first(of: object)
        while let current = item {
            if !names.contains(where: { tree.isNamed(current, $0) }) { members.append(current) }
            item = tree.next(of: current)
        }
        return members
    }

    /// System instructions that stand beside the list: `ai.prompt` of the AI SDK and ADK's requests.
    private mutating func addSystem(of object: ValueTree.ID, to found: inout Messages) {
        if let system = tree.member("system", of: object), tree.isString(system),
            !tree.isAbsent(system)
        {
            found.items.insert(systemMessage(system), at: 0)
            found.others.removeAll { tree.isNamed($0, "system") }
        } else if let system = tree.member(["config", "system_instruction"], of: object),
            tree.isString(system), !tree.isAbsent(system)
        {
            found.items.insert(systemMessage(system), at: 0)
        }
    }

    mutating func systemMessage(_ content: ValueTree.ID) -> ValueTree.ID {
        let message = tree.object()
        tree.set("role", tree.string("system" as StaticString), of: message)
        tree.set("content", content, of: message)
        return message
    }

    private enum MessageForm {
        /// GenAI and Gemini: a list of parts.
        case parts
        /// Role and content.
        case content
        /// Calls, a message inside, or a kind of item that becomes a message.
        case other
    }

    private mutating func messageForm(_ item: ValueTree.ID) -> MessageForm? {
        guard tree.kind(item) == .object else { return nil }
        if let parts = tree.member("parts", of: item) {
            return tree.kind(parts) == .array ? .parts : nil
        }
        for name in ["contents", "tool_calls", "function_call"] as [StaticString]
        where tree.member(name, of: item) != nil {
            return .other
        }
        if tree.member("content", of: item) != nil { return .content }
        if let message = tree.member("message", of: item), tree.kind(message) == .object {
            return .other
        }
        if langChainFields(of: item) != nil { return .other }
        if let type = tree.member("type", of: item),
            tree.equals(type, "function_call") || tree.equals(type, "function_call_output")
        {
            return .other
        }
        return nil
    }

    // MARK: Making them one form

    mutating func normalizedMessage(_ item: ValueTree.ID) -> ValueTree.ID {
        guard messageForm(item) != nil else { return item }
        if let part = itemMessage(item) { return part }
        if let fields = langChainFields(of: item) { return langChainMessage(item, fields) }
        if tree.member("content", of: item) == nil, tree.member("parts", of: item) == nil,
            let inner = tree.member("message", of: item), tree.kind(inner) == .object
        {
            return wrappedMessage(item, inner)
        }
        let message = tree.object()
        var taken: [StaticString] = ["content"]
        var exceptions: [StaticString] = ["content"]
        let content = normalizedContent(of: item, &exceptions)
        if let role = messageRole(of: item) {
            tree.set("role", role.value, of: message)
            exceptions.append(role.name)
            taken.append("role")
        }
        let isFromContent = tree.member("parts", of: item) == nil
        adoptMembers(
            of: item, into: message, except: isFromContent ? exceptions : exceptions.dropContent,
            taken: taken)
        if let content { tree.set("content", content, of: message) }
        return message
    }

    /// A choice holds its message, and says beside it why the model stopped.
    private mutating func wrappedMessage(
        _ item: ValueTree.ID, _ inner: ValueTree.ID
    ) -> ValueTree.ID {
        let merged = tree.object()
        if tree.member("role", of: inner) == nil, let role = tree.member("role", of: item) {
            tree.adopt(role, into: merged)
        }
        adoptMembers(of: inner, into: merged, except: [], taken: [])
        adoptMembers(of: item, into: merged, except: ["message", "role"], taken: [])
        return normalizedMessage(merged)
    }

    /// LiveKit's and OpenAI's lists have calls and their results as items beside messages.
    private mutating func itemMessage(_ item: ValueTree.ID) -> ValueTree.ID? {
        guard let type = tree.member("type", of: item), tree.member("role", of: item) == nil else {
            return nil
        }
        let isCall = tree.equals(type, "function_call")
        guard isCall || tree.equals(type, "function_call_output") else { return nil }
        let message = tree.object()
        tree.set(
            "role", tree.string(isCall ? "assistant" as StaticString : "tool"), of: message)
        let parts = tree.array()
        tree.append(normalizedPart(item), to: parts)
        tree.set("content", parts, of: message)
        return message
    }

    /// The fields of a message as LangChain dumps it: under `kwargs`, `data`, or beside its `type`.
    private mutating func langChainFields(of item: ValueTree.ID) -> ValueTree.ID? {
        if let fields = tree.member("kwargs", of: item), tree.kind(fields) == .object,
            tree.member("lc", of: item) != nil
        {
            return fields
        }
        if let message = tree.member("message", of: item), tree.kind(message) == .object,
            tree.member("lc", of: message) != nil
        {
            return tree.member("kwargs", of: message)
        }
        if let fields = tree.member("data", of: item), tree.kind(fields) == .object,
            tree.member("type", of: item) != nil, tree.member("content", of: fields) != nil
        {
            return fields
        }
        return nil
    }

    private mutating func langChainMessage(
        _ item: ValueTree.ID, _ fields: ValueTree.ID
    ) -> ValueTree.ID {
        // The names of LangChain's classes tell nothing that the role does not.
        let merged = tree.object()
        adoptMembers(of: fields, into: merged, except: [], taken: [])
        if let details = tree.member("generation_info", of: item), tree.kind(details) == .object {
            adoptMembers(of: details, into: merged, except: [], taken: [])
        }
        if tree.member("type", of: fields) == nil, let type = tree.member("type", of: item) {
            tree.adopt(type, into: merged)
        }
        return normalizedMessage(merged)
    }

    static let rolesByType: [(StaticString, StaticString)] = [
        ("human", "user"), ("ai", "assistant"), ("AIMessageChunk", "assistant"),
        ("system", "system"), ("tool", "tool"), ("function", "tool"),
    ]

    private mutating func messageRole(
        of item: ValueTree.ID
    ) -> (name: StaticString, value: ValueTree.ID)? {
        if let role = tree.member("role", of: item) {
            // Gemini's name for the assistant.
            return tree.equals(role, "model")
                ? ("role", tree.string("assistant" as StaticString)) : ("role", role)
        }
        guard let type = tree.member("type", of: item) else { return nil }
        guard let known = Self.rolesByType.first(where: { tree.equals(type, $0.0) }) else {
            return nil
        }
        return ("type", tree.string(known.1))
    }

    // MARK: Content

    /// - Parameter used: members that the content was made of.
    private mutating func normalizedContent(
        of item: ValueTree.ID, _ used: inout [StaticString]
    ) -> ValueTree.ID? {
        if let parts = tree.member("parts", of: item), tree.kind(parts) == .array {
            used.append("parts")
            let content = normalizedParts(parts)
            return isSystem(item) ? onlyText(of: parts) ?? content : content
        }
        var content = tree.member("content", of: item)
        if let contents = tree.member("contents", of: item), tree.kind(contents) == .array {
            used.append("contents")
            if content.map(tree.isAbsent) ?? true { content = contents }
        }
        let calls = toolCalls(of: item, &used)
        if let result = toolResultContent(of: item, content, &used) { return result }
        if let list = content, tree.kind(list) == .array {
            let parts = normalizedParts(list)
            // Each call is looked for among all parts.
            let isSmall = calls.count <= 256
            for call in calls where !(isSmall && isAmong(parts, call)) {
                tree.append(call, to: parts)
            }
            return parts
        }
        guard !calls.isEmpty else { return content }
        let parts = tree.array()
        if let content, !tree.isAbsent(content) {
            tree.append(tree.isString(content) ? textPart(content) : content, to: parts)
        }
        for call in calls { tree.append(call, to: parts) }
        return parts
    }

    /// Some writers tell a call among the parts and once more beside them.
    private mutating func isAmong(_ parts: ValueTree.ID, _ call: ValueTree.ID) -> Bool {
        guard let id = tree.member("toolCallId", of: call), tree.isString(id) else { return false }
        let wanted = tree.plain(id)
        var item = tree.first(of: parts)
        while let current = item {
            item = tree.next(of: current)
            guard let other = tree.member("toolCallId", of: current), tree.isString(other),
                tree.member("input", of: current) != nil
            else { continue }
            let found = tree.plain(other)
            if found.count == wanted.count,
                tree.text.span.equals(found.start, tree.text.span, wanted.start, found.count)
            {
                return true
            }
        }
        return false
    }

    private mutating func isSystem(_ item: ValueTree.ID) -> Bool {
        tree.member("role", of: item).map { tree.equals($0, "system") } ?? false
    }

    /// The content of a system message of one text is that text.
    private mutating func onlyText(of parts: ValueTree.ID) -> ValueTree.ID? {
        guard let part = tree.first(of: parts), tree.next(of: part) == nil else { return nil }
        return plainText(part)
    }

    /// The content of a part that is `{type, content}` with a string and nothing else.
    mutating func plainText(_ part: ValueTree.ID, type wanted: StaticString = "text") -> ValueTree
        .ID?
    {
        guard let type = tree.member("type", of: part), tree.equals(type, wanted),
            let content = tree.member("content", of: part) ?? tree.member("text", of: part),
            tree.isString(content), tree.count(of: part) == 2
        else { return nil }
        return content
    }

    private mutating func toolCalls(
        of item: ValueTree.ID, _ used: inout [StaticString]
    ) -> [ValueTree.ID] {
        var calls: [ValueTree.ID] = []
        if let list = tree.member("tool_calls", of: item), tree.kind(list) == .array {
            used.append("tool_calls")
            var call = tree.first(of: list)
            while let current = call {
                calls.append(toolCallPart(current))
                call = tree.next(of: current)
            }
        }
        if let call = tree.member("function_call", of: item), tree.kind(call) == .object {
            used.append("function_call")
            calls.append(toolCallPart(call))
        }
        return calls
    }

    /// A message that answers a call is its result.
    private mutating func toolResultContent(
        of item: ValueTree.ID, _ content: ValueTree.ID?, _ used: inout [StaticString]
    ) -> ValueTree.ID? {
        guard let id = tree.member("tool_call_id", of: item), let content else { return nil }
        used.append("tool_call_id")
        let part = tree.object()
        tree.set("type", tree.string("tool-result" as StaticString), of: part)
        tree.set("toolCallId", id, of: part)
        if let name = tree.member("name", of: item), tree.isString(name) {
            tree.set("toolName", name, of: part)
            used.append("name")
        }
        tree.set("output", toolResult(content), of: part)
        let parts = tree.array()
        tree.append(part, to: parts)
        return parts
    }
}

extension [StaticString] {
    /// Where content came out of parts, a member of that name is another one.
    fileprivate var dropContent: [StaticString] { Array(dropFirst()) }
}
