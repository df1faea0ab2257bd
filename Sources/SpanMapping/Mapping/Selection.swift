import MastraRecords
import OTLP

/// Which attributes fill the fields that stand behind `attributes` in a record; chosen before the
/// left-overs are written, since what is chosen is none.
struct Selection: Sendable {
    var input: (position: Int, form: ContentForm, isText: Bool)?
    var output: (position: Int, form: ContentForm, isText: Bool)?
    /// Stands before the input as a system message.
    var systemInstructions: Int?
    var tags: Int?
    /// By index in `MetadataRule.all`.
    var metadata: [Int?] = Array(repeating: nil, count: MetadataRule.all.count)
}

extension SpanMapper {
    mutating func selectLaterFields(_ bytes: Span<UInt8>, _ isError: Bool) {
        selection.input = nil
        selection.output = nil
        selection.systemInstructions = nil
        selection.tags = nil
        let rule = ContentRule.byType[Int(type.rawValue)]
        selection.input = select(rule.input, bytes)
        selection.output = select(rule.output, bytes)
        if case .messages = selection.input?.form, type != .agentRun {
            selection.systemInstructions = nonEmpty(.genAISystemInstructions)
            if let position = selection.systemInstructions { attributes.consume(position) }
        }
        for index in 0..<MetadataRule.all.count {
            selection.metadata[index] = nil
            for key in MetadataRule.all[index].sources where text(of: key, in: bytes) != nil {
                selection.metadata[index] = attributes.position(of: key)
                break
            }
            if let position = selection.metadata[index] { attributes.consume(position) }
        }
        selectTags(bytes)
        selectEntity(bytes)
    }

    /// The first source that holds something; it is represented whole, whatever its form turns out
    /// to be.
    private mutating func select(
        _ sources: [ContentSource], _ bytes: Span<UInt8>
    ) -> (position: Int, form: ContentForm, isText: Bool)? {
        for source in sources {
            guard let position = nonEmpty(source.key) else { continue }
            attributes.consume(position)
            let mimeType = source.mimeType.flatMap { text(of: $0, in: bytes) }
            let isText = mimeType.map {
                ("text/plain" as StaticString).equalsIgnoringCase(bytes, $0.start, $0.end)
            }
            return (position, source.form, isText ?? false)
        }
        return nil
    }

    /// Empty strings, lists and maps count as absent (MAPPING 5).
    private func nonEmpty(_ key: AttributeKey) -> Int? {
        guard let position = attributes.position(of: key) else { return nil }
        let value = view.attributes[position].value
        switch value.kind {
        case .empty: return nil
        case .string, .array, .keyValueList, .bytes: return value.slice.isEmpty ? nil : position
        default: return position
        }
    }

    private mutating func selectTags(_ bytes: Span<UInt8>) {
        for key in [AttributeKey.tagTags, .mastraTags] {
            guard let position = nonEmpty(key), canBeTextList(view.attributes[position].value, bytes)
            else { continue }
            attributes.consume(position)
            selection.tags = position
            return
        }
    }

    private mutating func canBeTextList(_ value: ValueView, _ bytes: Span<UInt8>) -> Bool {
        var trial = JSONWriter(capacity: 64)
        return writeTextList(value, bytes, &trial)
    }
}
