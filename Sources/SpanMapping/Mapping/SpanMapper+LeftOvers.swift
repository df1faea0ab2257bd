import MastraRecords
import OTLP

/// `attributes`: typed fields, then what no field took (MAPPING 8).
extension SpanMapper {
    mutating func writeAttributes(
        _ bytes: Span<UInt8>, _ isError: Bool, _ writer: inout JSONWriter
    ) {
        writer.literal(",\"attributes\":{")
        var object = ObjectWriter()
        if draft.attributes != 0 { writeMembers(of: draft.attributes, &object, &writer) }
        // Mastra's exporter does not tell, and success is not what a missing error proves.
        if type.isTool, !draft.isMastraType,
            draft.attributes == 0 || tree.member("success", of: draft.attributes) == nil
        {
            object.name("success", to: &writer)
            writer.literal(toldSuccess() ?? !isError ? "true" : "false")
        }
        if let intended = intendedType {
            object.name("mastra.intended_span_type", to: &writer)
            writer.byte(UInt8(ascii: "\""))
            writer.literal(intended.name)
            writer.byte(UInt8(ascii: "\""))
        }
        writeLeftOvers(bytes, &object, &writer)
        writer.byte(UInt8(ascii: "}"))
    }

    private static let toolSuccess = KeySlot(.genAIToolSuccess)

    /// What Mastra's first exporter wrote of a tool's success.
    private mutating func toldSuccess() -> Bool? {
        guard let position = attributes.position(of: Self.toolSuccess),
            view.attributes[position].value.kind == .bool
        else { return nil }
        attributes.consume(position)
        return view.attributes[position].value.bool
    }

    private mutating func writeLeftOvers(
        _ bytes: Span<UInt8>, _ object: inout ObjectWriter, _ writer: inout JSONWriter
    ) {
        // Each of them would be looked for among the properties of the schema.
        let hasSchema =
            attributes.position(of: Self.logfireSchema) != nil
            && view.attributes.count <= Self.maxAttributesWithSchema
        for position in 0..<view.attributes.count
        where attributes.states[position] == .leftOver {
            let attribute = view.attributes[position]
            let key = attribute.key
            object.separate(&writer)
            if hasSchema, isJSONByLogfire(key, bytes) {
                writeContent(attribute, bytes, &writer)
                continue
            }
            switch kind(of: key, attributes.hash(at: position), bytes) {
            case .plain:
                writer.string(key, in: bytes)
                writer.byte(UInt8(ascii: ":"))
                writer.value(attribute.value, in: bytes, depth: 1, policy)
            case .sensitive:
                writer.string(key, in: bytes)
                writer.byte(UInt8(ascii: ":"))
                writer.hidden(attribute.value, in: bytes, depth: 1, policy)
            case .content where attributes.roles.contains(.convention):
                writeContent(attribute, bytes, &writer)
            case .short where isTaken(key, bytes):
                writer.literal("\"otel.")
                writer.stringContent(bytes, key.start, key.end)
                writer.literal("\":")
                writer.value(of: attribute, in: bytes, depth: 1, policy)
            case .short, .content:
                writer.member(attribute, in: bytes, depth: 0, policy)
            }
        }
    }

    /// What is known of a key from the spans before, or found out now.
    @inline(__always)
    private mutating func kind(
        of key: Slice, _ hash: UInt64, _ bytes: Span<UInt8>
    ) -> KeyKinds.Kind {
        keyKinds.find(hash) ?? learn(key, hash, bytes)
    }

    private mutating func learn(
        _ key: Slice, _ hash: UInt64, _ bytes: Span<UInt8>
    ) -> KeyKinds.Kind {
        let known = keys.find(hash, key, in: bytes)
        let kind: KeyKinds.Kind =
            if known >= 0, Self.contentKeys[known] {
                .content
            } else if !ReservedNames.hasDot(key, in: bytes) {
                .short
            } else if policy.isSensitive(bytes, key.start, key.end) {
                .sensitive
            } else {
                .plain
            }
        keyKinds.learn(hash, kind)
        return kind
    }

    /// Typed fields keep their names, whether they are there or not.
    private mutating func isTaken(_ key: Slice, _ bytes: Span<UInt8>) -> Bool {
        ReservedNames.contains(key, in: bytes)
            || draft.attributes != 0 && tree.hasMember(key, in: bytes, of: draft.attributes)
    }

    private static let maxAttributesWithSchema = 512
    private static let logfireSchema = KeySlot(.logfireJsonSchema)

    /// Logfire says which of the user's attributes are JSON (MAPPING 7.6).
    private mutating func isJSONByLogfire(_ key: Slice, _ bytes: Span<UInt8>) -> Bool {
        guard let schema = blob(Self.logfireSchema, bytes),
            let properties = tree.member("properties", of: schema)
        else { return false }
        var item = tree.first(of: properties)
        while let current = item {
            item = tree.next(of: current)
            let node = tree.nodes[current]
            guard Int(node.keyEnd) &- Int(node.keyStart) == key.count,
                bytes.equals(key.start, tree.text.span, Int(node.keyStart), key.count),
                let type = tree.member("type", of: current)
            else { continue }
            return tree.equals(type, "object") || tree.equals(type, "array")
        }
        return false
    }

    private static let contentKeys = AttributeKey.allCases.map(\.isContent)

    /// JSON in the string of a content-bearing key is shown as JSON (MAPPING 8.3).
    private mutating func writeContent(
        _ attribute: AttributeView, _ bytes: Span<UInt8>, _ writer: inout JSONWriter
    ) {
        let node = tree.value(attribute.value, in: bytes)
        let holder = tree.object()
        tree.set(attribute.key, in: bytes, tree.parsed(node, policy) ?? node, of: holder)
        guard let member = tree.first(of: holder) else { return }
        tree.writeMember(member, depth: 1, policy, maxBytes: policy.maxValueBytes, to: &writer)
    }
}

extension ReservedNames {
    /// Semantic conventions put a dot into their keys, and no reserved name has one.
    @inline(__always)
    static func hasDot(_ key: Slice, in bytes: Span<UInt8>) -> Bool {
        for offset in key.start..<key.end where bytes[offset] == UInt8(ascii: ".") {
            return true
        }
        return false
    }

    static func contains(_ key: Slice, in bytes: Span<UInt8>) -> Bool {
        attributes.contains { $0.equals(bytes, key.start, key.end) }
    }
}

extension ValueTree {
    /// Whether an object of ours has a member of that name.
    func hasMember(_ key: Slice, in bytes: Span<UInt8>, of object: ID) -> Bool {
        var item = first(of: object)
        while let current = item {
            item = next(of: current)
            let node = nodes[current]
            if Int(node.keyEnd) &- Int(node.keyStart) == key.count,
                bytes.equals(key.start, text.span, Int(node.keyStart), key.count)
            {
                return true
            }
        }
        return false
    }
}
