import TestKit

/// A span of which a test states only what it cares about.
///
/// Without more it is a root called `span` that ran for 1.5 seconds from 2023-11-14T22:13:20Z.
struct SpanFixture: Hashable, Sendable {
    var traceID: [UInt8] = Array(0xa0...0xaf)
    var spanID: [UInt8] = Array(0xb0...0xb7)
    var parent: [UInt8] = []
    var name = "span"
    var kind: Int64 = 0
    var start: UInt64 = 1_700_000_000_000_000_000
    var end: UInt64 = 1_700_000_001_500_000_000
    var attributes: [Attribute] = []
    var events: [EventFixture] = []
    var links: [LinkFixture] = []
    var status = StatusFixture.unset
    var traceState = ""
    var flags: UInt32 = 0
    /// Of attributes, events and links.
    var dropped: [UInt64] = [0, 0, 0]

    static func span(
        name: String = "span", kind: Int64 = 0, parent: [UInt8] = [],
        start: UInt64 = 1_700_000_000_000_000_000, end: UInt64 = 1_700_000_001_500_000_000,
        attributes: KeyValuePairs<String, AttributeValue> = [:], events: [EventFixture] = [],
        links: [LinkFixture] = [], status: StatusFixture = .unset, traceState: String = "",
        flags: UInt32 = 0, dropped: [UInt64] = [0, 0, 0]
    ) -> SpanFixture {
        SpanFixture(
            parent: parent, name: name, kind: kind, start: start, end: end,
            attributes: [Attribute](attributes), events: events, links: links, status: status,
            traceState: traceState, flags: flags, dropped: dropped)
    }

    /// A chat call, and the attributes that a test adds to it.
    /// The same span with another id, for a request of several.
    func numbered(_ number: UInt8) -> SpanFixture {
        var copy = self
        copy.spanID[7] = number
        return copy
    }

    static func chat(
        _ attributes: KeyValuePairs<String, AttributeValue> = [:], name: String = "chat"
    ) -> SpanFixture {
        var span = SpanFixture.span(
            name: name, attributes: ["gen_ai.operation.name": "chat"])
        span.attributes += [Attribute](attributes)
        return span
    }

    /// The content of the message.
    var encoded: [UInt8] {
        var bytes: [UInt8] = .field(1, bytes: traceID) + .field(2, bytes: spanID)
        if !traceState.isEmpty { bytes += .field(3, text: traceState) }
        if !parent.isEmpty { bytes += .field(4, bytes: parent) }
        bytes += .field(5, text: name)
        if kind != 0 { bytes += .field(6, varint: UInt64(bitPattern: kind)) }
        bytes += .field(7, fixed64: start) + .field(8, fixed64: end)
        bytes += attributes.encoded(as: 9)
        for event in events { bytes += .field(11, bytes: event.encoded) }
        for link in links { bytes += .field(13, bytes: link.encoded) }
        for (field, count) in zip([10, 12, 14] as [UInt64], dropped) where count > 0 {
            bytes += .field(field, varint: count)
        }
        if status != .unset { bytes += .field(15, bytes: status.encoded) }
        if flags != 0 { bytes += .field(16, fixed32: flags) }
        return bytes
    }
}

struct StatusFixture: Hashable, Sendable {
    var code: Int64
    var message = ""

    static let unset = StatusFixture(code: 0)
    static let ok = StatusFixture(code: 1)
    static let error = StatusFixture(code: 2)

    static func error(_ message: String) -> StatusFixture {
        StatusFixture(code: 2, message: message)
    }

    var encoded: [UInt8] {
        (message.isEmpty ? [] : .field(2, text: message))
            + .field(3, varint: UInt64(bitPattern: code))
    }
}

struct EventFixture: Hashable, Sendable {
    var name: String
    var time: UInt64 = 1_700_000_000_700_000_001
    var attributes: [Attribute] = []
    var dropped: UInt64 = 0

    static func event(
        _ name: String, time: UInt64 = 1_700_000_000_700_000_001,
        attributes: KeyValuePairs<String, AttributeValue> = [:], dropped: UInt64 = 0
    ) -> EventFixture {
        EventFixture(
            name: name, time: time, attributes: [Attribute](attributes), dropped: dropped)
    }

    static func exception(
        _ attributes: KeyValuePairs<String, AttributeValue>
    ) -> EventFixture {
        .event("exception", attributes: attributes)
    }

    var encoded: [UInt8] {
        .field(1, fixed64: time) + .field(2, text: name) + attributes.encoded(as: 3)
            + (dropped > 0 ? .field(4, varint: dropped) : [])
    }
}

struct LinkFixture: Hashable, Sendable {
    var traceID: [UInt8] = Array(0xc0...0xcf)
    var spanID: [UInt8] = Array(0xd0...0xd7)
    var traceState = ""
    var attributes: [Attribute] = []
    var dropped: UInt64 = 0
    var flags: UInt32 = 0

    var encoded: [UInt8] {
        .field(1, bytes: traceID) + .field(2, bytes: spanID)
            + (traceState.isEmpty ? [] : .field(3, text: traceState)) + attributes.encoded(as: 4)
            + (dropped > 0 ? .field(5, varint: dropped) : [])
            + (flags > 0 ? .field(6, fixed32: flags) : [])
    }
}
