import MastraRecords

/// A record as its row has it: where its columns stand in the record's JSON, and what lists need as values.
struct StoredRecord {
    let fields: ObjectMembers<RecordField>
    let metadata: ObjectMembers<MetadataField>
    let links: Range<Int>?
    let traceID: String
    /// The 64 bits of the id.
    let span: Int
    let parent: Int?
    let type: String
    let isEvent: Bool
    let isError: Bool
    /// Nanoseconds since 1970.
    let start: Int
    /// Nanoseconds; nil for events, and for spans without an end.
    let duration: Int?
    let model: String?
    let inputTokens: Int?
    let outputTokens: Int?
    /// US dollars.
    let cost: Double?
    let entityID: Range<Int>?
    let entityName: Range<Int>?

    /// Nil where a record has no ids or times, which the mapping does not make.
    init?(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        let fields = ObjectMembers<RecordField>(of: range, in: bytes)
        guard let traceID = bytes.text(fields[.traceID]), traceID.utf8.count == 32,
            let span = bytes.id(fields[.spanID]), let type = bytes.text(fields[.spanType]),
            fields[.name] != nil, fields[.startedAt] != nil
        else { return nil }
        self.fields = fields
        self.traceID = traceID
        self.span = span
        self.type = type
        parent = bytes.id(fields[.parentSpanID])
        isEvent = bytes.isTrue(fields[.isEvent])
        isError = bytes.nonNull(fields[.error]) != nil
        metadata = ObjectMembers(of: fields[.metadata], in: bytes)
        let otel = ObjectMembers<OTelField>(of: metadata[.otel], in: bytes)
        links = otel[.links]
        guard
            let start = bytes.digits(otel[.start]) ?? bytes.nanoseconds(fields[.startedAt])
        else { return nil }
        self.start = start
        let end = bytes.digits(otel[.end]) ?? bytes.nanoseconds(fields[.endedAt])
        duration =
            isEvent || bytes.nonNull(fields[.endedAt]) == nil ? nil : end.map { max(0, $0 - start) }
        let attributes = ObjectMembers<AttributeField>(of: fields[.attributes], in: bytes)
        model = bytes.text(attributes[.model])
        let usage = ObjectMembers<UsageField>(of: attributes[.usage], in: bytes)
        inputTokens = bytes.count(usage[.inputTokens])
        outputTokens = bytes.count(usage[.outputTokens])
        let costs = ObjectMembers<CostField>(of: attributes[.costContext], in: bytes)
        cost = bytes.number(costs[.estimatedCost])
        entityID =
            fields[.entityID] ?? attributes[.agentID] ?? attributes[.workflowID]
            ?? attributes[.toolID]
        entityName =
            fields[.entityName] ?? attributes[.agentName] ?? attributes[.workflowName]
            ?? attributes[.toolName]
    }

    func facts(_ bytes: Span<UInt8>, delivery: Delivery) -> SpanFacts {
        SpanFacts(
            span: span, parent: parent, name: (bytes.text(fields[.name]) ?? "").shortForLists,
            type: type.shortForLists,
            start: start, duration: duration, isEvent: isEvent, isError: isError,
            service: bytes.text(metadata[.serviceName])?.shortForLists,
            entity: (bytes.text(entityName) ?? bytes.text(entityID))?.shortForLists,
            thread: bytes.text(metadata[.threadID])?.shortForLists,
            model: model?.shortForLists, inputTokens: inputTokens,
            outputTokens: outputTokens, cost: cost, delivery: delivery)
    }

    func searchText(_ bytes: Span<UInt8>) -> [UInt8] {
        let parts = [bytes.nonNull(fields[.input]), bytes.nonNull(fields[.output])]
        var text: [UInt8] = []
        text.reserveCapacity(
            min(parts.reduce(0) { $0 + ($1?.count ?? 0) }, SearchText.maxBytes))
        for part in parts { SearchText.append(bytes, part, to: &text) }
        return text
    }
}

extension String {
    /// What lists have of a text, and filters compare with: a list of long names would be as large as their spans.
    var shortForLists: String { utf8.count <= 256 ? self : String(prefix(256)) }
}
