import MastraRecords
import OTLP

/// Token counts and price of one model call (MAPPING 5.4).
extension SpanMapper {
    mutating func fillUsage(_ bytes: Span<UInt8>) {
        guard UsageRule.types.contains(type) else { return }
        var usage = readUsage(bytes)
        if usage.isEmpty { usage = draft.inheritedUsage ?? usage }
        if !usage.isEmpty {
            if !draft.isMastraType { usage.repairExclusiveCounting() }
            // Mastra's record has the text tokens of each call, whether there are others or not.
            let tellsTexts = draft.isMastraType && !isMastraGenerationA
            tree.set(
                "usage", usage.tree(in: &tree, tellsTexts: tellsTexts), of: draft.attributes)
            if usage.wasRepaired {
                tree.set("mastra.usage_repaired", tree.bool(true), of: draft.attributes)
            }
        }
        fillCost(usage, bytes)
    }

    mutating func readUsage(_ bytes: Span<UInt8>) -> Usage {
        var usage = Usage()
        let table = UsageRule.probes
        var start = 0
        for row in table.ends.indices {
            let end = table.ends[row]
            for index in start..<end where attributes.passes(table.probes[index]) {
                read(UsageRule.all[row], index - start, into: &usage, bytes)
            }
            start = end
        }
        addAdditive(&usage, bytes)
        if usage.input == nil, let output = usage.output, let total = total(bytes),
            total >= output
        {
            usage.input = total &- output
            explain("attributes.usage.inputTokens", "total less outputTokens")
        }
        return usage
    }

    private mutating func read(
        _ rule: UsageRule, _ index: Int, into usage: inout Usage, _ bytes: Span<UInt8>
    ) {
        let source = rule.sources[index]
        guard source.path.isEmpty else {
            guard usage[keyPath: rule.field] == nil, let blob = blob(source.slot, bytes),
                let member = tree.member(source.path, of: blob),
                let count = tree.exactInteger(member), count >= 0
            else { return }
            usage[keyPath: rule.field] = count
            return explain("attributes.usage.\(rule.name)", source.plainSummary)
        }
        guard let position = attributes.position(of: source.slot),
            let count = Self.count(view.attributes[position].value, in: bytes)
        else { return }
        // An embedding puts nothing out, and need not say so.
        if count == 0, type == .ragEmbedding, rule.field == \Usage.output, !draft.isMastraType {
            return
        }
        // Of two sources that disagree the first is taken and the other left over.
        if usage[keyPath: rule.field] == nil {
            usage[keyPath: rule.field] = count
            if source.key == .claudeInputTokens { usage.isExclusive = true }
            explain("attributes.usage.\(rule.name)", source.key.rawValue)
        }
        if usage[keyPath: rule.field] == count { attributes.consume(position) }
    }

    /// A count as instrumentations write it: an int, an integral double, or digits in a string.
    static func count(_ value: ValueView, in bytes: Span<UInt8>) -> Int64? {
        let number: Int64?
        switch value.kind {
        case .int: number = value.int
        case .double: number = Int64(exactly: value.double)
        case .string: number = Numbers.digits(trim(value.slice, in: bytes), in: bytes)
        default: number = nil
        }
        guard let number, number >= 0, number <= 1 << 53 - 1 else { return nil }
        return number
    }

    private mutating func total(_ bytes: Span<UInt8>) -> Int64? {
        for slot in UsageRule.totals {
            guard let position = attributes.position(of: slot),
                let count = Self.count(view.attributes[position].value, in: bytes)
            else { continue }
            return count
        }
        return nil
    }

    private static let langfuseUsage = KeySlot(.langfuseUsage)

    /// Langfuse's own buckets do not contain each other: the totals are their sums.
    private mutating func addAdditive(_ usage: inout Usage, _ bytes: Span<UInt8>) {
        guard attributes.position(of: Self.langfuseUsage) != nil,
            let blob = blob(Self.langfuseUsage, bytes), tree.kind(blob) == .object,
            tree.member("prompt_tokens", of: blob) == nil,
            tree.member("input_tokens", of: blob) == nil
        else { return }
        var input: Int64?
        var output: Int64?
        var item = tree.first(of: blob)
        while let current = item {
            item = tree.next(of: current)
            guard let count = tree.exactInteger(current), count >= 0 else { continue }
            let node = tree.nodes[current]
            let key = Slice(Int(node.keyStart), Int(node.keyEnd))
            let span = tree.text.span
            if Self.begins(key, with: "input", span) || Self.begins(key, with: "cache_", span) {
                input = (input ?? 0) &+ count
            } else if Self.begins(key, with: "output", span) {
                output = (output ?? 0) &+ count
            }
            for (name, field) in Self.additiveDetails
            where tree.isNamed(current, name) && usage[keyPath: field] == nil {
                usage[keyPath: field] = count
            }
        }
        if usage.input == nil { usage.input = input }
        if usage.output == nil { usage.output = output }
        if input != nil || output != nil {
            explain("attributes.usage", "\(AttributeKey.langfuseUsage.rawValue) (sums)")
        }
    }

    static let additiveDetails: [(StaticString, any WritableKeyPath<Usage, Int64?> & Sendable)] = [
        ("cache_read_input_tokens", \.cacheRead), ("input_cached_tokens", \.cacheRead),
        ("cache_creation_input_tokens", \.cacheWrite),
        ("input_audio_tokens", \.inputAudio), ("output_audio_tokens", \.outputAudio),
        ("output_reasoning_tokens", \.reasoning),
    ]

    // MARK: Cost

    private mutating func fillCost(_ usage: Usage, _ bytes: Span<UInt8>) {
        guard let cost = cost(usage, bytes) else { return }
        let context = tree.object()
        for name in ["provider", "model"] as [StaticString] {
            if let value = tree.member(name, of: draft.attributes) {
                tree.set(name, value, of: context)
            }
        }
        tree.set("estimatedCost", cost, of: context)
        tree.set("costUnit", tree.string("USD" as StaticString), of: context)
        tree.set("costContext", context, of: draft.attributes)
    }

    /// A price of nothing for something is what a writer without a price list says.
    private mutating func cost(_ usage: Usage, _ bytes: Span<UInt8>) -> ValueTree.ID? {
        for slot in CostRule.sources {
            guard let position = nonEmpty(slot, bytes) else { continue }
            let node = tree.value(view.attributes[position].value, in: bytes)
            guard let number = decode(node, .number),
                let amount = Double(tree.swiftText(number.value)), amount > 0
            else { continue }
            attributes.consume(position)
            explain("attributes.costContext.estimatedCost", slot.key.rawValue)
            return number.value
        }
        guard attributes.position(of: CostRule.blob) != nil,
            let blob = blob(CostRule.blob, bytes), tree.kind(blob) == .object
        else { return nil }
        if let total = tree.member("total", of: blob), tree.kind(total) == .number,
            let amount = Double(tree.swiftText(total)), amount > 0
        {
            explain("attributes.costContext.estimatedCost", CostRule.blob.key.rawValue)
            return total
        }
        var sum = 0.0
        var item = tree.first(of: blob)
        while let current = item {
            item = tree.next(of: current)
            if tree.kind(current) == .number { sum += Double(tree.swiftText(current)) ?? 0 }
        }
        guard sum > 0, sum.isFinite else { return nil }
        explain("attributes.costContext.estimatedCost", CostRule.blob.key.rawValue)
        return tree.double(sum)
    }
}

extension UsageRule.Source {
    var plainSummary: String { summary.filter { $0 != "`" } }
}
