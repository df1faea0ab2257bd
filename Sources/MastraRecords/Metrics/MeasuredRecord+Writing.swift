extension MeasuredRecord {
    /// Everything before the context.
    func writeHead(
        of rule: MetricRule, _ value: Value, _ bytes: Span<UInt8>, _ writer: inout JSONWriter
    ) {
        var id = MetricID()
        id.add(bytes, traceID)
        id.add(bytes, spanID)
        id.add(rule.name)
        writer.literal("{\"metricId\":")
        writer.uuid(id)
        writer.literal(",\"timestamp\":")
        writer.raw(bytes, endedAt.lowerBound, endedAt.upperBound)
        writer.literal(",\"name\":\"")
        writer.literal(rule.name)
        writer.literal("\",\"value\":")
        switch value {
        case .milliseconds(let number): writer.signed(Int64(number))
        case .text(let number): writer.raw(bytes, number.lowerBound, number.upperBound)
        }
        writer.literal(",\"labels\":{")
        if case .duration = rule.source { writeLabels(bytes, &writer) }
        writer.literal("},\"traceId\":")
        writer.raw(bytes, traceID.lowerBound, traceID.upperBound)
        writer.literal(",\"spanId\":")
        writer.raw(bytes, spanID.lowerBound, spanID.upperBound)
    }

    /// Words of ours alone. What a span says must not become a label: ids and UUIDs as labels would
    /// make a series of each span, and Mastra blocks them (MASTRA-CONTRACT 1.12).
    private func writeLabels(_ bytes: Span<UInt8>, _ writer: inout JSONWriter) {
        let hasFailed = record[.error].map { bytes[$0.lowerBound] == UInt8(ascii: "{") } ?? false
        writer.literal(hasFailed ? "\"status\":\"error\"" : "\"status\":\"ok\"")
        let isClientTool =
            type == .clientToolCall
            || type.isTool
                && attributes[.toolType].map { ("client" as StaticString).isString(bytes, $0) }
                    ?? false
        if isClientTool { writer.literal(",\"toolType\":\"client\"") }
    }

    /// What is known of the span without any other: parents and roots are other records, which may
    /// not even have come yet. Only a root knows its root, itself.
    func writeContext(_ bytes: Span<UInt8>, _ writer: inout JSONWriter) {
        let metadata = ObjectMembers<MetadataMember>(of: record[.metadata], in: bytes)
        let isRoot =
            record[.parentSpanID].map { bytes[$0.lowerBound] == UInt8(ascii: "n") } ?? true
        writer.literal(",\"correlationContext\":{\"traceId\":")
        writer.raw(bytes, traceID.lowerBound, traceID.upperBound)
        writer.literal(",\"spanId\":")
        writer.raw(bytes, spanID.lowerBound, spanID.upperBound)
        if let tags = record[.tags] ?? metadata[.tags], bytes[tags.lowerBound] == UInt8(ascii: "["),
            tags.count <= ContextLimits.tagBytes, tags.count > 2
        {
            writer.literal(",\"tags\":")
            writer.raw(bytes, tags.lowerBound, tags.upperBound)
        }
        writeEntity("entity", bytes, &writer)
        write("entityVersionId", metadata[.entityVersionID], bytes, &writer)
        if isRoot {
            writeEntity("rootEntity", bytes, &writer)
            write("rootEntityVersionId", metadata[.entityVersionID], bytes, &writer)
        }
        for name in MetadataMember.allCases where name != .tags && name != .entityVersionID {
            write(name.text, metadata[name], bytes, &writer)
        }
        write("projectId", record[.projectID], bytes, &writer)
        writer.byte(UInt8(ascii: "}"))
    }

    private func writeEntity(
        _ prefix: StaticString, _ bytes: Span<UInt8>, _ writer: inout JSONWriter
    ) {
        if record[.entityType] != nil {
            write(prefix, suffix: "Type", record[.entityType], bytes, &writer)
            write(prefix, suffix: "Id", record[.entityID], bytes, &writer)
            write(prefix, suffix: "Name", record[.entityName], bytes, &writer)
            return
        }
        // The original exporter's records have ids alone, and their kind is that of the span.
        let id: Range<Int>?
        switch type {
        case .workflowRun: id = attributes[.workflowID]
        case _ where type.isTool: id = attributes[.toolID]
        default: id = attributes[.agentID]
        }
        guard let id, Self.isShortText(id, in: bytes) else { return }
        writer.literal(",\"")
        writer.literal(prefix)
        writer.literal("Type\":\"")
        writer.literal(type.entityType ?? "agent")
        writer.byte(UInt8(ascii: "\""))
        write(prefix, suffix: "Id", id, bytes, &writer)
        let isAgent = type.entityType == nil || type == .agentRun
        write(prefix, suffix: "Name", isAgent ? attributes[.agentName] ?? id : id, bytes, &writer)
    }

    /// `costContext` of a token metric: by provider and model tokens are grouped, and the cost of
    /// the whole span stands on one metric of it.
    func writeCost(of rule: MetricRule, _ bytes: Span<UInt8>, _ writer: inout JSONWriter) {
        if case .duration = rule.source { return }
        let cost = ObjectMembers<CostMember>(of: attributes[.costContext], in: bytes)
        let provider = cost[.provider] ?? attributes[.provider]
        // What OpenRouter answers with is a name that no price list has.
        let isRouter =
            attributes[.provider].map { ("openrouter" as StaticString).isString(bytes, $0) }
            ?? false
        let names = [attributes[.responseModel], attributes[.model]]
        let model = cost[.model] ?? (isRouter ? names[1] ?? names[0] : names[0] ?? names[1])
        let amount = carriesCost(rule, in: bytes) ? cost[.estimatedCost] : nil
        let start = writer.count
        writer.literal(",\"costContext\":{")
        let empty = writer.count
        write("provider", provider, bytes, &writer, after: empty)
        write("model", model, bytes, &writer, after: empty)
        if let amount, JSONTree.isNumber(bytes, amount.lowerBound, amount.upperBound) {
            if writer.count > empty { writer.byte(UInt8(ascii: ",")) }
            writer.literal("\"estimatedCost\":")
            writer.raw(bytes, amount.lowerBound, amount.upperBound)
            write("costUnit", cost[.costUnit], bytes, &writer, after: empty)
            writeCostMetadata(cost[.costMetadata], bytes, &writer)
        }
        guard writer.count > empty else { return writer.truncate(to: start) }
        writer.byte(UInt8(ascii: "}"))
    }

    /// Says besides that the cost is that of the whole query, and not of the input alone.
    private func writeCostMetadata(
        _ metadata: Range<Int>?, _ bytes: Span<UInt8>, _ writer: inout JSONWriter
    ) {
        writer.literal(",\"costMetadata\":{")
        if let metadata, metadata.count <= ContextLimits.tagBytes,
            Self.hasMembers(metadata, in: bytes)
        {
            writer.raw(bytes, metadata.lowerBound + 1, metadata.upperBound - 1)
            writer.byte(UInt8(ascii: ","))
        }
        writer.literal("\"allocation\":\"query_total\"}")
    }
}

