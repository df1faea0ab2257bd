package import MastraRecords
package import OTLP

/// Makes a Mastra span record of each OTLP span. Mapping always answers: an odd value becomes a
/// left-over or a finding on the record, so that a strange span costs itself alone.
///
/// One mapper belongs to one sender and keeps its tables from span to span, so that a span costs no
/// allocation. A plain span goes straight from the request's bytes into the batch; a span of an AI
/// convention is drafted first, since its fields come from many places.
package struct SpanMapper: Sendable {
    /// What became of a span.
    package enum Outcome: Hashable, Sendable {
        case record
        /// The walk rejected it, and its sender was told.
        case rejected
        /// Mastra's own exporter keeps such spans to itself, or an operator does.
        case left(Reason)
    }

    package enum Reason: String, CaseIterable, Hashable, Sendable {
        /// The mark of a span that has begun; the span itself comes with its end.
        case pendingSpan = "pending_span"
        /// One token of a stream, which the platform's exporter filters (MASTRA-CONTRACT 1.6).
        case modelChunk = "model_chunk"
        /// A rule of `SpanSelection.dropRules` matches.
        case filtered
        /// Its trace is not among those of `SpanSelection.keepRatio`.
        case sampled
        /// It is `generic`, with `SpanSelection.aiOnly`.
        case notAI = "not_ai"
    }

    package let options: MappingOptions
    var policy: ContentPolicy
    let hash: KeyHash
    let keys: KeyTable
    /// Some span may be left out by the options.
    private let selects: Bool
    var dropRules: RuleMatcher

    var view = SpanView()
    var attributes = AttributeIndex()
    var context = ContextCache()
    var tree = ValueTree()
    var draft = Draft()
    /// Draft and tree hold something of the last span.
    private var isDrafted = false
    var requestIndex = RequestIndex()
    /// For a look at another span of the request.
    var otherView = SpanView()
    var otherAttributes = AttributeIndex()
    var keyKinds = KeyKinds()
    private var seen = SeenSpans()
    var findings: [Finding] = []
    var type = SpanType.generic
    /// What the type would be if every type were allowed.
    var intendedType: SpanType?
    var hasContentEvents = false
    /// The value that was read last is the whole of its source.
    var isContentWhole = true
    /// The time of reception, which all spans of a request share, and its text.
    var createdAt: (milliseconds: UInt64, text: [UInt8]) = (0, [])
    /// In milliseconds, and nil where the span has not ended.
    var startedAt: UInt64 = 0
    var endedAt: UInt64?
    var parent = Slice.empty
    /// Of the last span, where `explains` is set.
    package private(set) var lastExplanation: Explanation?
    var explanation: Explanation?
    package var explains = false

    package init(
        options: MappingOptions, hashSeed: UInt64 = .random(in: .min ... .max)
    ) {
        self.options = options
        policy = options.policy
        hash = KeyHash(seed: hashSeed)
        keys = KeyTable(hash: hash)
        selects = options.selection.isOn
        dropRules = RuleMatcher(options.selection.dropRules, hash: hash)
    }

    package init(
        dialect: RecordDialect, projectID: String? = nil,
        hashSeed: UInt64 = .random(in: .min ... .max)
    ) {
        var options = MappingOptions(dialect: dialect)
        options.projectID = projectID
        self.init(options: options, hashSeed: hashSeed)
    }

    package var dialect: RecordDialect { options.dialect }
    var keepsVectors: Bool { options.keepsVectors }

    /// Has to be called before the first span of each request.
    package mutating func beginRequest() {
        context.beginRequest()
        dropRules.beginRequest()
        requestIndex.forget()
        seen.forget()
    }

    /// Moves `cursor` over the first `count` spans that would become records, which come before those
    /// that are written: a record is the same wherever a request is cut.
    package mutating func skip(
        _ count: Int, with cursor: inout RequestCursor, in bytes: Span<UInt8>
    ) {
        var left = count
        while left > 0, let range = cursor.next(in: bytes) {
            view.read(range, in: bytes)
            guard view.rejection == nil else { continue }
            left -= 1
            _ = noteSpan(bytes)
        }
    }

    /// Writes the record of the span at `range`, which `cursor` has just answered; nothing is written
    /// for any outcome but a record.
    ///
    /// - Parameters:
    ///   - receivedAt: milliseconds since 1970; the record's `createdAt`, and the same at every
    ///     attempt.
    ///   - maxBytes: of the record; where it would be longer, long strings lose their middle.
    package mutating func write(
        _ range: Slice, of cursor: RequestCursor, in bytes: Span<UInt8>, receivedAt: UInt64,
        maxBytes: Int = .max, to writer: inout JSONWriter
    ) -> Outcome {
        let mark = writer.count
        let outcome = writeOnce(range, of: cursor, in: bytes, receivedAt: receivedAt, &writer)
        guard outcome == .record, writer.count &- mark > maxBytes else { return outcome }
        shrink(range, of: cursor, in: bytes, receivedAt: receivedAt, maxBytes, mark, &writer)
        return outcome
    }

    mutating func writeOnce(
        _ range: Slice, of cursor: RequestCursor, in bytes: Span<UInt8>, receivedAt: UInt64,
        _ writer: inout JSONWriter
    ) -> Outcome {
        view.read(range, in: bytes)
        guard view.rejection == nil else { return .rejected }
        explanation = explains ? Explanation() : nil
        findings.removeAll(keepingCapacity: true)
        let isNew = policy.isShrunk || noteSpan(bytes)
        if !isNew { findings.append(Finding(kind: .duplicateSpanID)) }
        if policy.isShrunk { findings.append(Finding(kind: .recordShrunk)) }
        writer.replacedInvalidUTF8 = false
        context.prepare(for: cursor, in: bytes, policy)
        if createdAt.milliseconds != receivedAt || createdAt.text.isEmpty {
            setCreatedAt(receivedAt)
        }
        if context.replacedInvalidUTF8 { writer.replacedInvalidUTF8 = true }
        let details = view.events.isEmpty ? [] : adoptDetails(bytes)
        attributes.read(view.attributes, in: bytes, keys: keys, hash: hash)
        attributes.enable(context.convention)
        if view.events.isEmpty { hasContentEvents = false } else { noteEvents(bytes) }
        settleParent(bytes)
        settleTimes(receivedAt)
        if let reason = reasonToLeave(bytes) { return leave(.always(reason)) }
        if isDrafted {
            draft.reset()
            tree.reset()
        }
        if !details.isEmpty { draft.usedEvents = details }
        if !selects {
            settleType(cursor, bytes)
        } else if let omission = select(cursor, bytes) {
            // The draft may know events of this span, and the tree its counts.
            isDrafted = true
            return leave(omission)
        }
        isDrafted = !attributes.roles.isEmpty
        if attributes.roles.contains(.convention) {
            fillDraft(bytes)
        } else if attributes.roles.contains(.metadata) {
            fillMetadata(bytes)
        }
        switch dialect {
        case .platform: writePlatform(bytes, &writer)
        case .cloud: writeCloud(bytes, &writer)
        }
        if explains { finishExplanation(bytes) }
        return .record
    }

    /// Answers whether no span of this id has come in the request.
    private mutating func noteSpan(_ bytes: Span<UInt8>) -> Bool {
        seen.insert(
            trace: bytes.load64(view.traceID.start)
                ^ bytes.load64(view.traceID.start &+ 8) &* 31,
            span: bytes.load64(view.spanID.start))
    }

    /// What the span is; and what the options make of that.
    mutating func settleType(_ cursor: RequestCursor, _ bytes: Span<UInt8>) {
        type = decideType(bytes)
        intendedType = nil
        if type == .modelGeneration, !parent.isEmpty, options.mergesNestedCalls,
            text(of: Self.mastraSpanType, in: bytes) == nil
        {
            demoteRepeatedCall(cursor, bytes)
        }
        if options.spanTypes == .core, let fallback = type.coreFallback {
            intendedType = type
            type = fallback
        }
    }

    private mutating func fillDraft(_ bytes: Span<UInt8>) {
        noteMastraType(bytes)
        if let position = nonEmpty(Self.systemInstructions, bytes), type != .agentRun {
            let value = tree.value(view.attributes[position].value, in: bytes)
            draft.systemInstructions = (position, value)
        }
        fillEntity(bytes)
        fillContent(bytes)
        fillFields(bytes)
        inheritUsage(bytes)
        fillUsage(bytes)
        fillFinishReason(bytes)
        fillMetadata(bytes)
        noteRepeatingEvents(bytes)
        settleMastra(bytes)
        settleLogRecord(bytes)
    }

    private mutating func setCreatedAt(_ milliseconds: UInt64) {
        var writer = JSONWriter(capacity: 64)
        writer.time(milliseconds: milliseconds)
        createdAt = (milliseconds, writer.bytes(from: 0))
    }

    /// An empty or all-zero parent makes a root; so does one that cannot be a parent, with a finding
    /// (MAPPING 9).
    private mutating func settleParent(_ bytes: Span<UInt8>) {
        parent = view.parentSpanID
        guard !parent.isEmpty else { return }
        guard parent.count == 8 else {
            findings.append(Finding(kind: .parentIgnored, about: parent))
            parent = .empty
            return
        }
        let id = bytes.load64(parent.start)
        if id == 0 {
            parent = .empty
        } else if id == bytes.load64(view.spanID.start) {
            findings.append(Finding(kind: .selfParent))
            parent = .empty
        }
    }

    private mutating func settleTimes(_ receivedAt: UInt64) {
        let start = view.startTimeUnixNano / 1_000_000
        let end = view.endTimeUnixNano / 1_000_000
        if view.startTimeUnixNano == 0 {
            findings.append(Finding(kind: .startMissing))
            startedAt = view.endTimeUnixNano == 0 ? receivedAt : end
        } else {
            startedAt = start
        }
        if view.endTimeUnixNano == 0 {
            // Without a status the span may still be running.
            endedAt = view.statusCode == 1 || view.statusCode == 2 ? startedAt : nil
        } else if view.endTimeUnixNano < view.startTimeUnixNano {
            findings.append(Finding(kind: .endBeforeStart))
            endedAt = startedAt
        } else {
            endedAt = end
        }
    }
}

