/// A request as plain values: what every reader of the same bytes has to come to.
package struct TraceModel: Hashable {
    package var spans: [SpanModel] = []

    package init() {}
}

package struct SpanModel: Hashable {
    package var resource = ContextModel()
    package var resourceSchemaURL: [UInt8] = []
    package var scope = ContextModel()
    package var scopeSchemaURL: [UInt8] = []
    package var traceID: [UInt8] = []
    package var spanID: [UInt8] = []
    package var parentSpanID: [UInt8] = []
    package var traceState: [UInt8] = []
    package var name: [UInt8] = []
    package var kind: Int32 = 0
    package var start: UInt64 = 0
    package var end: UInt64 = 0
    /// Of attributes, events and links.
    package var dropped: [UInt32] = []
    package var flags: UInt32 = 0
    package var statusMessage: [UInt8] = []
    package var statusCode: Int32 = 0
    package var attributes: [PairModel] = []
    package var events: [EventModel] = []
    package var links: [LinkModel] = []
}

/// A resource or a scope.
package struct ContextModel: Hashable {
    package var name: [UInt8] = []
    package var version: [UInt8] = []
    package var attributes: [PairModel] = []
    package var dropped: UInt32 = 0
}

package struct EventModel: Hashable {
    package var time: UInt64
    package var name: [UInt8]
    package var attributes: [PairModel]
    package var dropped: UInt32
}

package struct LinkModel: Hashable {
    package var traceID: [UInt8]
    package var spanID: [UInt8]
    package var traceState: [UInt8]
    package var attributes: [PairModel]
    package var dropped: UInt32
    package var flags: UInt32
}

package struct PairModel: Hashable {
    package var key: [UInt8]
    package var value: ValueModel

    package init(key: [UInt8], value: ValueModel) {
        self.key = key
        self.value = value
    }
}

package indirect enum ValueModel: Hashable {
    case empty
    case string([UInt8])
    case bool(Bool)
    case int(Int64)
    /// By its bits, so that each NaN equals itself.
    case double(UInt64)
    case array([ValueModel])
    case map([PairModel])
    case bytes([UInt8])
}

extension SpanModel {
    /// D1 in its own words; counts are never passed by the requests that are compared.
    package var hasValidIDs: Bool {
        traceID.count == 16 && traceID.contains { $0 != 0 } && spanID.count == 8
            && spanID.contains { $0 != 0 }
    }
}
