import MastraRecords
import OTLP

/// Which attributes fill the fields that stand behind `attributes` in a record; chosen before the
/// left-overs are written, since what is chosen is none.
struct Selection: Sendable {
    var input: (position: Int, form: ContentForm, isText: Bool)?
    var output: (position: Int, form: ContentForm, isText: Bool)?
    /// Stands before the input as a system message.
    var systemInstructions: Int?
    /// `SpanMapper.tree` holds the input, a JSON string, until it is written.
    var isInputParsed = false
    var tags: Int?
    /// By index in `MetadataRule.all`.
    var metadata: [Int?] = Array(repeating: nil, count: MetadataRule.all.count)
}

extension SpanMapper {
    mutating func selectLaterFields(_ bytes: Span<UInt8>) {
        selection.input = nil
        selection.output = nil
        selection.systemInstructions = nil
        selection.isInputParsed = false
        selection.tags = nil
        if attributes.roles.contains(.metadata) { selectMetadata(bytes) }
        guard attributes.roles.contains(.convention) else { return }
        let rule = ContentRule.byType[Int(type.rawValue)]
        selection.input = select(rule.input, bytes)
        selection.output = select(rule.output, bytes)
        selectTags(bytes)
        selectEntity(bytes)
        // Last: it may leave the parsed input behind.
        selectInstructions(bytes)
    }

    private mutating func selectMetadata(_ bytes: Span<UInt8>) {
        for index in 0..<MetadataRule.all.count {
            selection.metadata[index] = nil
            for key in MetadataRule.all[index].sources where text(of: key, in: bytes) != nil {
                selection.metadata[index] = attributes.position(of: key)
                break
            }
            if let position = selection.metadata[index] { attributes.consume(position) }
        }
    }

    /// Instructions go before a list of messages; any other input leaves them where they are.
    private mutating func selectInstructions(_ bytes: Span<UInt8>) {
        guard type != .agentRun, let input = selection.input, case .messages = input.form,
            let position = nonEmpty(.genAISystemInstructions, bytes),
            takesInstructions(view.attributes[input.position].value, bytes)
        else { return }
        selection.systemInstructions = position
        attributes.consume(position)
    }

    /// The first source that holds something; it is represented whole, whatever its form turns out
    /// to be.
    private mutating func select(
        _ sources: [ContentSource], _ bytes: Span<UInt8>
    ) -> (position: Int, form: ContentForm, isText: Bool)? {
        for source in sources {
            guard let position = nonEmpty(source.key, bytes) else { continue }
            attributes.consume(position)
            let mimeType = source.mimeType.flatMap { text(of: $0, in: bytes) }
            let isText = mimeType.map {
                ("text/plain" as StaticString).equalsIgnoringCase(bytes, $0.start, $0.end)
            }
            return (position, source.form, isText ?? false)
        }
        return nil
    }

    /// The position of a key that has a value which does not count as absent.
    func nonEmpty(_ key: AttributeKey, _ bytes: Span<UInt8>) -> Int? {
        guard let position = attributes.position(of: key) else { return nil }
        return Self.isAbsent(view.attributes[position].value, in: bytes) ? nil : position
    }

    /// Empty strings, lists and maps count as absent, those in JSON too (MAPPING 5).
    static func isAbsent(_ value: ValueView, in bytes: Span<UInt8>) -> Bool {
        switch value.kind {
        case .empty: return true
        case .array, .keyValueList, .bytes: return value.slice.isEmpty
        case .string:
            let text = value.slice
            return text.isEmpty || ("[]" as StaticString).equals(bytes, text.start, text.end)
                || ("{}" as StaticString).equals(bytes, text.start, text.end)
        default: return false
        }
    }

    private mutating func selectTags(_ bytes: Span<UInt8>) {
        for key in [AttributeKey.tagTags, .mastraTags] {
            guard let position = nonEmpty(key, bytes) else { continue }
            let count = tags(of: view.attributes[position].value, bytes).count
            guard count > 0, count <= Self.maxTags else { continue }
            attributes.consume(position)
            selection.tags = position
            return
        }
    }

    /// A value with more is no list of tags; it stays a left-over.
    static let maxTags = 1024
}