// MARK: - Conventions about whole spans

extension SpanMapper {
    private static let systemInstructions = KeySlot(.genAISystemInstructions)
    private static let logfireSpanType = KeySlot(.logfireSpanType)

    private mutating func logfireSpanType(is word: StaticString, _ bytes: Span<UInt8>) -> Bool {
        guard let text = text(of: Self.logfireSpanType, in: bytes) else { return false }
        return word.equals(bytes, text.start, text.end)
    }

    private mutating func reasonToLeave(_ bytes: Span<UInt8>) -> Reason? {
        guard attributes.roles.contains(.convention) else { return nil }
        if logfireSpanType(is: "pending_span", bytes) { return .pendingSpan }
        guard dialect == .platform, attributes.conventions.contains(.mastra),
            let text = text(of: Self.mastraSpanType, in: bytes)
        else { return nil }
        return SpanType.modelChunk.name.equals(bytes, text.start, text.end)
            || ("llm_chunk" as StaticString).equals(bytes, text.start, text.end)
            ? .modelChunk : nil
    }

    /// Logfire sends log lines as spans without length (MAPPING 5.9).
    private mutating func settleLogRecord(_ bytes: Span<UInt8>) {
        guard logfireSpanType(is: "log", bytes) else { return }
        draft.isEvent = true
        endedAt = nil
    }

