import MastraRecords
import OTLP

/// `metadata.otel`: what OTLP has and a record has no field for.
extension SpanMapper {
    mutating func writeOTel(
        _ bytes: Span<UInt8>, _ error: SpanError?, _ writer: inout JSONWriter
    ) {
        // The exact times come first and are always there, so that commas can lead.
        writer.literal("{\"startTimeUnixNano\":\"")
        writer.unsigned(view.startTimeUnixNano)
        writer.literal("\",\"endTimeUnixNano\":\"")
        writer.unsigned(view.endTimeUnixNano)
        writer.byte(UInt8(ascii: "\""))
        writeKind(&writer)
        // The name that the exporter gave; the record has the one that Mastra had given.
        if draft.name != nil {
            writer.literal(",\"name\":")
            write(view.name, bytes, &writer)
        }
        writeStatus(bytes, error, &writer)
        if !view.traceState.isEmpty {
            writer.literal(",\"traceState\":")
            write(view.traceState, bytes, &writer)
        }
        writeCount(",\"flags\":", view.flags, &writer)
        writeCount(",\"droppedAttributesCount\":", view.droppedAttributesCount, &writer)
        writeCount(",\"droppedEventsCount\":", view.droppedEventsCount, &writer)
        writeCount(",\"droppedLinksCount\":", view.droppedLinksCount, &writer)
        if !context.otel.isEmpty {
            writer.byte(UInt8(ascii: ","))
            writer.raw(context.otel)
        }
        if !view.events.isEmpty { writeEvents(bytes, error, &writer) }
        if !view.links.isEmpty { writeLinks(bytes, &writer) }
        if attributes.shadowedCount > 0 { writeDuplicates(bytes, &writer) }
        if !findings.isEmpty || writer.replacedInvalidUTF8 || attributes.shadowedCount > 0 {
            writeFindings(bytes, &writer)
        }
        writer.byte(UInt8(ascii: "}"))
    }

    private mutating func writeCount(
        _ name: StaticString, _ count: UInt32, _ writer: inout JSONWriter
    ) {
        guard count > 0 else { return }
        writer.literal(name)
        writer.unsigned(UInt64(count))
    }

    /// In words; a number that the enum does not have as that number.
    private mutating func writeKind(_ writer: inout JSONWriter) {
        switch view.kind {
        case 0: break
        case 1: writer.literal(",\"kind\":\"internal\"")
        case 2: writer.literal(",\"kind\":\"server\"")
        case 3: writer.literal(",\"kind\":\"client\"")
        case 4: writer.literal(",\"kind\":\"producer\"")
        case 5: writer.literal(",\"kind\":\"consumer\"")
        default:
            writer.literal(",\"kind\":")
            writer.signed(Int64(view.kind))
        }
    }

    private mutating func writeStatus(
        _ bytes: Span<UInt8>, _ error: SpanError?, _ writer: inout JSONWriter
    ) {
        switch view.statusCode {
        case 0: break
        case 1: writer.literal(",\"statusCode\":\"ok\"")
        case 2: writer.literal(",\"statusCode\":\"error\"")
        default:
            writer.literal(",\"statusCode\":")
            writer.signed(Int64(view.statusCode))
        }
        // Of a failed span the message stands in `error` already.
        if error == nil, !view.statusMessage.isEmpty {
            writer.literal(",\"statusMessage\":")
            write(view.statusMessage, bytes, &writer)
        }
    }

    private mutating func writeEvents(
        _ bytes: Span<UInt8>, _ error: SpanError?, _ writer: inout JSONWriter
    ) {
        var written = 0
        var collapsed: [(name: Slice, count: Int)] = []
        let mark = writer.count
        writer.literal(",\"events\":[")
        for index in view.events.indices where !draft.usedEvents.contains(index) {
            let event = EventView(view.events[index], in: bytes)
            if isChunk(event, bytes) {
                if let known = collapsed.firstIndex(where: { isSame($0.name, event.name, bytes) }) {
                    collapsed[known].count += 1
                } else {
                    collapsed.append((event.name, 1))
                }
                continue
            }
            if written > 0 { writer.byte(UInt8(ascii: ",")) }
            written += 1
            writeEvent(event, isError: index == error?.event, error, bytes, &writer)
        }
        writer.byte(UInt8(ascii: "]"))
        if written == 0 { writer.truncate(to: mark) }
        writeCollapsed(collapsed, bytes, &writer)
    }

    private mutating func writeEvent(
        _ event: EventView, isError: Bool, _ error: SpanError?, _ bytes: Span<UInt8>,
        _ writer: inout JSONWriter
    ) {
        writer.literal("{\"name\":")
        write(event.name, bytes, &writer)
        writer.literal(",\"timeUnixNano\":\"")
        writer.unsigned(event.timeUnixNano)
        writer.literal("\",\"attributes\":{")
        if isError {
            var object = ObjectWriter()
            var cursor = RepeatedCursor(field: EventView.attributesField, of: event.message)
            while let item = cursor.next(in: bytes) {
                let attribute = AttributeView(item, in: bytes)
                if isInError(attribute, error, in: bytes) { continue }
                object.separate(&writer)
                writer.member(attribute, in: bytes, depth: Self.eventDepth, policy)
            }
        } else {
            writer.pairs(
                EventView.attributesField, of: event.message, in: bytes, depth: Self.eventDepth,
                policy)
        }
        writer.byte(UInt8(ascii: "}"))
        writeCount(",\"droppedAttributesCount\":", event.droppedAttributesCount, &writer)
        writer.byte(UInt8(ascii: "}"))
    }

