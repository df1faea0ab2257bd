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
}
