/// Messages in which a test states only what it cares about. All answer the content of a message.
extension [UInt8] {
    static let traceID: [UInt8] = Array(0xa0...0xaf)
    static let spanID: [UInt8] = Array(0xb0...0xb7)

    /// A span that is taken, and whatever fields a test adds to it.
    static func span(
        traceID: [UInt8] = traceID, spanID: [UInt8] = spanID, _ more: [UInt8] = []
    ) -> [UInt8] {
        field(1, bytes: traceID) + field(2, bytes: spanID) + more
    }

    /// One resource with one scope around `spans`.
    static func request(_ spans: [UInt8]...) -> [UInt8] { request(spans) }

    static func request(_ spans: [[UInt8]]) -> [UInt8] {
        field(1, bytes: field(2, bytes: spans.flatMap { field(2, bytes: $0) }))
    }

    /// A request of one span with one attribute, whose value is the given `AnyValue`.
    static func request(attributeValue: [UInt8]) -> [UInt8] {
        request(span(field(9, bytes: keyValue("k", attributeValue))))
    }

    static func keyValue(_ key: String, _ value: [UInt8]) -> [UInt8] {
        field(1, text: key) + field(2, bytes: value)
    }

    static func stringValue(_ text: String) -> [UInt8] { field(1, text: text) }

    static func intValue(_ value: Int64) -> [UInt8] {
        field(3, varint: UInt64(bitPattern: value))
    }

    static func arrayValue(_ items: [UInt8]...) -> [UInt8] {
        field(5, bytes: items.flatMap { field(1, bytes: $0) })
    }

    static func mapValue(_ pairs: [UInt8]...) -> [UInt8] {
        field(6, bytes: pairs.flatMap { field(1, bytes: $0) })
    }

    /// A request with something of everything, for cuts at every byte.
    static let sample: [UInt8] = {
        let values =
            arrayValue(intValue(-1), mapValue(keyValue("n", field(4, fixed64: 0x3ff0 << 48))), [])
        let event =
            field(1, fixed64: 7) + field(2, text: "event")
            + field(3, bytes: keyValue("e", field(7, bytes: [0, 0xff]))) + field(4, varint: 1)
        let link =
            field(1, bytes: traceID) + field(2, bytes: spanID) + field(3, text: "a=b")
            + field(4, bytes: keyValue("l", field(2, varint: 1))) + field(5, varint: 300)
            + field(6, fixed32: 0x101)
        let full = span(
            field(3, text: "a=b") + field(4, bytes: spanID) + field(5, text: "name")
                + field(6, varint: 3) + field(7, fixed64: 1) + field(8, fixed64: 2)
                + field(9, bytes: keyValue("k", values)) + field(10, varint: 1)
                + field(11, bytes: event) + field(12, varint: 2) + field(13, bytes: link)
                + field(14, varint: 3)
                + field(15, bytes: field(2, text: "no") + field(3, varint: 2))
                + field(16, fixed32: 0x301) + group(100, group(101)) + field(102, fixed32: 9))
        let resource =
            field(1, bytes: keyValue("service.name", stringValue("s"))) + field(2, varint: 1)
            + field(3, bytes: field(1, text: "u") + field(2, text: "t") + field(3, text: "id"))
        let scope =
            field(1, text: "scope") + field(2, text: "1") + field(4, varint: 1)
            + field(3, bytes: keyValue("s", stringValue("v")))
        let scopeSpans =
            field(1, bytes: scope) + field(2, bytes: full) + field(2, bytes: span())
            + field(3, text: "scope schema")
        return field(
            1,
            bytes: field(1, bytes: resource) + field(2, bytes: scopeSpans)
                + field(3, text: "resource schema"))
    }()
}
