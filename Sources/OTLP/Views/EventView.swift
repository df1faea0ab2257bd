/// A `Span.Event` where it lies; its attributes are read with `RepeatedCursor(field: 3, of:)`.
package struct EventView: Sendable {
    package private(set) var timeUnixNano: UInt64 = 0
    package private(set) var name = Slice.empty
    package private(set) var droppedAttributesCount: UInt32 = 0
    package let message: Slice

    package static let attributesField = 3

    package init(_ message: Slice, in bytes: Span<UInt8>) {
        self.message = message
        var position = message.start
        while let field = bytes.nextField(at: &position, before: message.end) {
            switch field.tag {
            case 0x09: timeUnixNano = field.bits
            case 0x12: name = field.content
            case 0x20: droppedAttributesCount = UInt32(truncatingIfNeeded: field.bits)
            default: break
            }
        }
    }
}

/// A `Span.Link` where it lies; its attributes are read with `RepeatedCursor(field: 4, of:)`.
package struct LinkView: Sendable {
    package private(set) var traceID = Slice.empty
    package private(set) var spanID = Slice.empty
    package private(set) var traceState = Slice.empty
    package private(set) var droppedAttributesCount: UInt32 = 0
    package private(set) var flags: UInt32 = 0
    package let message: Slice

    package static let attributesField = 4

    package init(_ message: Slice, in bytes: Span<UInt8>) {
        self.message = message
        var position = message.start
        while let field = bytes.nextField(at: &position, before: message.end) {
            switch field.tag {
            case 0x0a: traceID = field.content
            case 0x12: spanID = field.content
            case 0x1a: traceState = field.content
            case 0x28: droppedAttributesCount = UInt32(truncatingIfNeeded: field.bits)
            case 0x35: flags = UInt32(truncatingIfNeeded: field.bits)
            default: break
            }
        }
    }
}

/// What stands around spans: the parts of a `ResourceSpans` and of a `ScopeSpans` that are not spans.
///
/// Both messages may name their resource or scope more than once, which protobuf merges: attributes
/// of all of them count.
package enum ContextView {
    /// `Resource.attributes`, and `InstrumentationScope.attributes`.
    package static let resourceAttributesField = 1
    package static let scopeAttributesField = 3

    /// Each `Resource` of a `ResourceSpans`, each `InstrumentationScope` of a `ScopeSpans`.
    package static func messages(of group: Slice) -> RepeatedCursor {
        RepeatedCursor(field: 1, of: group)
    }

    /// `schema_url` of a `ResourceSpans` or `ScopeSpans`.
    package static func schemaURL(of group: Slice, in bytes: Span<UInt8>) -> Slice {
        last(3, of: group, in: bytes)
    }

    package static func scopeName(_ scope: Slice, in bytes: Span<UInt8>) -> Slice {
        last(1, of: scope, in: bytes)
    }

    package static func scopeVersion(_ scope: Slice, in bytes: Span<UInt8>) -> Slice {
        last(2, of: scope, in: bytes)
    }

    /// `dropped_attributes_count` of a `Resource` (field 2) or a scope (field 4).
    package static func droppedAttributesCount(
        field: Int, of message: Slice, in bytes: Span<UInt8>
    ) -> UInt32 {
        var count: UInt32 = 0
        var position = message.start
        while let found = bytes.nextField(at: &position, before: message.end) {
            if found.tag == UInt32(truncatingIfNeeded: field) << 3 {
                count = UInt32(truncatingIfNeeded: found.bits)
            }
        }
        return count
    }

    private static func last(_ field: Int, of message: Slice, in bytes: Span<UInt8>) -> Slice {
        var found = Slice.empty
        var cursor = RepeatedCursor(field: field, of: message)
        while let next = cursor.next(in: bytes) { found = next }
        return found
    }
}
