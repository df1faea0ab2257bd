import MastraRecords
import OTLP

/// Rules that look at another span of the same request (MAPPING A31, MASTRA-CONTRACT 4.5).
extension SpanMapper {
    /// A call inside a call with the very same counts is that call, told by another instrumentation:
    /// it becomes a step, and its counts stay left-overs.
    mutating func demoteRepeatedCall(_ cursor: RequestCursor, _ bytes: Span<UInt8>) {
        requestIndex.make(bytes, with: &otherView)
        guard let outer = requestIndex.entry(of: bytes.load64(parent.start)),
            outer.trace == bytes.load64(view.traceID.start)
        else { return }
        let own = usage(of: nil, bytes)
        guard !own.usage.isEmpty else { return }
        let other = usage(of: outer.range, bytes)
        guard other.type == .modelGeneration, own.usage.tells(theSameAs: other.usage) else {
            return
        }
        type = .modelStep
        explain("spanType", "A31 the parent tells the same call")
    }

    /// Type and usage of another span, or usage of this one, with nothing used up.
    private mutating func usage(
        of range: Slice?, _ bytes: Span<UInt8>
    ) -> (type: SpanType, usage: Usage) {
        let explanation = self.explanation
        self.explanation = nil
        defer { self.explanation = explanation }
        var other = Draft()
        swap(&draft, &other)
        defer { swap(&draft, &other) }
        let ownType = type
        let ownParent = parent
        let hadEvents = hasContentEvents
        defer {
            type = ownType
            parent = ownParent
            hasContentEvents = hadEvents
        }
        guard let range else {
            otherAttributes = attributes
            defer { attributes = otherAttributes }
            return (type, readUsage(bytes))
        }
        swap(&view, &otherView)
        swap(&attributes, &otherAttributes)
        defer {
            swap(&view, &otherView)
            swap(&attributes, &otherAttributes)
        }
        view.read(range, in: bytes)
        attributes.read(view.attributes, in: bytes, keys: keys, hash: hash)
        attributes.enable(context.convention)
        noteEvents(bytes)
        parent = view.parentSpanID
        type = decideType(bytes)
        return (type, readUsage(bytes))
    }

    /// Mastra's newest exporter leaves counts to the calls below a generation, where the record of
    /// the generation had their sum (generation C).
    mutating func inheritUsage(_ bytes: Span<UInt8>) {
        guard type == .modelGeneration, attributes.conventions.contains(.mastra),
            text(of: Self.mastraSpanType, in: bytes) != nil
        else { return }
        let own = bytes.load64(view.spanID.start)
        requestIndex.make(bytes, with: &otherView)
        var sum = Usage()
        var last: Slice?
        var open = [own]
        var depth = 0
        while !open.isEmpty, depth < 3 {
            var next: [UInt64] = []
            for span in open {
                for child in requestIndex.children(of: span) {
                    let found = usage(of: child.range, bytes)
                    if found.type == .modelInference {
                        sum = sum.adding(found.usage)
                        last = child.range
                    } else if found.type == .modelStep {
                        next.append(child.span)
                    }
                }
            }
            open = next
            depth += 1
        }
        guard last != nil, !sum.isEmpty else { return }
        draft.inheritedUsage = sum
        explain("attributes.usage", "sum of the model_inference spans below")
    }
}

extension Usage {
    /// The same totals, and no detail that the other denies.
    func tells(theSameAs other: Usage) -> Bool {
        input == other.input && output == other.output
            && (cacheRead ?? 0) == (other.cacheRead ?? cacheRead ?? 0)
    }
}
