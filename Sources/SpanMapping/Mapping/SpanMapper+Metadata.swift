import MastraRecords
import OTLP

/// `metadata` and `tags` (MAPPING 5.7).
extension SpanMapper {
    /// The fields that Mastra lifts into columns, and the user's own.
    mutating func fillMetadata(_ bytes: Span<UInt8>) {
        let metadata = tree.object()
        draft.metadata = metadata
        draft.userMetadata = tree.object()
        // Mastra's metadata is what the record had; other keys only repeat parts of it.
        if draft.isMastraType { fillMetadata(.mastraMetadata, bytes) }
        let table = MetadataRule.probes
        var start = 0
        for row in table.ends.indices {
            let end = table.ends[row]
            for index in start..<end where attributes.passes(table.probes[index]) {
                let rule = MetadataRule.all[row]
                if isSettled(rule, bytes) { break }
                guard let value = value(of: rule, index - start, bytes) else { continue }
                if row == 0 { draft.hasEnvironment = true }
                tree.set(rule.name, value, of: metadata)
                break
            }
            start = end
        }
        guard attributes.roles.contains(.convention) else { return }
        fillTags(bytes)
        for family in KeyFamily.allCases where family.isMetadata && attributes.has(family) {
            fillMetadata(family, bytes)
        }
        for rule in MetadataObjectRule.all { fillMetadata(rule, bytes) }
    }

    /// Mastra's own metadata has the field already, or has none: the conversation of an agent is a
    /// field of its own (MASTRA-CONTRACT 4.1).
    private mutating func isSettled(_ rule: MetadataRule, _ bytes: Span<UInt8>) -> Bool {
        guard draft.isMastraType, let metadata = draft.metadata else { return false }
        guard let known = tree.member(rule.name, of: metadata) else {
            return type == .agentRun && rule.name.utf8CodeUnitCount == 8
                && "\(rule.name)" == "threadId"
        }
        let text = tree.plain(known)
        for source in rule.sources {
            guard let found = self.text(of: source.slot, in: bytes),
                let position = attributes.position(of: source.slot), found.count == text.count,
                bytes.equals(found.start, tree.text.span, text.start, text.count)
            else { continue }
            attributes.consume(position)
        }
        return true
    }

    private mutating func value(
        of rule: MetadataRule, _ index: Int, _ bytes: Span<UInt8>
    ) -> ValueTree.ID? {
        let source = rule.sources[index]
        guard let position = attributes.position(of: source.slot) else { return nil }
        if let member = source.member {
            guard let blob = blob(source.slot, bytes),
                let value = tree.member(member, of: blob), tree.isString(value),
                !tree.isAbsent(value)
            else { return nil }
            explain("metadata.\(rule.name)", source.plainSummary)
            return value
        }
        guard let text = text(of: source.slot, in: bytes) else { return nil }
        attributes.consume(position)
        explain("metadata.\(rule.name)", source.key.rawValue)
        let node = tree.string(bytes, text.start, text.end)
        guard source.isEncoded, let value = tree.decoded(node, policy), tree.isString(value)
        else { return node }
        return value
    }

    // MARK: The user's own

    private mutating func fillMetadata(_ family: KeyFamily, _ bytes: Span<UInt8>) {
        let length = family.prefix.utf8CodeUnitCount
        // Langfuse encodes each value by itself.
        let isEncoded =
            family == .langfuseObservationMetadata || family == .langfuseTraceMetadata
        for position in attributes.families[family.rawValue] {
            let position = Int(position)
            guard attributes.states[position] == .leftOver else { continue }
            let key = view.attributes[position].key
            let name = Slice(key.start &+ length, key.end)
            addMetadata(name, position, isEncoded: isEncoded, bytes)
        }
    }

    /// More names than this are left-overs; each new one is compared with those before.
    static let maxUserMetadata = 256

    /// Puts an attribute into metadata under `name`, and uses it up.
    ///
    /// - Parameter isEncoded: its writer encodes every value as JSON, and not objects and lists alone.
    mutating func addMetadata(
        _ name: Slice, _ position: Int, isEncoded: Bool, _ bytes: Span<UInt8>
    ) {
        guard let user = draft.userMetadata, tree.count(of: user) < Self.maxUserMetadata else {
            return
        }
        let node = tree.value(view.attributes[position].value, in: bytes)
        let isText = view.attributes[position].value.kind == .string
        let parsed =
            isEncoded && isText
            ? tree.decodedScalar(node, policy)
            : draft.isMastraType ? tree.parsedOnce(node, policy) : tree.parsed(node, policy)
        let stored = tree.store(bytes, name.start, name.end)
        guard set(stored, parsed ?? node) else { return }
        attributes.consume(position)
        guard explains else { return }
        let field = String(decoding: bytes.copy(name), as: UTF8.self)
        let key = String(decoding: bytes.copy(view.attributes[position].key), as: UTF8.self)
        explain("metadata.\(field)", key)
    }

