/// A request as plain values: what every reader of the same bytes has to come to.
struct TraceModel: Hashable {
    var spans: [SpanModel] = []
}

struct SpanModel: Hashable {
    var resource = ContextModel()
    var resourceSchemaURL: [UInt8] = []
    var scope = ContextModel()
    var scopeSchemaURL: [UInt8] = []
    var traceID: [UInt8] = []
    var spanID: [UInt8] = []
    var parentSpanID: [UInt8] = []
    var traceState: [UInt8] = []
    var name: [UInt8] = []
    var kind: Int32 = 0
    var start: UInt64 = 0
    var end: UInt64 = 0
    /// Of attributes, events and links.
    var dropped: [UInt32] = []
    var flags: UInt32 = 0
    var statusMessage: [UInt8] = []
    var statusCode: Int32 = 0
    var attributes: [PairModel] = []
    var events: [EventModel] = []
    var links: [LinkModel] = []
}

/// A resource or a scope.
struct ContextModel: Hashable {
    var name: [UInt8] = []
    var version: [UInt8] = []
    var attributes: [PairModel] = []
    var dropped: UInt32 = 0
}

struct EventModel: Hashable {
    var time: UInt64
    var name: [UInt8]
    var attributes: [PairModel]
    var dropped: UInt32
}

struct LinkModel: Hashable {
    var traceID: [UInt8]
    var spanID: [UInt8]
    var traceState: [UInt8]
    var attributes: [PairModel]
    var dropped: UInt32
    var flags: UInt32
}

struct PairModel: Hashable {
    var key: [UInt8]
    var value: ValueModel
}

indirect enum ValueModel: Hashable {
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
    var hasValidIDs: Bool {
        traceID.count == 16 && traceID.contains { $0 != 0 } && spanID.count == 8
            && spanID.contains { $0 != 0 }
    }
}