// MARK: - Members

/// A record is copied from several times, so that what is copied has to be short.
enum ContextLimits {
    /// Of a text, quotes included. Longer ones are left out.
    static let textBytes = 512
    /// Of a list or an object.
    static let tagBytes = 2048
}

extension MeasuredRecord {
    /// An object that is not empty.
    private static func hasMembers(_ object: Range<Int>, in bytes: Span<UInt8>) -> Bool {
        guard bytes[object.lowerBound] == UInt8(ascii: "{") else { return false }
        var scanner = JSONScanner(position: object.lowerBound + 1, end: object.upperBound)
        scanner.skipSpace(bytes)
        return scanner.position < object.upperBound - 1
    }

    private static func isShortText(_ text: Range<Int>, in bytes: Span<UInt8>) -> Bool {
        bytes[text.lowerBound] == UInt8(ascii: "\"") && text.count > 2
            && text.count <= ContextLimits.textBytes
    }

    /// A member with a non-empty text, which is copied as it stands.
    private func write(
        _ name: StaticString, suffix: StaticString = "", _ text: Range<Int>?,
        _ bytes: Span<UInt8>, _ writer: inout JSONWriter, after empty: Int = 0
    ) {
        guard let text, Self.isShortText(text, in: bytes) else { return }
        if writer.count > empty { writer.byte(UInt8(ascii: ",")) }
        writer.byte(UInt8(ascii: "\""))
        writer.literal(name)
        writer.literal(suffix)
        writer.literal("\":")
        writer.raw(bytes, text.lowerBound, text.upperBound)
    }
}