    /// Answers whether the value has found a place; one that is there already is none.
    private mutating func set(_ key: Slice, _ value: ValueTree.ID) -> Bool {
        guard let metadata = draft.metadata, let user = draft.userMetadata, !key.isEmpty else {
            return false
        }
        if draft.isMastraType, isServiceName(key, value) { return true }
        let isLifted = isOne(of: ReservedMetadata.lifted, key)
        let isTaken =
            isOne(of: ReservedMetadata.own, key) || isLifted && !tree.isString(value)
            || hasMember(metadata, key) || hasMember(user, key)
        guard isTaken else {
            // What Mastra lifts stands with what the rules filled.
            tree.set(key, value, of: isLifted ? metadata : user)
            if isLifted, ("environment" as StaticString).equals(tree.text.span, key.start, key.end)
            {
                draft.hasEnvironment = true
            }
            return true
        }
        let begin = tree.text.count
        tree.text.append(contentsOf: "user.".utf8)
        tree.appendText(key)
        let prefixed = Slice(begin, tree.text.count)
        guard !hasMember(user, prefixed) else { return false }
        tree.set(prefixed, value, of: user)
        // Under another name it is as sensitive as before.
        if policy.isSensitive(tree.text.span, key.start, key.end) { tree.hideLastMember() }
        return true
    }

    /// The exporter's resource tells the same.
    private mutating func isServiceName(_ key: Slice, _ value: ValueTree.ID) -> Bool {
        guard ("serviceName" as StaticString).equals(tree.text.span, key.start, key.end),
            tree.isString(value)
        else { return false }
        let text = tree.plain(value)
        return text.count == context.serviceName.count
            && context.serviceName.span.equals(0, tree.text.span, text.start, text.count)
    }

    private mutating func isOne(of names: [StaticString], _ key: Slice) -> Bool {
        names.contains { $0.equals(tree.text.span, key.start, key.end) }
    }

    private mutating func hasMember(_ object: ValueTree.ID, _ key: Slice) -> Bool {
        var item = tree.first(of: object)
        while let current = item {
            let node = tree.nodes[current]
            if Int(node.keyEnd) &- Int(node.keyStart) == key.count,
                tree.text.span.equals(Int(node.keyStart), tree.text.span, key.start, key.count)
            {
                return true
            }
            item = tree.next(of: current)
        }
        return false
    }

    /// The members of a JSON object that is metadata as a whole.
    private mutating func fillMetadata(_ rule: MetadataObjectRule, _ bytes: Span<UInt8>) {
        guard rule.only.isEmpty || !rule.only.isDisjoint(with: attributes.conventions),
            let position = attributes.position(of: rule.slot), let user = draft.userMetadata,
            let blob = blob(rule.slot, bytes), tree.kind(blob) == .object
        else { return }
        var isWhole = true
        var item = tree.first(of: blob)
        while let current = item {
            item = tree.next(of: current)
            let key = tree.plainKey(current)
            guard tree.count(of: user) < Self.maxUserMetadata, set(key, current) else {
                isWhole = false
                continue
            }
        }
        if isWhole { attributes.consume(position) }
        explain("metadata.*", rule.key.rawValue)
    }

    // MARK: Tags

    private mutating func fillTags(_ bytes: Span<UInt8>) {
        for rule in TagRule.all
        where rule.only.isEmpty || !rule.only.isDisjoint(with: attributes.conventions) {
            guard let position = nonEmpty(rule.slot, bytes), draft.tags == nil,
                let tags = tags(of: view.attributes[position].value, bytes)
            else { continue }
            attributes.consume(position)
            draft.tags = tags
            explain("tags", rule.key.rawValue)
        }
    }

    /// A value with more is no list of tags; it stays a left-over.
    static let maxTags = 1024

