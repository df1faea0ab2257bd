/// The messages below a `ScopeSpans`, each with the field numbers of the published schema
/// (opentelemetry/proto/trace/v1, common/v1, resource/v1). `case` labels are whole tags:
/// `number << 3 | wire type`.
extension Span<UInt8> {
    func walkSpan(_ range: Slice) throws(WireError) -> SpanRejection? {
        var identity = SpanIdentity()
        var position = range.start
        while position < range.end {
            let start = position
            switch try varint(at: &position, before: range.end) {
            case 0x4a:  // attributes = 9
                let content = try delimited(at: &position, before: range.end)
                try walkKeyValue(content, depth: 0)
                identity.attributes &+= 1
            case 0x0a: identity.traceID = try delimited(at: &position, before: range.end)
            case 0x12: identity.spanID = try delimited(at: &position, before: range.end)
            case 0x1a, 0x22, 0x2a:  // trace_state = 3, parent_span_id = 4, name = 5
                _ = try delimited(at: &position, before: range.end)
            case 0x30, 0x50, 0x60, 0x70:  // kind = 6, dropped counts = 10, 12, 14
                _ = try varint(at: &position, before: range.end)
            case 0x39, 0x41:  // start_time_unix_nano = 7, end_time_unix_nano = 8
                try skip(8, at: &position, before: range.end)
            case 0x5a:  // events = 11
                let content = try delimited(at: &position, before: range.end)
                identity.nestedAttributes = max(
                    identity.nestedAttributes, try walkEvent(content))
                identity.events &+= 1
            case 0x6a:  // links = 13
                let content = try delimited(at: &position, before: range.end)
                identity.nestedAttributes = max(identity.nestedAttributes, try walkLink(content))
                identity.links &+= 1
            case 0x7a:  // status = 15
                let content = try delimited(at: &position, before: range.end)
                try walkStatus(content)
            case 0x85:  // flags = 16, fixed32
                try skip(4, at: &position, before: range.end)
            case let tag: try skipField(tag, &position, range.end, start, .init("Span", 1, 16))
            }
        }
        return identity.rejection(in: self)
    }

    @inline(__always)
    func walkKeyValue(_ range: Slice, depth: Int) throws(WireError) {
        var position = range.start
        while position < range.end {
            let start = position
            switch try varint(at: &position, before: range.end) {
            case 0x0a: _ = try delimited(at: &position, before: range.end)
            case 0x12:
                let content = try delimited(at: &position, before: range.end)
                try walkAnyValue(content, depth: depth)
            case 0x18: _ = try varint(at: &position, before: range.end)  // key_strindex = 3 (D9)
            case let tag: try skipField(tag, &position, range.end, start, .init("KeyValue", 1, 3))
            }
        }
    }

    @inline(__always)
    private func walkAnyValue(_ range: Slice, depth: Int) throws(WireError) {
        var position = range.start
        while position < range.end {
            let start = position
            switch try varint(at: &position, before: range.end) {
            case 0x0a, 0x3a:  // string_value = 1, bytes_value = 7
                _ = try delimited(at: &position, before: range.end)
            case 0x10, 0x18, 0x40:  // bool_value = 2, int_value = 3, string_value_strindex = 8
                _ = try varint(at: &position, before: range.end)
            case 0x21: try skip(8, at: &position, before: range.end)  // double_value = 4
            case 0x2a:  // array_value = 5
                let content = try delimited(at: &position, before: range.end)
                try walkList(content, ofPairs: false, depth: depth &+ 1)
            case 0x32:  // kvlist_value = 6
                let content = try delimited(at: &position, before: range.end)
                try walkList(content, ofPairs: true, depth: depth &+ 1)
            case let tag: try skipField(tag, &position, range.end, start, .init("AnyValue", 1, 8))
            }
        }
    }

    /// `ArrayValue` and `KeyValueList`: both hold one repeated field, number 1.
    @inline(never)
    private func walkList(_ range: Slice, ofPairs: Bool, depth: Int) throws(WireError) {
        guard depth <= WalkLimits.maxDepth else {
            throw WireError(offset: range.start, reason: .tooDeep(limit: WalkLimits.maxDepth))
        }
        var position = range.start
        while position < range.end {
            let start = position
            switch try varint(at: &position, before: range.end) {
            case 0x0a:
                let content = try delimited(at: &position, before: range.end)
                if ofPairs {
                    try walkKeyValue(content, depth: depth)
                } else {
                    try walkAnyValue(content, depth: depth)
                }
            case let tag:
                try skipField(
                    tag, &position, range.end, start,
                    .init(ofPairs ? "KeyValueList" : "ArrayValue", 1, 1))
            }
        }
    }

