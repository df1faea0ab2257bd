import MastraRecords

@testable import SpanMapping

/// Where each key goes.
extension MappingDocument {
    static var keyIndex: String {
        """
        ## Every key

        What a key that stands here can become, in one place. Keys that stand nowhere here are
        left-overs.

        \(table(["key", "convention", "read for"], keyRows.map(cells)))
        """
    }

    private static func cells(_ row: (key: AttributeKey, uses: [String])) -> [String] {
        [
            code(row.key.rawValue), Convention.ofKey(row.key).names.joined(separator: "; "),
            row.uses.joined(separator: ", "),
        ]
    }

    /// By name, with every use that some table makes of the key.
    static var keyRows: [(key: AttributeKey, uses: [String])] {
        var uses: [AttributeKey: [String]] = [:]
        for (key, use) in tableUses + specialUses where uses[key]?.contains(use) != true {
            uses[key, default: []].append(use)
        }
        return AttributeKey.allCases.sorted { $0.rawValue < $1.rawValue }.map { key in
            let found = uses[key] ?? []
            let isSign = !Convention.ofKey(key).isEmpty
            return (
                key: key,
                uses: found.isEmpty && isSign ? ["left over; a sign of its convention"] : found
            )
        }
    }

    private typealias Use = (AttributeKey, String)

    private static var tableUses: [Use] {
        let types = SpanTypeRule.all.flatMap { rule in
            keys(of: rule.test).map { ($0, "type \(rule.label)") as Use }
        }
        let entities = EntityRule.byType.compactMap { $0 }.flatMap { $0.id + $0.name }
            .map { ($0.key, "entity") as Use }
        let fields = FieldRule.all.flatMap { rule in
            rule.sources.compactMap { source in
                source.slot.map {
                    ($0.key, place(rule) + "\(rule.name)`") as Use
                }
            }
        }
        let usage = UsageRule.all.flatMap { rule in
            rule.sources.map { ($0.key, "`attributes.usage.\(rule.name)`") as Use }
        }
        let costs = (CostRule.sources + [CostRule.blob]).map {
            ($0.key, "`attributes.costContext`") as Use
        }
        let totals = UsageRule.totals.map { ($0.key, "an input that is missing") as Use }
        return types + entities + fields + usage + totals + costs + contentUses + metadataUses
    }

    private static func place(_ rule: FieldRule) -> String {
        rule.place == .parameters ? "`attributes.parameters." : "`attributes."
    }

    private static func keys(of test: SpanTypeRule.Test) -> [AttributeKey] {
        switch test {
        case .value(let slot, _), .word(let slot, _), .anyValue(let slot, _),
            .shape(let slot, _, _, _):
            [slot.key]
        case .name(_, _, let keys, _): keys.map(\.key)
        // Any token count is evidence of a call; to say so at each would tell nothing.
        case .presence(let anyOf, let evidence, _):
            (anyOf + evidence).compactMap { presence in
                switch presence {
                case .key(let slot) where UsageRule.slots.contains(slot): nil
                case .key(let slot), .value(let slot, _): slot.key
                case .family, .contentEvent: nil
                }
            }
        }
    }

    private static var contentUses: [Use] {
        ContentRule.byType.flatMap { rule in
            uses(rule.input, "`input`") + uses(rule.output, "`output`")
        }
    }

    private static func uses(_ sources: [ContentSource], _ side: String) -> [Use] {
        sources.flatMap { source in
            [source.slot.map { ($0.key, side) }, source.mimeType.map { ($0.key, side) }]
                .compactMap { $0 }
        }
    }

    private static var metadataUses: [Use] {
        let fields = MetadataRule.all.flatMap { rule in
            rule.sources.map { ($0.key, "`metadata.\(rule.name)`") as Use }
        }
        let tags = TagRule.all.map { ($0.key, "`tags`") as Use }
        let objects = MetadataObjectRule.all.map { ($0.key, "`metadata`") as Use }
        return fields + tags + objects
    }

    /// What code reads without a table.
    private static var specialUses: [Use] {
        let errors = [
            ErrorRule.type, ErrorRule.message, ErrorRule.stack, ErrorRule.code, ErrorRule.domain,
            ErrorRule.category, ErrorRule.langfuseLevel, ErrorRule.langfuseMessage,
            ErrorRule.liveKitIsError, ErrorRule.httpStatus, ErrorRule.grpcStatus,
        ].map { ($0.key, "`error`") as Use }
        let repeated: [AttributeKey] = [
            .mastraTraceID, .mastraSpanID, .mastraParentSpanID, .mastraStartTime, .mastraEndTime,
            .mastraDurationMs, .spanKind, .bareError,
        ]
        let others: [Use] = [
            (.genAISystemInstructions, "`input`"), (.rerankerQuery, "`input`"),
            (.vercelResponseText, "`output`"), (.vercelResponseReasoning, "`output`"),
            (.vercelResponseToolCalls, "`output`"), (.vercelResponseObject, "`output`"),
            (.vercelEmbedding, "`output`"), (.vercelEmbeddings, "`output`"),
            (.langfuseTraceInput, "`input`"), (.langfuseTraceOutput, "`output`"),
            (.logfireSpanType, "`isEvent`, or no record"),
            (.logfireJsonSchema, "which left-overs are JSON"),
        ]
        return errors
            + repeated.map { ($0, "used up on spans of Mastra's first exporter") } + others
    }
}
