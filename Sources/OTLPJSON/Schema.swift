/// The messages of a trace request.
enum Message: UInt8, CaseIterable {
    case request, resourceSpans, resource, entityRef, scopeSpans, scope, span, event, link, status
    case keyValue, anyValue, arrayValue, keyValueList

    /// Bytes to keep free for the length before the content is known. A wrong guess moves the
    /// content by the difference.
    @inline(__always)
    var usualLengthWidth: Int {
        switch self {
        case .resourceSpans, .scopeSpans: 3
        case .span: 2
        default: 1
        }
    }
}

/// How JSON spells the value of a field, and with it the protobuf type.
enum Form {
    case text, base64, traceID, spanID, bool, double
    case int64, uint32, fixed32, fixed64
    case spanKind, statusCode
    case message(Message)
    case messages(Message)
    case texts

    /// Wire types of the protobuf encoding guide.
    var wireType: UInt8 {
        switch self {
        case .bool, .int64, .uint32, .spanKind, .statusCode: 0
        case .fixed64, .double: 1
        case .fixed32: 5
        default: 2
        }
    }
}

struct Field {
    let number: UInt8
    /// `number << 3 | wire type`. Only `Span.flags`, 16, needs two bytes for it.
    let tag: UInt8
    let form: Form

    init(_ number: UInt8, _ form: Form) {
        self.number = number
        self.form = form
        tag = number &<< 3 | form.wireType
    }
}

/// The fields of each message (opentelemetry/proto/trace/v1, common/v1, resource/v1) by the names
/// that JSON gives them.
///
/// `stringValueStrindex` and `keyStrindex` belong to profiles and count as absent (D9); here they
/// are unknown, which comes to the same.
enum Schema {
    static func fields(of message: Message) -> [(name: String, number: UInt8, form: Form)] {
        switch message {
        case .request: [("resourceSpans", 1, .messages(.resourceSpans))]
        case .resourceSpans:
            [
                ("resource", 1, .message(.resource)), ("scopeSpans", 2, .messages(.scopeSpans)),
                ("schemaUrl", 3, .text),
            ]
        case .resource:
            [
                ("attributes", 1, .messages(.keyValue)), ("droppedAttributesCount", 2, .uint32),
                ("entityRefs", 3, .messages(.entityRef)),
            ]
        case .entityRef:
            [
                ("schemaUrl", 1, .text), ("type", 2, .text), ("idKeys", 3, .texts),
                ("descriptionKeys", 4, .texts),
            ]
        case .scopeSpans:
            [
                ("scope", 1, .message(.scope)), ("spans", 2, .messages(.span)),
                ("schemaUrl", 3, .text),
            ]
        case .scope:
            [
                ("name", 1, .text), ("version", 2, .text), ("attributes", 3, .messages(.keyValue)),
                ("droppedAttributesCount", 4, .uint32),
            ]
        case .span: spanFields
        case .event:
            [
                ("timeUnixNano", 1, .fixed64), ("name", 2, .text),
                ("attributes", 3, .messages(.keyValue)), ("droppedAttributesCount", 4, .uint32),
            ]
        case .link:
            [
                ("traceId", 1, .traceID), ("spanId", 2, .spanID), ("traceState", 3, .text),
                ("attributes", 4, .messages(.keyValue)), ("droppedAttributesCount", 5, .uint32),
                ("flags", 6, .fixed32),
            ]
        case .status: [("message", 2, .text), ("code", 3, .statusCode)]
        case .keyValue: [("key", 1, .text), ("value", 2, .message(.anyValue))]
        case .anyValue:
            [
                ("stringValue", 1, .text), ("boolValue", 2, .bool), ("intValue", 3, .int64),
                ("doubleValue", 4, .double), ("arrayValue", 5, .message(.arrayValue)),
                ("kvlistValue", 6, .message(.keyValueList)), ("bytesValue", 7, .base64),
            ]
        case .arrayValue: [("values", 1, .messages(.anyValue))]
        case .keyValueList: [("values", 1, .messages(.keyValue))]
        }
    }

    private static let spanFields: [(name: String, number: UInt8, form: Form)] = [
        ("traceId", 1, .traceID), ("spanId", 2, .spanID), ("traceState", 3, .text),
        ("parentSpanId", 4, .spanID), ("name", 5, .text), ("kind", 6, .spanKind),
        ("startTimeUnixNano", 7, .fixed64), ("endTimeUnixNano", 8, .fixed64),
        ("attributes", 9, .messages(.keyValue)), ("droppedAttributesCount", 10, .uint32),
        ("events", 11, .messages(.event)), ("droppedEventsCount", 12, .uint32),
        ("links", 13, .messages(.link)), ("droppedLinksCount", 14, .uint32),
        ("status", 15, .message(.status)), ("flags", 16, .fixed32),
    ]

    static let spanKinds = [
        "SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER", "SPAN_KIND_CLIENT",
        "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER",
    ]
    static let statusCodes = ["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"]
}