    /// Answers the number of attributes.
    private func walkEvent(_ range: Slice) throws(WireError) -> Int {
        var attributes = 0
        var position = range.start
        while position < range.end {
            let start = position
            switch try varint(at: &position, before: range.end) {
            case 0x09: try skip(8, at: &position, before: range.end)  // time_unix_nano = 1
            case 0x12: _ = try delimited(at: &position, before: range.end)  // name = 2
            case 0x1a:  // attributes = 3
                let content = try delimited(at: &position, before: range.end)
                try walkKeyValue(content, depth: 0)
                attributes &+= 1
            case 0x20: _ = try varint(at: &position, before: range.end)  // dropped count = 4
            case let tag: try skipField(tag, &position, range.end, start, .init("Event", 1, 4))
            }
        }
        return attributes
    }

    /// Answers the number of attributes.
    private func walkLink(_ range: Slice) throws(WireError) -> Int {
        var attributes = 0
        var position = range.start
        while position < range.end {
            let start = position
            switch try varint(at: &position, before: range.end) {
            case 0x0a, 0x12, 0x1a:  // trace_id = 1, span_id = 2, trace_state = 3
                _ = try delimited(at: &position, before: range.end)
            case 0x22:  // attributes = 4
                let content = try delimited(at: &position, before: range.end)
                try walkKeyValue(content, depth: 0)
                attributes &+= 1
            case 0x28: _ = try varint(at: &position, before: range.end)  // dropped count = 5
            case 0x35: try skip(4, at: &position, before: range.end)  // flags = 6
            case let tag: try skipField(tag, &position, range.end, start, .init("Link", 1, 6))
            }
        }
        return attributes
    }

    private func walkStatus(_ range: Slice) throws(WireError) {
        var position = range.start
        while position < range.end {
            let start = position
            switch try varint(at: &position, before: range.end) {
            case 0x12: _ = try delimited(at: &position, before: range.end)  // message = 2
            case 0x18: _ = try varint(at: &position, before: range.end)  // code = 3
            case let tag: try skipField(tag, &position, range.end, start, .init("Status", 2, 3))
            }
        }
    }

    func walkResource(_ range: Slice) throws(WireError) {
        var position = range.start
        while position < range.end {
            let start = position
            switch try varint(at: &position, before: range.end) {
            case 0x0a:  // attributes = 1
                let content = try delimited(at: &position, before: range.end)
                try walkKeyValue(content, depth: 0)
            case 0x10: _ = try varint(at: &position, before: range.end)  // dropped count = 2
            case 0x1a:  // entity_refs = 3
                let content = try delimited(at: &position, before: range.end)
                try walkEntityRef(content)
            case let tag: try skipField(tag, &position, range.end, start, .init("Resource", 1, 3))
            }
        }
    }

    private func walkEntityRef(_ range: Slice) throws(WireError) {
        var position = range.start
        while position < range.end {
            let start = position
            switch try varint(at: &position, before: range.end) {
            case 0x0a, 0x12, 0x1a, 0x22:  // schema_url, type, id_keys, description_keys
                _ = try delimited(at: &position, before: range.end)
            case let tag: try skipField(tag, &position, range.end, start, .init("EntityRef", 1, 4))
            }
        }
    }

    func walkScope(_ range: Slice) throws(WireError) {
        var position = range.start
        while position < range.end {
            let start = position
            switch try varint(at: &position, before: range.end) {
            case 0x0a, 0x12:  // name = 1, version = 2
                _ = try delimited(at: &position, before: range.end)
            case 0x1a:  // attributes = 3
                let content = try delimited(at: &position, before: range.end)
                try walkKeyValue(content, depth: 0)
            case 0x20: _ = try varint(at: &position, before: range.end)  // dropped count = 4
            case let tag:
                try skipField(tag, &position, range.end, start, .init("InstrumentationScope", 1, 4))
            }
        }
    }
}
