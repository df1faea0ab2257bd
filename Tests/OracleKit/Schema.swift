/// The messages of a trace request as a table: written from the `.proto` files, not from the walk,
/// so that each can be tested by the other.
package enum Schema: String, CaseIterable, Sendable {
    case request = "ExportTraceServiceRequest"
    case resourceSpans = "ResourceSpans"
    case resource = "Resource"
    case entityRef = "EntityRef"
    case scopeSpans = "ScopeSpans"
    case scope = "InstrumentationScope"
    case span = "Span"
    case event = "Event"
    case link = "Link"
    case status = "Status"
    case keyValue = "KeyValue"
    case anyValue = "AnyValue"
    case arrayValue = "ArrayValue"
    case keyValueList = "KeyValueList"

    package indirect enum Kind: Hashable {
        case varint, bool, fixed64, fixed32, bytes
        case message(Schema)
        case repeated(Kind)

        package var wireType: UInt64 {
            switch self {
            case .varint, .bool: 0
            case .fixed64: 1
            case .fixed32: 5
            case .bytes, .message: 2
            case .repeated(let kind): kind.wireType
            }
        }
    }

    package var fields: [UInt64: Kind] {
        switch self {
        case .request: [1: .repeated(.message(.resourceSpans))]
        case .resourceSpans:
            [1: .message(.resource), 2: .repeated(.message(.scopeSpans)), 3: .bytes]
        case .resource:
            [
                1: .repeated(.message(.keyValue)), 2: .varint,
                3: .repeated(.message(.entityRef)),
            ]
        case .entityRef: [1: .bytes, 2: .bytes, 3: .repeated(.bytes), 4: .repeated(.bytes)]
        case .scopeSpans: [1: .message(.scope), 2: .repeated(.message(.span)), 3: .bytes]
        case .scope: [1: .bytes, 2: .bytes, 3: .repeated(.message(.keyValue)), 4: .varint]
        case .span:
            [
                1: .bytes, 2: .bytes, 3: .bytes, 4: .bytes, 5: .bytes, 6: .varint, 7: .fixed64,
                8: .fixed64, 9: .repeated(.message(.keyValue)), 10: .varint,
                11: .repeated(.message(.event)), 12: .varint, 13: .repeated(.message(.link)),
                14: .varint, 15: .message(.status), 16: .fixed32,
            ]
        case .event: [1: .fixed64, 2: .bytes, 3: .repeated(.message(.keyValue)), 4: .varint]
        case .link:
            [
                1: .bytes, 2: .bytes, 3: .bytes, 4: .repeated(.message(.keyValue)), 5: .varint,
                6: .fixed32,
            ]
        case .status: [2: .bytes, 3: .varint]
        case .keyValue: [1: .bytes, 2: .message(.anyValue), 3: .varint]
        case .anyValue:
            [
                1: .bytes, 2: .bool, 3: .varint, 4: .fixed64, 5: .message(.arrayValue),
                6: .message(.keyValueList), 7: .bytes, 8: .varint,
            ]
        case .arrayValue: [1: .repeated(.message(.anyValue))]
        case .keyValueList: [1: .repeated(.message(.keyValue))]
        }
    }
}