    /// Streams tell why the model stopped in the message alone (MAPPING 5.6).
    private mutating func fillFinishReason(_ bytes: Span<UInt8>) {
        guard FieldRule.calls.contains(type),
            tree.member("finishReason", of: draft.attributes) == nil
        else { return }
        if let output = draft.output, fillFinishReason(from: output) { return }
        guard let completions = rebuilt(.completions, bytes),
            let first = tree.first(of: completions)
        else { return }
        _ = fillFinishReason(from: first)
    }

    private mutating func fillFinishReason(from output: ValueTree.ID) -> Bool {
        var holder = output
        if let messages = tree.member("messages", of: output), tree.kind(messages) == .array,
            let first = tree.first(of: messages)
        {
            holder = first
        }
        guard let reason = tree.member("finish_reason", of: holder),
            let decoded = decode(reason, .finishReason)
        else { return false }
        tree.set("finishReason", decoded.value, of: draft.attributes)
        explain("attributes.finishReason", "finish_reason of the output")
        return true
    }

    /// Instructions go before a list of messages; an agent has a field for them.
    mutating func takeInstructions() -> ValueTree.ID? {
        guard type != .agentRun, let node = draft.systemInstructions else { return nil }
        attributes.consume(node.position)
        draft.systemInstructions = nil
        return instructions(node.value)
    }

    @inline(never)
    private mutating func leave(_ omission: Omission) -> Outcome {
        if explains {
            let words = describe(omission)
            explanation?.omission = words
            lastExplanation = explanation
        }
        return .left(omission.reason)
    }

    private mutating func finishExplanation(_ bytes: Span<UInt8>) {
        explanation?.conventions = attributes.conventions.names
        explanation?.leftOvers = view.attributes.indices.filter {
            attributes.states[$0] == .leftOver
        }.map { String(decoding: bytes.copy(view.attributes[$0].key), as: UTF8.self) }
        explanation?.warnings = findings.map { finding in
            let about = String(decoding: bytes.copy(finding.about), as: UTF8.self)
            return finding.about.isEmpty || finding.isHex
                ? "\(finding.text)" : "\(finding.text):\(about)"
        }
        lastExplanation = explanation
    }
}

// MARK: - Records

