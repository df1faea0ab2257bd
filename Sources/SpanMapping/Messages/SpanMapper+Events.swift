import MastraRecords
import OTLP

/// Content in span events (MAPPING 6): one event a message, flat or packed.
extension SpanMapper {
    static let messageEvents: [(StaticString, StaticString)] = [
        ("gen_ai.system.message", "system"), ("gen_ai.user.message", "user"),
        ("gen_ai.assistant.message", "assistant"), ("gen_ai.tool.message", "tool"),
    ]
    static let choiceEvent: StaticString = "gen_ai.choice"
    static let promptEvents: [(StaticString, StaticString, StaticString)] = [
        ("gen_ai.content.prompt", "gen_ai.prompt", ""),
        ("gen_ai.content.completion", "", "gen_ai.completion"),
        (
            "gen_ai.client.inference.operation.details", "gen_ai.input.messages",
            "gen_ai.output.messages"
        ),
    ]

    /// Looked at before the type is decided.
    mutating func noteEvents(_ bytes: Span<UInt8>) {
        hasContentEvents = false
        for message in view.events {
            let event = EventView(message, in: bytes)
            guard Self.begins(event.name, with: "gen_ai.", bytes) else { continue }
            if isMessage(event.name, bytes) || isContent(event.name, bytes) {
                hasContentEvents = true
                attributes.enable(.genAI)
                return
            }
        }
    }

    /// More attributes than this are no details of a call, and each is compared with the span's own.
    private static let maxDetails = 128

    /// Attributes of `gen_ai.client.inference.operation.details` are the span's own where it has none
    /// of that name (MAPPING 7.1). Answers the events that say nothing beyond them.
    mutating func adoptDetails(_ bytes: Span<UInt8>) -> Set<Int> {
        var used: Set<Int> = []
        var adopted = 0
        for index in view.events.indices {
            let event = EventView(view.events[index], in: bytes)
            guard Self.details.equals(bytes, event.name.start, event.name.end) else { continue }
            var isWhole = event.droppedAttributesCount == 0
            var cursor = RepeatedCursor(field: EventView.attributesField, of: event.message)
            while let item = cursor.next(in: bytes) {
                let pair = AttributeView(item, in: bytes)
                guard adopted < Self.maxDetails else { return used }
                adopted += 1
                if let own = view.attributes.last(where: { Self.isSame($0.key, pair.key, bytes) }) {
                    if !Self.isSame(own.value, pair.value, bytes) { isWhole = false }
                } else {
                    view.append(pair)
                }
            }
            if isWhole { used.insert(index) }
        }
        return used
    }

    private static let details: StaticString = "gen_ai.client.inference.operation.details"

    private static func isSame(_ one: Slice, _ other: Slice, _ bytes: Span<UInt8>) -> Bool {
        one.count == other.count && bytes.equals(one.start, bytes, other.start, one.count)
    }

    private static func isSame(_ one: ValueView, _ other: ValueView, _ bytes: Span<UInt8>) -> Bool {
        one.kind == other.kind && one.bits == other.bits && isSame(one.slice, other.slice, bytes)
    }

    private mutating func isMessage(_ name: Slice, _ bytes: Span<UInt8>) -> Bool {
        Self.choiceEvent.equals(bytes, name.start, name.end)
            || Self.messageEvents.contains { $0.0.equals(bytes, name.start, name.end) }
    }

    private mutating func isContent(_ name: Slice, _ bytes: Span<UInt8>) -> Bool {
        Self.promptEvents.contains { $0.0.equals(bytes, name.start, name.end) }
    }

    private static let maxRepeatingEvents = 64

    // MARK: Messages

    /// Messages for the input, choices for the output. Tools have their arguments and result there.
    mutating func eventValue(
        _ side: MessageSide, _ form: ContentForm, _ bytes: Span<UInt8>
    ) -> ValueTree.ID? {
        guard hasContentEvents else { return nil }
        if form == .json { return toolEventValue(side, bytes) }
        var items: [ValueTree.ID] = []
        for index in view.events.indices {
            let event = EventView(view.events[index], in: bytes)
            guard let role = eventRole(event.name, side, bytes) else { continue }
            items.append(eventMessage(event, role, bytes))
            draft.usedEvents.insert(index)
        }
        guard !items.isEmpty else { return nil }
        let found = Messages(items: items)
        return side == .input ? input(of: found) : output(of: found)
    }

    private mutating func eventRole(
        _ name: Slice, _ side: MessageSide, _ bytes: Span<UInt8>
    ) -> StaticString? {
        switch side {
        case .input:
            Self.messageEvents.first { $0.0.equals(bytes, name.start, name.end) }?.1
        case .output: Self.choiceEvent.equals(bytes, name.start, name.end) ? "assistant" : nil
        }
    }

