/// A `Span` message where it lies. One value is filled again and again, so that its lists keep their
/// memory and a span costs no allocation.
package struct SpanView: Sendable {
    package private(set) var traceID = Slice.empty
    package private(set) var spanID = Slice.empty
    package private(set) var parentSpanID = Slice.empty
    package private(set) var name = Slice.empty
    package private(set) var traceState = Slice.empty
    /// Open enum: any number may come.
    package private(set) var kind: Int32 = 0
    /// Nanoseconds since 1970-01-01 UTC; 0 is unset.
    package private(set) var startTimeUnixNano: UInt64 = 0
    package private(set) var endTimeUnixNano: UInt64 = 0
    package private(set) var droppedAttributesCount: UInt32 = 0
    package private(set) var droppedEventsCount: UInt32 = 0
    package private(set) var droppedLinksCount: UInt32 = 0
    /// Bits 0-7 are the W3C trace flags, 8 and 9 say whether the parent is remote; the rest may be
    /// anything (OTLP-REQUIREMENTS D3).
    package private(set) var flags: UInt32 = 0
    package private(set) var statusMessage = Slice.empty
    /// 0 unset, 1 ok, 2 error; open enum.
    package private(set) var statusCode: Int32 = 0

    package private(set) var attributes: [AttributeView] = []
    /// Whole `Event` messages.
    package private(set) var events: [Slice] = []
    /// Whole `Link` messages.
    package private(set) var links: [Slice] = []
    /// Why this span is not taken; the same decision as that of `walkRequest`.
    package private(set) var rejection: SpanRejection?

    package init() {}

    /// Reads the message at `range`, forgetting the one before.
    package mutating func read(_ range: Slice, in bytes: Span<UInt8>) {
        reset()
        var identity = SpanIdentity()
        var position = range.start
        while let field = bytes.nextField(at: &position, before: range.end) {
            switch field.tag {
            case 0x4a:
                identity.attributes &+= 1
                // What is over a limit is counted and not kept: the span will be rejected.
                guard identity.attributes <= WalkLimits.maxAttributes else { continue }
                attributes.append(AttributeView(field.content, in: bytes))
            case 0x0a: traceID = field.content
            case 0x12: spanID = field.content
            case 0x1a: traceState = field.content
            case 0x22: parentSpanID = field.content
            case 0x2a: name = field.content
            case 0x30: kind = Int32(truncatingIfNeeded: field.bits)
            case 0x39: startTimeUnixNano = field.bits
            case 0x41: endTimeUnixNano = field.bits
            case 0x50: droppedAttributesCount = UInt32(truncatingIfNeeded: field.bits)
            case 0x5a:
                identity.events &+= 1
                guard identity.events <= WalkLimits.maxEvents else { continue }
                events.append(field.content)
                identity.countNested(3, of: field.content, in: bytes)
            case 0x60: droppedEventsCount = UInt32(truncatingIfNeeded: field.bits)
            case 0x6a:
                identity.links &+= 1
                guard identity.links <= WalkLimits.maxEvents else { continue }
                links.append(field.content)
                identity.countNested(4, of: field.content, in: bytes)
            case 0x70: droppedLinksCount = UInt32(truncatingIfNeeded: field.bits)
            case 0x7a: readStatus(field.content, in: bytes)
            case 0x85: flags = UInt32(truncatingIfNeeded: field.bits)
            default: break
            }
        }
        identity.traceID = traceID
        identity.spanID = spanID
        rejection = identity.rejection(in: bytes)
    }

    /// Puts an attribute that an event tells of the span behind the span's own.
    package mutating func append(_ attribute: AttributeView) {
        attributes.append(attribute)
    }

    private mutating func readStatus(_ range: Slice, in bytes: Span<UInt8>) {
        var position = range.start
        while let field = bytes.nextField(at: &position, before: range.end) {
            switch field.tag {
            case 0x12: statusMessage = field.content
            case 0x18: statusCode = Int32(truncatingIfNeeded: field.bits)
            default: break
            }
        }
    }

    private mutating func reset() {
        attributes.removeAll(keepingCapacity: attributes.capacity <= Self.keptCapacity)
        events.removeAll(keepingCapacity: events.capacity <= Self.keptCapacity)
        links.removeAll(keepingCapacity: links.capacity <= Self.keptCapacity)
        traceID = .empty
        spanID = .empty
        parentSpanID = .empty
        name = .empty
        traceState = .empty
        kind = 0
        startTimeUnixNano = 0
        endTimeUnixNano = 0
        droppedAttributesCount = 0
        droppedEventsCount = 0
        droppedLinksCount = 0
        flags = 0
        statusMessage = .empty
        statusCode = 0
    }

    /// One huge span does not leave its lists behind for good.
    private static let keptCapacity = 1024
}

extension SpanIdentity {
    /// Only a message that could hold too many attributes is looked into: each takes two bytes.
    @inline(__always)
    mutating func countNested(_ field: Int, of message: Slice, in bytes: Span<UInt8>) {
        guard message.count > 2 &* WalkLimits.maxAttributes else { return }
        var count = 0
        var cursor = RepeatedCursor(field: field, of: message)
        while cursor.next(in: bytes) != nil { count &+= 1 }
        nestedAttributes = max(nestedAttributes, count)
    }
}
