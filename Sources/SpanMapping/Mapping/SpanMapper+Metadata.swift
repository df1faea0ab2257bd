import MastraRecords
import OTLP

extension SpanMapper {
    /// `tags` of the platform's record; in the original one they go into metadata.
    mutating func writeTags(_ bytes: Span<UInt8>, _ writer: inout JSONWriter) {
        guard let position = selection.tags else { return }
        writer.literal(",\"tags\":")
        writeTagList(position, bytes, &writer)
    }

    private mutating func writeTagList(
        _ position: Int, _ bytes: Span<UInt8>, _ writer: inout JSONWriter
    ) {
        writer.byte(UInt8(ascii: "["))
        var isFirst = true
        for tag in tags(of: view.attributes[position].value, bytes) {
            if !isFirst { writer.byte(UInt8(ascii: ",")) }
            isFirst = false
            writer.string(tag.span, 0, tag.count)
        }
        writer.byte(UInt8(ascii: "]"))
    }

    /// `metadata`: the fields that Mastra lifts into columns, then resource, scope, and under `otel`
    /// what OTLP has and a record has no field for (MAPPING 5.7).
    mutating func writeMetadata(
        _ bytes: Span<UInt8>, _ error: SpanError?, _ writer: inout JSONWriter
    ) {
        writer.literal(",\"metadata\":{")
        var object = ObjectWriter()
        var hasEnvironment = false
        if attributes.roles.contains(.metadata) {
            for index in 0..<MetadataRule.all.count {
                guard let position = selection.metadata[index] else { continue }
                if index == 0 { hasEnvironment = true }
                object.name(MetadataRule.all[index].name, to: &writer)
                writer.string(view.attributes[position].value.slice, in: bytes)
            }
        }
        if dialect == .cloud, let position = selection.tags {
            object.name("tags", to: &writer)
            writeTagList(position, bytes, &writer)
        }
        if !hasEnvironment, !context.environment.isEmpty {
            object.name(MetadataRule.environment.name, to: &writer)
            writer.raw(context.environment)
        }
        if !context.resource.isEmpty {
            object.separate(&writer)
            writer.raw(context.resource)
        }
        if !context.scope.isEmpty {
            object.separate(&writer)
            writer.raw(context.scope)
        }
        object.name("otel", to: &writer)
        writeOTel(bytes, error, &writer)
        writer.byte(UInt8(ascii: "}"))
    }

    private func writeOTel(
        _ bytes: Span<UInt8>, _ error: SpanError?, _ writer: inout JSONWriter
    ) {
        // The exact times come first and are always there, so that commas can lead.
        writer.literal("{\"startTimeUnixNano\":\"")
        writer.unsigned(view.startTimeUnixNano)
        writer.literal("\",\"endTimeUnixNano\":\"")
        writer.unsigned(view.endTimeUnixNano)
        writer.byte(UInt8(ascii: "\""))
        writeKind(&writer)
        writeStatus(bytes, error, &writer)
        if !view.traceState.isEmpty {
            writer.literal(",\"traceState\":")
            writer.string(view.traceState, in: bytes)
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

    private func writeCount(
        _ name: StaticString, _ count: UInt32, _ writer: inout JSONWriter
    ) {
        guard count > 0 else { return }
        writer.literal(name)
        writer.unsigned(UInt64(count))
    }

    /// In words; a number that the enum does not have as that number.
    private func writeKind(_ writer: inout JSONWriter) {
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

    private func writeStatus(
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
            writer.string(view.statusMessage, in: bytes)
        }
    }

    private func writeEvents(
        _ bytes: Span<UInt8>, _ error: SpanError?, _ writer: inout JSONWriter
    ) {
        writer.literal(",\"events\":[")
        for index in 0..<view.events.count {
            if index > 0 { writer.byte(UInt8(ascii: ",")) }
            let event = EventView(view.events[index], in: bytes)
            writer.literal("{\"name\":")
            writer.string(event.name, in: bytes)
            writer.literal(",\"timeUnixNano\":\"")
            writer.unsigned(event.timeUnixNano)
            writer.literal("\",\"attributes\":{")
            var object = ObjectWriter()
            var cursor = RepeatedCursor(field: EventView.attributesField, of: event.message)
            while let item = cursor.next(in: bytes) {
                let attribute = AttributeView(item, in: bytes)
                if index == error?.event, isInError(attribute, error, in: bytes) { continue }
                object.separate(&writer)
                writer.string(attribute.key, in: bytes)
                writer.byte(UInt8(ascii: ":"))
                writer.value(attribute.value, in: bytes)
            }
            writer.byte(UInt8(ascii: "}"))
            writeCount(",\"droppedAttributesCount\":", event.droppedAttributesCount, &writer)
            writer.byte(UInt8(ascii: "}"))
        }
        writer.byte(UInt8(ascii: "]"))
    }

    /// An attribute of the exception event whose very bytes stand in `error`.
    private func isInError(
        _ attribute: AttributeView, _ error: SpanError?, in bytes: Span<UInt8>
    ) -> Bool {
        let slice = attribute.value.slice
        return switch ExceptionKey(attribute.key, in: bytes) {
        case .message: error?.message == slice
        case .type: error?.name == slice
        case .stacktrace: error?.stack == slice
        case nil: false
        }
    }

    private func writeLinks(_ bytes: Span<UInt8>, _ writer: inout JSONWriter) {
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
                writer.string(link.traceState, in: bytes)
            }
            writer.literal(",\"attributes\":{")
            writer.pairs(LinkView.attributesField, of: link.message, in: bytes)
            writer.byte(UInt8(ascii: "}"))
            writeCount(",\"droppedAttributesCount\":", link.droppedAttributesCount, &writer)
            writeCount(",\"flags\":", link.flags, &writer)
            writer.byte(UInt8(ascii: "}"))
        }
        writer.byte(UInt8(ascii: "]"))
    }

    /// Earlier values of keys that came again, as a list: an object could hold each key once.
    private func writeDuplicates(_ bytes: Span<UInt8>, _ writer: inout JSONWriter) {
        writer.literal(",\"duplicates\":[")
        var isFirst = true
        for position in 0..<view.attributes.count
        where attributes.states[position] == .shadowed {
            if !isFirst { writer.byte(UInt8(ascii: ",")) }
            isFirst = false
            writer.literal("{\"key\":")
            writer.string(view.attributes[position].key, in: bytes)
            writer.literal(",\"value\":")
            writer.value(view.attributes[position].value, in: bytes)
            writer.byte(UInt8(ascii: "}"))
        }
        writer.byte(UInt8(ascii: "]"))
    }

    private func writeFindings(_ bytes: Span<UInt8>, _ writer: inout JSONWriter) {
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