    /// Of `attributes` in `metadata.otel.events[…]`.
    private static let eventDepth = 4

    static let chunkEvents: [StaticString] = [
        "gen_ai.content.completion.chunk", "llm.content.completion.chunk",
    ]

    /// One of many events that each tell of one token and nothing more (MAPPING 5.9).
    private mutating func isChunk(_ event: EventView, _ bytes: Span<UInt8>) -> Bool {
        guard
            Self.chunkEvents.contains(where: {
                $0.equals(bytes, event.name.start, event.name.end)
            })
        else { return false }
        var cursor = RepeatedCursor(field: EventView.attributesField, of: event.message)
        return cursor.next(in: bytes) == nil
    }

    private mutating func isSame(_ one: Slice, _ other: Slice, _ bytes: Span<UInt8>) -> Bool {
        one.count == other.count && bytes.equals(one.start, bytes, other.start, one.count)
    }

    private mutating func writeCollapsed(
        _ collapsed: [(name: Slice, count: Int)], _ bytes: Span<UInt8>,
        _ writer: inout JSONWriter
    ) {
        guard !collapsed.isEmpty else { return }
        writer.literal(",\"collapsedEvents\":{")
        var object = ObjectWriter()
        for (name, count) in collapsed {
            object.separate(&writer)
            writer.string(name, in: bytes)
            writer.byte(UInt8(ascii: ":"))
            writer.unsigned(UInt64(count))
        }
        writer.byte(UInt8(ascii: "}"))
    }

    /// An attribute of the exception event whose very bytes stand in `error`.
    private mutating func isInError(
        _ attribute: AttributeView, _ error: SpanError?, in bytes: Span<UInt8>
    ) -> Bool {
        let text =
            switch ExceptionKey(attribute.key, in: bytes) {
            case .message: error?.message
            case .type: error?.name
            case .stacktrace: error?.stack
            case nil: nil as Slice?
            }
        return text.map {
            $0 == attribute.value.slice || isSame($0, attribute.value.slice, bytes)
        } ?? false
    }

    private mutating func writeLinks(_ bytes: Span<UInt8>, _ writer: inout JSONWriter) {
        writer.literal(",\"links\":[")
        for index in 0..<view.links.count {
            if index > 0 { writer.byte(UInt8(ascii: ",")) }
            let link = LinkView(view.links[index], in: bytes)
            writer.literal("{\"traceId\":")
            writer.hex(bytes, link.traceID.start, link.traceID.end)
            writer.literal(",\"spanId\":")
            writer.hex(bytes, link.spanID.start, link.spanID.end)
            if !link.traceState.isEmpty {
                writer.literal(",\"traceState\":")
                write(link.traceState, bytes, &writer)
            }
            writer.literal(",\"attributes\":{")
            writer.pairs(
                LinkView.attributesField, of: link.message, in: bytes, depth: Self.eventDepth,
                policy)
            writer.byte(UInt8(ascii: "}"))
            writeCount(",\"droppedAttributesCount\":", link.droppedAttributesCount, &writer)
            writeCount(",\"flags\":", link.flags, &writer)
            writer.byte(UInt8(ascii: "}"))
        }
        writer.byte(UInt8(ascii: "]"))
    }

    /// Earlier values of keys that came again, as a list: an object could hold each key once.
    private mutating func writeDuplicates(_ bytes: Span<UInt8>, _ writer: inout JSONWriter) {
        writer.literal(",\"duplicates\":[")
        var isFirst = true
        for position in 0..<view.attributes.count
        where attributes.states[position] == .shadowed {
            if !isFirst { writer.byte(UInt8(ascii: ",")) }
            isFirst = false
            writer.literal("{\"key\":")
            writer.string(view.attributes[position].key, in: bytes)
            writer.literal(",\"value\":")
            writer.value(
                of: view.attributes[position], in: bytes, depth: Self.eventDepth, policy)
            writer.byte(UInt8(ascii: "}"))
        }
        writer.byte(UInt8(ascii: "]"))
    }

    private mutating func writeFindings(_ bytes: Span<UInt8>, _ writer: inout JSONWriter) {
        writer.literal(",\"warnings\":[")
        var isFirst = true
        func write(_ finding: Finding, _ writer: inout JSONWriter) {
            if !isFirst { writer.byte(UInt8(ascii: ",")) }
            isFirst = false
            writer.byte(UInt8(ascii: "\""))
            writer.literal(finding.text)
            if !finding.about.isEmpty { writer.byte(UInt8(ascii: ":")) }
            if finding.isHex {
                writer.hexContent(bytes, finding.about.start, finding.about.end)
            } else {
                writer.stringContent(bytes, finding.about.start, finding.about.end)
            }
            writer.byte(UInt8(ascii: "\""))
        }
        for finding in findings { write(finding, &writer) }
        if attributes.shadowedCount > 0 { write(Finding(kind: .duplicateKey), &writer) }
        if writer.replacedInvalidUTF8 { write(Finding(kind: .invalidUTF8), &writer) }
        writer.byte(UInt8(ascii: "]"))
    }
}