    /// One event as a message, with everything that was on it.
    private mutating func eventMessage(
        _ event: EventView, _ role: StaticString, _ bytes: Span<UInt8>
    ) -> ValueTree.ID {
        let message = tree.object()
        var hasRole = false
        var cursor = RepeatedCursor(field: EventView.attributesField, of: event.message)
        while let item = cursor.next(in: bytes) {
            let pair = AttributeView(item, in: bytes)
            if repeatsSystem(pair, bytes) { continue }
            let node = tree.value(pair.value, in: bytes)
            let value = tree.parsed(node, policy) ?? node
            if ("gen_ai.event.content" as StaticString).equals(
                bytes, pair.key.start, pair.key.end), tree.kind(value) == .object
            {
                if tree.member("role", of: value) != nil { hasRole = true }
                adoptEventContent(value, into: message)
            } else if ("message" as StaticString).equals(bytes, pair.key.start, pair.key.end) {
                tree.set("content", value, of: message)
            } else {
                if ("role" as StaticString).equals(bytes, pair.key.start, pair.key.end) {
                    hasRole = true
                }
                tree.set(pair.key, in: bytes, value, of: message)
            }
        }
        if !hasRole { tree.set("role", tree.string(role), of: message) }
        return isToolAnswer(message) ? asTool(message) : message
    }

    /// Azure packs the whole message into one attribute; a choice holds it once more inside.
    private mutating func adoptEventContent(
        _ content: ValueTree.ID, into message: ValueTree.ID
    ) {
        if let inner = tree.member("message", of: content), tree.kind(inner) == .object {
            adoptMembers(of: inner, into: message, except: [], taken: [])
            adoptMembers(of: content, into: message, except: ["message"], taken: [])
        } else {
            adoptMembers(of: content, into: message, except: [], taken: [])
        }
    }

    private static let system = KeySlot(.genAISystem)
    private static let provider = KeySlot(.genAIProviderName)

    /// The system's name on each event is the span's own.
    private mutating func repeatsSystem(_ pair: AttributeView, _ bytes: Span<UInt8>) -> Bool {
        let slot: KeySlot
        if ("gen_ai.system" as StaticString).equals(bytes, pair.key.start, pair.key.end) {
            slot = Self.system
        } else if ("gen_ai.provider.name" as StaticString).equals(
            bytes, pair.key.start, pair.key.end)
        {
            slot = Self.provider
        } else {
            return false
        }
        guard let own = text(of: slot, in: bytes), pair.value.kind == .string else { return false }
        return own.count == pair.value.slice.count
            && bytes.equals(own.start, bytes, pair.value.slice.start, own.count)
    }

    /// Strands lets the user say what a tool answered.
    private mutating func isToolAnswer(_ message: ValueTree.ID) -> Bool {
        guard let role = tree.member("role", of: message), tree.equals(role, "user"),
            let content = tree.member("content", of: message), tree.kind(content) == .array,
            var part = tree.first(of: content)
        else { return false }
        while true {
            guard tree.member("toolResult", of: part) != nil else { return false }
            guard let next = tree.next(of: part) else { return true }
            part = next
        }
    }

    private mutating func asTool(_ message: ValueTree.ID) -> ValueTree.ID {
        let copy = tree.object()
        adoptMembers(of: message, into: copy, except: ["role"], taken: [])
        tree.set("role", tree.string("tool" as StaticString), of: copy)
        return copy
    }

    // MARK: Tools

    private mutating func toolEventValue(
        _ side: MessageSide, _ bytes: Span<UInt8>
    ) -> ValueTree.ID? {
        let wanted: StaticString = side == .input ? "gen_ai.tool.message" : Self.choiceEvent
        for index in view.events.indices {
            let event = EventView(view.events[index], in: bytes)
            guard wanted.equals(bytes, event.name.start, event.name.end) else { continue }
            var cursor = RepeatedCursor(field: EventView.attributesField, of: event.message)
            var found: ValueTree.ID?
            var isWhole = true
            while let item = cursor.next(in: bytes) {
                let pair = AttributeView(item, in: bytes)
                if isContentKey(pair.key, side, bytes) {
                    let node = tree.value(pair.value, in: bytes)
                    found = tree.parsed(node, policy) ?? node
                } else if !isKnownToTool(pair, bytes) {
                    isWhole = false
                }
            }
            guard let found else { continue }
            if isWhole { draft.usedEvents.insert(index) }
            return found
        }
        return nil
    }

    private mutating func isContentKey(_ key: Slice, _ side: MessageSide, _ bytes: Span<UInt8>)
        -> Bool
    {
        (side == .input ? "content" as StaticString : "message").equals(bytes, key.start, key.end)
    }

