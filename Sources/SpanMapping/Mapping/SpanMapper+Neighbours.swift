import MastraRecords
import OTLP

/// Rules that look at another span of the same request (MAPPING A31, MASTRA-CONTRACT 4.5).
extension SpanMapper {
    /// A call inside a call with the very same counts is that call, told by another instrumentation:
    /// it becomes a step, and its counts stay left-overs.
    mutating func demoteRepeatedCall(_ cursor: RequestCursor, _ bytes: Span<UInt8>) {
        requestIndex.make(bytes, with: &otherView)
        guard let outer = requestIndex.entry(of: bytes.load64(parent.start)),
            outer.trace == bytes.load64(view.traceID.start),
            let told = callUsage(of: outer, bytes), !told.isEmpty
        else { return }
        let ownAttributes = attributes
        let own = readUsage(bytes)
        attributes = ownAttributes
        guard own.tells(theSameAs: told) else { return }
        type = .modelStep
        explain("spanType", "A31 the parent tells the same call")
    }

    /// The counts of another span if it is a model call; looked up once for all its children.
    private mutating func callUsage(
        of outer: RequestIndex.Entry, _ bytes: Span<UInt8>
    ) -> Usage? {
        if let known = requestIndex.calls[outer.span] { return known }
        let other = look(at: outer.range, bytes)
        let call = other.type == .modelGeneration ? other.usage : nil
        requestIndex.calls[outer.span] = .some(call)
        return call
    }

    /// Type, usage, start and fields that a generation inherits of another span, with nothing of this
    /// one changed.
    private mutating func look(
        at range: Slice, _ bytes: Span<UInt8>
    ) -> (type: SpanType, usage: Usage, start: UInt64, fields: [(StaticString, ValueTree.ID)]) {
        let explanation = self.explanation
        self.explanation = nil
        var other = Draft()
        let ownType = type
        let ownParent = parent
        let hadEvents = hasContentEvents
        swap(&draft, &other)
        swap(&view, &otherView)
        swap(&attributes, &otherAttributes)
        defer {
            swap(&attributes, &otherAttributes)
            swap(&view, &otherView)
            swap(&draft, &other)
            type = ownType
            parent = ownParent
            hasContentEvents = hadEvents
            self.explanation = explanation
        }
        view.read(range, in: bytes)
        if !view.events.isEmpty { _ = adoptDetails(bytes) }
        attributes.read(view.attributes, in: bytes, keys: keys, hash: hash)
        attributes.enable(context.convention)
        noteEvents(bytes)
        parent = view.parentSpanID
        type = decideType(bytes)
        let counts = type == .modelGeneration || type == .modelInference
        let fields = type == .modelInference ? inheritedFields(bytes) : []
        return (
            type, counts ? readUsage(bytes) : Usage(), view.startTimeUnixNano, fields
        )
    }

    private mutating func inheritedFields(
        _ bytes: Span<UInt8>
    ) -> [(StaticString, ValueTree.ID)] {
        FieldRule.inherited.compactMap { rule in
            value(of: rule, bytes).map { (rule.name, $0.value) }
        }
    }

    /// Mastra's newest exporter leaves counts to the calls below a generation, where the record of
    /// the generation had their sum, and with it what the last of them tells of model, provider and
    /// end (generation C).
    mutating func inheritUsage(_ bytes: Span<UInt8>) {
        guard type == .modelGeneration, draft.isMastraType, !isMastraGenerationA else { return }
        let own = bytes.load64(view.spanID.start)
        requestIndex.make(bytes, with: &otherView)
        var sum = Usage()
        var last: (start: UInt64, fields: [(StaticString, ValueTree.ID)])?
        let trace = bytes.load64(view.traceID.start)
        var open = [own]
        var depth = 0
        while !open.isEmpty, depth < 3 {
            var next: [UInt64] = []
            for span in open {
                for child in requestIndex.children(of: span, in: trace) {
                    let found = look(at: child.range, bytes)
                    if found.type == .modelInference {
                        sum = sum.adding(found.usage)
                        if found.start >= last?.start ?? 0 { last = (found.start, found.fields) }
                    } else if found.type == .modelStep {
                        next.append(child.span)
                    }
                }
            }
            open = next
            depth += 1
        }
        for (name, value) in last?.fields ?? []
        where tree.member(name, of: draft.attributes) == nil {
            tree.set(name, value, of: draft.attributes)
            explain("attributes.\(name)", "the last model_inference span below")
        }
        takeModelOfName(bytes)
        guard last != nil, !sum.isEmpty else { return }
        draft.inheritedUsage = sum
        explain("attributes.usage", "sum of the model_inference spans below")
    }

    /// The span is called `model_generation <model>`.
    private mutating func takeModelOfName(_ bytes: Span<UInt8>) {
        let word: StaticString = "model_generation "
        let length = word.utf8CodeUnitCount
        guard tree.member("model", of: draft.attributes) == nil,
            Self.begins(view.name, with: word, bytes), view.name.count > length
        else { return }
        let model = tree.string(bytes, view.name.start + length, view.name.end)
        guard !tree.equals(model, "unknown") else { return }
        tree.set("model", model, of: draft.attributes)
        explain("attributes.model", "span name")
    }
}

extension Usage {
    /// The same totals, and no detail that the other denies.
    func tells(theSameAs other: Usage) -> Bool {
        input == other.input && output == other.output
            && (cacheRead ?? 0) == (other.cacheRead ?? cacheRead ?? 0)
    }
}