    /// Tags from a list of strings, from one in JSON, or from text with commas: trimmed, each once.
    private mutating func tags(
        of value: ValueView, _ bytes: Span<UInt8>
    ) -> ValueTree.ID? {
        let node = tree.value(value, in: bytes)
        var slices: [Slice] = []
        let list = tree.parsed(node, policy) ?? node
        if tree.kind(list) == .array {
            guard tree.isTextList(list) else { return nil }
            var item = tree.first(of: list)
            while let current = item {
                slices.append(tree.plain(current))
                item = tree.next(of: current)
            }
        } else if tree.isString(list) {
            let text = tree.plain(list)
            var start = text.start
            for offset in text.start..<text.end where tree.text[offset] == UInt8(ascii: ",") {
                slices.append(Slice(start, offset))
                start = offset &+ 1
            }
            slices.append(Slice(start, text.end))
        } else {
            return nil
        }
        guard slices.count <= Self.maxTags else { return nil }
        let tags = tree.array()
        var seen: Set<[UInt8]> = []
        for slice in slices {
            let tag = tree.trimmed(slice)
            guard !tag.isEmpty, seen.insert(Array(tree.text[tag.start..<tag.end])).inserted else {
                continue
            }
            var item = ValueTree.Node(kind: .text)
            item.start = tag.lower
            item.end = tag.upper
            tree.append(tree.add(item), to: tags)
        }
        return tree.first(of: tags) == nil ? nil : tags
    }

    /// `tags` of the platform's record; in the original one they go into metadata.
    mutating func writeTags(_ writer: inout JSONWriter) {
        guard let tags = draft.tags else { return }
        writer.literal(",\"tags\":")
        tree.write(tags, depth: 0, policy, maxBytes: policy.maxValueBytes, to: &writer)
    }

    // MARK: Writing

    /// What rules filled, then resource, scope, and under `otel` what OTLP has and a record has no
    /// field for.
    mutating func writeMetadata(
        _ bytes: Span<UInt8>, _ error: SpanError?, _ writer: inout JSONWriter
    ) {
        writer.literal(",\"metadata\":{")
        var object = ObjectWriter()
        if let metadata = draft.metadata { writeMembers(of: metadata, &object, &writer) }
        if let user = draft.userMetadata { writeMembers(of: user, &object, &writer) }
        if dialect == .cloud, let tags = draft.tags {
            object.name("tags", to: &writer)
            tree.write(tags, depth: 1, policy, maxBytes: policy.maxValueBytes, to: &writer)
        }
        if !draft.hasEnvironment, !context.environment.isEmpty {
            object.name(MetadataRule.environment.name, to: &writer)
            writer.raw(context.environment)
        }
        if !context.resource.isEmpty {
            object.separate(&writer)
            writer.raw(context.resource)
        }
        if !context.scope.isEmpty {
            object.separate(&writer)
            writer.raw(context.scope)
        }
        object.name("otel", to: &writer)
        writeOTel(bytes, error, &writer)
        writer.byte(UInt8(ascii: "}"))
    }

    /// The members of an object of ours, at level 1. What the mapping itself puts together is not cut:
    /// each attribute is there, and the limits hold for its value.
    mutating func writeMembers(
        of object: ValueTree.ID, _ members: inout ObjectWriter, _ writer: inout JSONWriter
    ) {
        var item = tree.first(of: object)
        while let current = item {
            members.separate(&writer)
            tree.writeMember(
                current, depth: 1, policy, maxBytes: policy.maxValueBytes, to: &writer)
            item = tree.next(of: current)
        }
    }

    private mutating func writeOTel(
        _ bytes: Span<UInt8>, _ error: SpanError?, _ writer: inout JSONWriter
    ) {
        // The exact times come first and are always there, so that commas can lead.
        writer.literal("{\"startTimeUnixNano\":\"")
        writer.unsigned(view.startTimeUnixNano)
        writer.literal("\",\"endTimeUnixNano\":\"")
        writer.unsigned(view.endTimeUnixNano)
        writer.byte(UInt8(ascii: "\""))
        writeKind(&writer)
        // The name that the exporter gave; the record has the one that Mastra had given.
        if draft.name != nil {
            writer.literal(",\"name\":")
            write(view.name, bytes, &writer)
        }
        writeStatus(bytes, error, &writer)
        if !view.traceState.isEmpty {
            writer.literal(",\"traceState\":")
            write(view.traceState, bytes, &writer)
        }
        writeCount(",\"flags\":", view.flags, &writer)
        writeCount(",\"droppedAttributesCount\":", view.droppedAttributesCount, &writer)
        writeCount(",\"droppedEventsCount\":", view.droppedEventsCount, &writer)
        writeCount(",\"droppedLinksCount\":", view.droppedLinksCount, &writer)
        if !context.otel.isEmpty {
            writer.byte(UInt8(ascii: ","))
            writer.raw(context.otel)
        }
        if !view.events.isEmpty { writeEvents(bytes, error, &writer) }
        if !view.links.isEmpty { writeLinks(bytes, &writer) }
        if attributes.shadowedCount > 0 { writeDuplicates(bytes, &writer) }
        if !findings.isEmpty || writer.replacedInvalidUTF8 || attributes.shadowedCount > 0 {
            writeFindings(bytes, &writer)
        }
        writer.byte(UInt8(ascii: "}"))
    }

