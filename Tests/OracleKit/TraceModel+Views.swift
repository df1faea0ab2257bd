import OTLP

/// The request as `RequestCursor` and the views read it.
extension TraceModel {
    /// What the views make of bytes that the walk may have refused: anything but a trap.
    package init(viewsOfAnything bytes: [UInt8]) { self.init(views: bytes) }

    /// - Parameter bytes: must have passed `walkRequest`.
    package init(views bytes: [UInt8]) {
        let reader = ViewReader(bytes: bytes)
        var cursor = RequestCursor()
        var view = SpanView()
        while let range = cursor.next(in: bytes.span) {
            view.read(range, in: bytes.span)
            spans.append(reader.span(view, cursor))
        }
    }
}

private struct ViewReader {
    let bytes: [UInt8]

    func span(_ view: SpanView, _ cursor: RequestCursor) -> SpanModel {
        SpanModel(
            resource: resource(cursor.resourceSpans),
            resourceSchemaURL: content(
                ContextView.schemaURL(of: cursor.resourceSpans, in: bytes.span)),
            scope: scope(cursor.scopeSpans),
            scopeSchemaURL: content(ContextView.schemaURL(of: cursor.scopeSpans, in: bytes.span)),
            traceID: content(view.traceID), spanID: content(view.spanID),
            parentSpanID: content(view.parentSpanID), traceState: content(view.traceState),
            name: content(view.name), kind: view.kind, start: view.startTimeUnixNano,
            end: view.endTimeUnixNano,
            dropped: [
                view.droppedAttributesCount, view.droppedEventsCount, view.droppedLinksCount,
            ],
            flags: view.flags, statusMessage: content(view.statusMessage),
            statusCode: view.statusCode, attributes: view.attributes.map(pair),
            events: view.events.map(event), links: view.links.map(link))
    }

    private func event(_ range: Slice) -> EventModel {
        let view = EventView(range, in: bytes.span)
        return EventModel(
            time: view.timeUnixNano, name: content(view.name),
            attributes: pairs(EventView.attributesField, of: view.message),
            dropped: view.droppedAttributesCount)
    }

    private func link(_ range: Slice) -> LinkModel {
        let view = LinkView(range, in: bytes.span)
        return LinkModel(
            traceID: content(view.traceID), spanID: content(view.spanID),
            traceState: content(view.traceState),
            attributes: pairs(LinkView.attributesField, of: view.message),
            dropped: view.droppedAttributesCount, flags: view.flags)
    }

    /// Of several resources or scopes, a later field replaces an earlier one and attributes join.
    private func resource(_ group: Slice) -> ContextModel {
        var model = ContextModel()
        for message in slices(ContextView.messages(of: group)) {
            model.attributes += pairs(ContextView.resourceAttributesField, of: message)
            if has(tag: 2 << 3, message) { model.dropped = dropped(2, message) }
        }
        return model
    }

    private func scope(_ group: Slice) -> ContextModel {
        var model = ContextModel()
        for message in slices(ContextView.messages(of: group)) {
            model.attributes += pairs(ContextView.scopeAttributesField, of: message)
            if has(tag: 1 << 3 | 2, message) {
                model.name = content(ContextView.scopeName(message, in: bytes.span))
            }
            if has(tag: 2 << 3 | 2, message) {
                model.version = content(ContextView.scopeVersion(message, in: bytes.span))
            }
            if has(tag: 4 << 3, message) { model.dropped = dropped(4, message) }
        }
        return model
    }

    private func dropped(_ field: Int, _ message: Slice) -> UInt32 {
        ContextView.droppedAttributesCount(field: field, of: message, in: bytes.span)
    }

    private func has(tag: UInt32, _ message: Slice) -> Bool {
        var position = message.start
        while let field = bytes.span.nextField(at: &position, before: message.end) {
            if field.tag == tag { return true }
        }
        return false
    }

    private func pairs(_ field: Int, of message: Slice) -> [PairModel] {
        slices(RepeatedCursor(field: field, of: message)).map {
            pair(AttributeView($0, in: bytes.span))
        }
    }

    private func pair(_ view: AttributeView) -> PairModel {
        PairModel(key: content(view.key), value: value(view.value))
    }

    private func value(_ view: ValueView) -> ValueModel {
        switch view.kind {
        case .empty: .empty
        case .string: .string(content(view.slice))
        case .bool: .bool(view.bool)
        case .int: .int(view.int)
        case .double: .double(view.double.bitPattern)
        case .bytes: .bytes(content(view.slice))
        case .array:
            .array(
                slices(RepeatedCursor(field: 1, of: view.slice)).map { range in
                    var item = ValueView()
                    item.merge(range, in: bytes.span)
                    return value(item)
                })
        case .keyValueList: .map(pairs(1, of: view.slice))
        }
    }

    private func slices(_ cursor: RepeatedCursor) -> [Slice] {
        var cursor = cursor
        var slices: [Slice] = []
        while let slice = cursor.next(in: bytes.span) { slices.append(slice) }
        return slices
    }

    private func content(_ slice: Slice) -> [UInt8] { Array(bytes[slice.start..<slice.end]) }
}