    /// The role of a tool, and the id of the call that the span has itself.
    private mutating func isKnownToTool(_ pair: AttributeView, _ bytes: Span<UInt8>) -> Bool {
        let text = pair.value.slice
        if ("role" as StaticString).equals(bytes, pair.key.start, pair.key.end) {
            return ("tool" as StaticString).equals(bytes, text.start, text.end)
        }
        guard ("id" as StaticString).equals(bytes, pair.key.start, pair.key.end),
            let own = self.text(of: Self.toolCallID, in: bytes)
        else { return repeatsSystem(pair, bytes) }
        return own.count == text.count && bytes.equals(own.start, bytes, text.start, own.count)
    }

    private static let toolCallID = KeySlot(.genAIToolCallID)

    // MARK: Prompt and completion

    mutating func contentEventValue(
        _ side: MessageSide, _ bytes: Span<UInt8>
    ) -> ValueTree.ID? {
        for index in view.events.indices {
            let event = EventView(view.events[index], in: bytes)
            guard
                let names = Self.promptEvents.first(where: {
                    $0.0.equals(bytes, event.name.start, event.name.end)
                })
            else { continue }
            let wanted = side == .input ? names.1 : names.2
            var cursor = RepeatedCursor(field: EventView.attributesField, of: event.message)
            var count = 0
            var found: ValueTree.ID?
            while let item = cursor.next(in: bytes) {
                count += 1
                let pair = AttributeView(item, in: bytes)
                guard wanted.equals(bytes, pair.key.start, pair.key.end),
                    !Self.isAbsent(pair.value, in: bytes)
                else { continue }
                let node = tree.value(pair.value, in: bytes)
                let value = tree.decoded(node, policy) ?? node
                found =
                    messages(in: value).map {
                        side == .input ? input(of: $0) : output(of: $0)
                    } ?? value
            }
            guard let found else { continue }
            if count == 1 { draft.usedEvents.insert(index) }
            return found
        }
        return nil
    }

    /// Events that say once more what an attribute of the span says (OpenLIT).
    mutating func noteRepeatingEvents(_ bytes: Span<UInt8>) {
        guard hasContentEvents else { return }
        // Some say it twice; a span with many such events has other things to say.
        for index in view.events.indices.prefix(Self.maxRepeatingEvents)
        where !draft.usedEvents.contains(index) {
            let event = EventView(view.events[index], in: bytes)
            guard isContent(event.name, bytes) else { continue }
            var cursor = RepeatedCursor(field: EventView.attributesField, of: event.message)
            var repeats = true
            while let item = cursor.next(in: bytes) {
                if !repeatsAttribute(AttributeView(item, in: bytes), bytes) { repeats = false }
            }
            if repeats { draft.usedEvents.insert(index) }
        }
    }

    private mutating func repeatsAttribute(_ pair: AttributeView, _ bytes: Span<UInt8>) -> Bool {
        for attribute in view.attributes {
            guard attribute.key.count == pair.key.count,
                bytes.equals(attribute.key.start, bytes, pair.key.start, pair.key.count)
            else { continue }
            return attribute.value.kind == .string && pair.value.kind == .string
                && attribute.value.slice.count == pair.value.slice.count
                && bytes.equals(
                    attribute.value.slice.start, bytes, pair.value.slice.start,
                    pair.value.slice.count)
        }
        return false
    }

    // MARK: Events in an attribute

    /// Pydantic AI's list of events: what is no choice came in, a choice went out.
    mutating func eventListValue(
        _ source: ContentSource, _ side: MessageSide, _ bytes: Span<UInt8>
    ) -> ValueTree.ID? {
        guard let slot = source.slot, let position = attributes.position(of: slot),
            let list = blob(slot, bytes), tree.kind(list) == .array
        else { return nil }
        var items: [ValueTree.ID] = []
        var count = 0
        var hasAnswers = false
        var item = tree.first(of: list)
        while let current = item {
            item = tree.next(of: current)
            guard let name = tree.member("event.name", of: current) else { return nil }
            count += 1
            let isChoice = tree.equals(name, Self.choiceEvent)
            // A whole conversation has answers that are no choices.
            let isAnswer = isChoice || tree.equals(name, "gen_ai.assistant.message")
            if isAnswer { hasAnswers = true }
            let isWanted =
                type == .agentRun
                ? (side == .input ? !hasAnswers : isAnswer && item == nil)
                : (side == .output) == isChoice
            if isWanted { items.append(current) }
        }
        guard !items.isEmpty else { return nil }
        // Two sides share the key: it is used up where both of them together are all of it.
        let isSecondHalf =
            side == .output && type != .agentRun && draft.inputList == position
        if items.count == count || isSecondHalf { attributes.consume(position) }
        if side == .input { draft.inputList = position }
        let found = Messages(items: items)
        return side == .input ? input(of: found) : output(of: found)
    }
}
