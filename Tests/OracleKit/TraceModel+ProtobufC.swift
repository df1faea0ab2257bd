import COTLP
import CProtobufC

private typealias RequestC =
    Opentelemetry__Proto__Collector__Trace__V1__ExportTraceServiceRequest
private typealias ResourceC = Opentelemetry__Proto__Resource__V1__Resource
private typealias ScopeC = Opentelemetry__Proto__Common__V1__InstrumentationScope
private typealias SpanC = Opentelemetry__Proto__Trace__V1__Span
private typealias EventC = Opentelemetry__Proto__Trace__V1__Span__Event
private typealias LinkC = Opentelemetry__Proto__Trace__V1__Span__Link
private typealias PairC = Opentelemetry__Proto__Common__V1__KeyValue
private typealias ValueC = Opentelemetry__Proto__Common__V1__AnyValue

/// The request as libprotobuf-c reads it.
extension TraceModel {
    /// Nil where libprotobuf-c refuses.
    ///
    /// - Parameter bytes: nested no deeper than `WireReading` allows; libprotobuf-c recurses without
    ///   a limit. Their lengths are below 2^31 and no singular message comes twice: its merge reads
    ///   before a table when both of two values of one attribute are empty.
    package init?(protobufC bytes: [UInt8]) {
        let unpacked = bytes.withUnsafeBufferPointer { buffer in
            // An empty array may have no address, and protobuf-c takes NULL with 0 for empty.
            opentelemetry__proto__collector__trace__v1__export_trace_service_request__unpack(
                nil, buffer.count, buffer.baseAddress)
        }
        guard let unpacked else { return nil }
        defer {
            opentelemetry__proto__collector__trace__v1__export_trace_service_request__free_unpacked(
                unpacked, nil)
        }
        spans = Self.spans(unpacked.pointee)
    }

    private static func spans(_ request: RequestC) -> [SpanModel] {
        var spans: [SpanModel] = []
        for group in items(request.resource_spans, request.n_resource_spans) {
            let resource = group.resource.map { context($0.pointee) } ?? ContextModel()
            for inner in items(group.scope_spans, group.n_scope_spans) {
                let scope = inner.scope.map { context($0.pointee) } ?? ContextModel()
                for item in items(inner.spans, inner.n_spans) {
                    var model = span(item)
                    model.resource = resource
                    model.resourceSchemaURL = bytes(group.schema_url)
                    model.scope = scope
                    model.scopeSchemaURL = bytes(inner.schema_url)
                    spans.append(model)
                }
            }
        }
        return spans
    }

    private static func context(_ resource: ResourceC) -> ContextModel {
        ContextModel(
            attributes: pairs(resource.attributes, resource.n_attributes),
            dropped: resource.dropped_attributes_count)
    }

    private static func context(_ scope: ScopeC) -> ContextModel {
        ContextModel(
            name: bytes(scope.name), version: bytes(scope.version),
            attributes: pairs(scope.attributes, scope.n_attributes),
            dropped: scope.dropped_attributes_count)
    }

    private static func span(_ span: SpanC) -> SpanModel {
        SpanModel(
            traceID: bytes(span.trace_id), spanID: bytes(span.span_id),
            parentSpanID: bytes(span.parent_span_id), traceState: bytes(span.trace_state),
            name: bytes(span.name), kind: Int32(truncatingIfNeeded: span.kind.rawValue),
            start: span.start_time_unix_nano, end: span.end_time_unix_nano,
            dropped: [
                span.dropped_attributes_count, span.dropped_events_count, span.dropped_links_count,
            ],
            flags: span.flags,
            statusMessage: span.status.map { bytes($0.pointee.message) } ?? [],
            statusCode: span.status.map { Int32(truncatingIfNeeded: $0.pointee.code.rawValue) }
                ?? 0,
            attributes: pairs(span.attributes, span.n_attributes),
            events: items(span.events, span.n_events).map(event),
            links: items(span.links, span.n_links).map(link))
    }

    private static func event(_ event: EventC) -> EventModel {
        EventModel(
            time: event.time_unix_nano, name: bytes(event.name),
            attributes: pairs(event.attributes, event.n_attributes),
            dropped: event.dropped_attributes_count)
    }

    private static func link(_ link: LinkC) -> LinkModel {
        LinkModel(
            traceID: bytes(link.trace_id), spanID: bytes(link.span_id),
            traceState: bytes(link.trace_state),
            attributes: pairs(link.attributes, link.n_attributes),
            dropped: link.dropped_attributes_count, flags: link.flags)
    }

    private static func pairs(
        _ list: UnsafeMutablePointer<UnsafeMutablePointer<PairC>?>?, _ count: Int
    ) -> [PairModel] {
        items(list, count).map { pair in
            PairModel(
                key: bytes(pair.key), value: pair.value.map { value($0.pointee) } ?? .empty)
        }
    }

    private static func value(_ any: ValueC) -> ValueModel {
        switch any.value_case.rawValue {
        case 1: .string(bytes(any.string_value))
        case 2: .bool(any.bool_value != 0)
        case 3: .int(any.int_value)
        case 4: .double(any.double_value.bitPattern)
        case 5: .array(array(any))
        case 6: .map(map(any))
        case 7: .bytes(bytes(any.bytes_value))
        default: .empty  // not set, or string_value_strindex, which counts as absent (D9)
        }
    }

    private static func array(_ any: ValueC) -> [ValueModel] {
        guard let list = any.array_value?.pointee else { return [] }
        return items(list.values, list.n_values).map(value)
    }

    private static func map(_ any: ValueC) -> [PairModel] {
        guard let list = any.kvlist_value?.pointee else { return [] }
        return pairs(list.values, list.n_values)
    }

    private static func items<Item>(
        _ list: UnsafeMutablePointer<UnsafeMutablePointer<Item>?>?, _ count: Int
    ) -> [Item] {
        UnsafeBufferPointer(start: list, count: list == nil ? 0 : count).compactMap { $0?.pointee }
    }

    private static func bytes(_ data: ProtobufCBinaryData) -> [UInt8] {
        Array(UnsafeBufferPointer(start: data.data, count: data.data == nil ? 0 : data.len))
    }
}