extension SpanMapper {
    /// The exported span and the aliases beside it (MASTRA-CONTRACT 2.3). `parentSpanId` and `error`
    /// are there as null where there is none: the importer's shape asks for them (2.4).
    private mutating func writePlatform(_ bytes: Span<UInt8>, _ writer: inout JSONWriter) {
        writer.literal("{\"id\":")
        writer.hex(bytes, view.spanID.start, view.spanID.end)
        writeIdentity(bytes, &writer)
        writer.literal(",\"type\":\"")
        writer.literal(type.name)
        writer.literal(parent.isEmpty ? "\",\"isRootSpan\":true" : "\",\"isRootSpan\":false")
        writer.literal(draft.isEvent ? ",\"isEvent\":true" : ",\"isEvent\":false")
        writer.literal(",\"startTime\":")
        let times = writer.count
        writer.time(milliseconds: startedAt)
        let afterStart = writer.count
        if endedAt != nil { writer.literal(",\"endTime\":") }
        let beforeEnd = writer.count
        if let endedAt { writer.time(milliseconds: endedAt) }
        let afterEnd = writer.count
        writeEntity(&writer)
        let error = findError(bytes)
        writeAttributes(bytes, error != nil, &writer)
        writeContent(&writer)
        writeTags(&writer)
        writer.literal(",\"error\":")
        let errorStart = writer.count
        writeError(error, bytes, &writer)
        let errorEnd = writer.count
        if error != nil {
            writer.literal(",\"errorInfo\":")
            writer.repeatBytes(from: errorStart, to: errorEnd)
        }
        writer.literal(",\"spanId\":")
        writer.hex(bytes, view.spanID.start, view.spanID.end)
        writer.literal(",\"spanType\":\"")
        writer.literal(type.name)
        writer.literal("\",\"startedAt\":")
        writer.repeatBytes(from: times, to: afterStart)
        writer.literal(",\"endedAt\":")
        if endedAt != nil {
            writer.repeatBytes(from: beforeEnd, to: afterEnd)
        } else {
            writer.literal("null")
        }
        writeLastFields(bytes, error, &writer)
    }

    /// The 15 fields of the original exporter (MASTRA-CONTRACT 2.2): `error` only where there is one;
    /// entity and tags, which have no field there, in attributes and metadata.
    private mutating func writeCloud(_ bytes: Span<UInt8>, _ writer: inout JSONWriter) {
        writer.literal("{\"spanId\":")
        writer.hex(bytes, view.spanID.start, view.spanID.end)
        writeIdentity(bytes, &writer)
        writer.literal(",\"spanType\":\"")
        writer.literal(type.name)
        writer.literal("\",\"startedAt\":")
        writer.time(milliseconds: startedAt)
        writer.literal(",\"endedAt\":")
        if let endedAt {
            writer.time(milliseconds: endedAt)
        } else {
            writer.literal("null")
        }
        let error = findError(bytes)
        writeAttributes(bytes, error != nil, &writer)
        writeContent(&writer)
        if error != nil {
            writer.literal(",\"error\":")
            writeError(error, bytes, &writer)
        }
        writer.literal(draft.isEvent ? ",\"isEvent\":true" : ",\"isEvent\":false")
        writeLastFields(bytes, error, &writer)
    }

    private mutating func writeIdentity(_ bytes: Span<UInt8>, _ writer: inout JSONWriter) {
        writer.literal(",\"traceId\":")
        writer.hex(bytes, view.traceID.start, view.traceID.end)
        writer.literal(",\"parentSpanId\":")
        if parent.isEmpty {
            writer.literal("null")
        } else {
            writer.hex(bytes, parent.start, parent.end)
        }
        writer.literal(",\"name\":")
        if let name = draft.name {
            tree.write(name, depth: 0, policy, maxBytes: policy.maxValueBytes, to: &writer)
        } else if view.name.isEmpty {
            writer.literal("\"unknown\"")
        } else {
            writer.text(
                bytes, view.name.start, view.name.end, maxUnits: policy.maxStringLength,
                maxBytes: policy.maxValueBytes)
        }
    }

    private mutating func writeContent(_ writer: inout JSONWriter) {
        write(draft.input, ",\"input\":", &writer)
        write(draft.output, ",\"output\":", &writer)
    }

    /// The original exporter writes null where there is nothing.
    private mutating func write(
        _ value: ValueTree.ID?, _ name: StaticString, _ writer: inout JSONWriter
    ) {
        guard let value else {
            guard dialect == .cloud else { return }
            writer.literal(name)
            return writer.literal("null")
        }
        writer.literal(name)
        tree.write(value, depth: 0, policy, maxBytes: policy.maxContentBytes, to: &writer)
    }

    private mutating func writeLastFields(
        _ bytes: Span<UInt8>, _ error: SpanError?, _ writer: inout JSONWriter
    ) {
        if dialect == .platform, let projectID = options.projectID {
            writer.literal(",\"projectId\":")
            writer.string(projectID)
        }
        writer.literal(",\"createdAt\":")
        writer.raw(createdAt.text)
        writer.literal(",\"updatedAt\":null")
        // Last, so that it can tell what was found on the way.
        writeMetadata(bytes, error, &writer)
        writer.byte(UInt8(ascii: "}"))
    }
}