    private mutating func writeCount(
        _ name: StaticString, _ count: UInt32, _ writer: inout JSONWriter
    ) {
        guard count > 0 else { return }
        writer.literal(name)
        writer.unsigned(UInt64(count))
    }

    /// In words; a number that the enum does not have as that number.
    private mutating func writeKind(_ writer: inout JSONWriter) {
        switch view.kind {
        case 0: break
        case 1: writer.literal(",\"kind\":\"internal\"")
        case 2: writer.literal(",\"kind\":\"server\"")
        case 3: writer.literal(",\"kind\":\"client\"")
        case 4: writer.literal(",\"kind\":\"producer\"")
        case 5: writer.literal(",\"kind\":\"consumer\"")
        default:
            writer.literal(",\"kind\":")
            writer.signed(Int64(view.kind))
        }
    }

    private mutating func writeStatus(
        _ bytes: Span<UInt8>, _ error: SpanError?, _ writer: inout JSONWriter
    ) {
        switch view.statusCode {
        case 0: break
        case 1: writer.literal(",\"statusCode\":\"ok\"")
        case 2: writer.literal(",\"statusCode\":\"error\"")
        default:
            writer.literal(",\"statusCode\":")
            writer.signed(Int64(view.statusCode))
        }
        // Of a failed span the message stands in `error` already.
        if error == nil, !view.statusMessage.isEmpty {
            writer.literal(",\"statusMessage\":")
            write(view.statusMessage, bytes, &writer)
        }
    }

    private mutating func writeEvents(
        _ bytes: Span<UInt8>, _ error: SpanError?, _ writer: inout JSONWriter
    ) {
        var written = 0
        var collapsed: [(name: Slice, count: Int)] = []
        let mark = writer.count
        writer.literal(",\"events\":[")
        for index in view.events.indices where !draft.usedEvents.contains(index) {
            let event = EventView(view.events[index], in: bytes)
            if isChunk(event, bytes) {
                if let known = collapsed.firstIndex(where: { isSame($0.name, event.name, bytes) }) {
                    collapsed[known].count += 1
                } else {
                    collapsed.append((event.name, 1))
                }
                continue
            }
            if written > 0 { writer.byte(UInt8(ascii: ",")) }
            written += 1
            writeEvent(event, isError: index == error?.event, error, bytes, &writer)
        }
        writer.byte(UInt8(ascii: "]"))
        if written == 0 { writer.truncate(to: mark) }
        writeCollapsed(collapsed, bytes, &writer)
    }

    private mutating func writeEvent(
        _ event: EventView, isError: Bool, _ error: SpanError?, _ bytes: Span<UInt8>,
        _ writer: inout JSONWriter
    ) {
        writer.literal("{\"name\":")
        write(event.name, bytes, &writer)
        writer.literal(",\"timeUnixNano\":\"")
        writer.unsigned(event.timeUnixNano)
        writer.literal("\",\"attributes\":{")
        if isError {
            var object = ObjectWriter()
            var cursor = RepeatedCursor(field: EventView.attributesField, of: event.message)
            while let item = cursor.next(in: bytes) {
                let attribute = AttributeView(item, in: bytes)
                if isInError(attribute, error, in: bytes) { continue }
                object.separate(&writer)
                writer.member(attribute, in: bytes, depth: Self.eventDepth, policy)
            }
        } else {
            writer.pairs(
                EventView.attributesField, of: event.message, in: bytes, depth: Self.eventDepth,
                policy)
        }
        writer.byte(UInt8(ascii: "}"))
        writeCount(",\"droppedAttributesCount\":", event.droppedAttributesCount, &writer)
        writer.byte(UInt8(ascii: "}"))
    }

    /// Of `attributes` in `metadata.otel.events[…]`.
    private static let eventDepth = 4

    static let chunkEvents: [StaticString] = [
        "gen_ai.content.completion.chunk", "llm.content.completion.chunk",
    ]

    /// One of many events that each tell of one token and nothing more (MAPPING 5.9).
    private mutating func isChunk(_ event: EventView, _ bytes: Span<UInt8>) -> Bool {
        guard
            Self.chunkEvents.contains(where: {
                $0.equals(bytes, event.name.start, event.name.end)
            })
        else { return false }
        var cursor = RepeatedCursor(field: EventView.attributesField, of: event.message)
        return cursor.next(in: bytes) == nil
    }

    private mutating func isSame(_ one: Slice, _ other: Slice, _ bytes: Span<UInt8>) -> Bool {
        one.count == other.count && bytes.equals(one.start, bytes, other.start, one.count)
    }

    private mutating func writeCollapsed(
        _ collapsed: [(name: Slice, count: Int)], _ bytes: Span<UInt8>,
        _ writer: inout JSONWriter
    ) {
        guard !collapsed.isEmpty else { return }
        writer.literal(",\"collapsedEvents\":{")
        var object = ObjectWriter()
        for (name, count) in collapsed {
            object.separate(&writer)
            writer.string(name, in: bytes)
            writer.byte(UInt8(ascii: ":"))
            writer.unsigned(UInt64(count))
        }
        writer.byte(UInt8(ascii: "}"))
    }

    /// An attribute of the exception event whose very bytes stand in `error`.
    private mutating func isInError(
        _ attribute: AttributeView, _ error: SpanError?, in bytes: Span<UInt8>
    ) -> Bool {
        let text =
            switch ExceptionKey(attribute.key, in: bytes) {
            case .message: error?.message
            case .type: error?.name
            case .stacktrace: error?.stack
            case nil: nil as Slice?
            }
        return text.map {
            $0 == attribute.value.slice || isSame($0, attribute.value.slice, bytes)
        } ?? false
    }

    private mutating func writeLinks(_ bytes: Span<UInt8>, _ writer: inout JSONWriter) {
        writer.literal(",\"links\":[")
        for index in 0..<view.links.count {
            if index > 0 { writer.byte(UInt8(ascii: ",")) }
            let link = LinkView(view.links[index], in: bytes)
            writer.literal("{\"traceId\":")
            writer.hex(bytes, link.traceID.start, link.traceID.end)
            writer.literal(",\"spanId\":")
            writer.hex(bytes, link.spanID.start, link.spanID.end)
            if !link.traceState.isEmpty {
                writer.literal(",\"traceState\":")
                write(link.traceState, bytes, &writer)
            }
            writer.literal(",\"attributes\":{")
            writer.pairs(
                LinkView.attributesField, of: link.message, in: bytes, depth: Self.eventDepth,
                policy)
            writer.byte(UInt8(ascii: "}"))
            writeCount(",\"droppedAttributesCount\":", link.droppedAttributesCount, &writer)
            writeCount(",\"flags\":", link.flags, &writer)
            writer.byte(UInt8(ascii: "}"))
        }
        writer.byte(UInt8(ascii: "]"))
    }

    /// Earlier values of keys that came again, as a list: an object could hold each key once.
    private mutating func writeDuplicates(_ bytes: Span<UInt8>, _ writer: inout JSONWriter) {
        writer.literal(",\"duplicates\":[")
        var isFirst = true
        for position in 0..<view.attributes.count
        where attributes.states[position] == .shadowed {
            if !isFirst { writer.byte(UInt8(ascii: ",")) }
            isFirst = false
            writer.literal("{\"key\":")
            writer.string(view.attributes[position].key, in: bytes)
            writer.literal(",\"value\":")
            writer.value(
                of: view.attributes[position], in: bytes, depth: Self.eventDepth, policy)
            writer.byte(UInt8(ascii: "}"))
        }
        writer.byte(UInt8(ascii: "]"))
    }

    private mutating func writeFindings(_ bytes: Span<UInt8>, _ writer: inout JSONWriter) {
        writer.literal(",\"warnings\":[")
        var isFirst = true
        func write(_ finding: Finding, _ writer: inout JSONWriter) {
            if !isFirst { writer.byte(UInt8(ascii: ",")) }
            isFirst = false
            writer.byte(UInt8(ascii: "\""))
            writer.literal(finding.text)
            if !finding.about.isEmpty { writer.byte(UInt8(ascii: ":")) }
            if finding.isHex {
                writer.hexContent(bytes, finding.about.start, finding.about.end)
            } else {
                writer.stringContent(bytes, finding.about.start, finding.about.end)
            }
            writer.byte(UInt8(ascii: "\""))
        }
        for finding in findings { write(finding, &writer) }
        if attributes.shadowedCount > 0 { write(Finding(kind: .duplicateKey), &writer) }
        if writer.replacedInvalidUTF8 { write(Finding(kind: .invalidUTF8), &writer) }
        writer.byte(UInt8(ascii: "]"))
    }
}
