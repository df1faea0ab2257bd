import TestKit

/// The messages of a trace request as a table: written from the `.proto` files, not from the walk,
/// so that each can be tested by the other.
enum Schema: String, CaseIterable, Sendable {
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

    indirect enum Kind: Hashable {
        case varint, bool, fixed64, fixed32, bytes
        case message(Schema)
        case repeated(Kind)

        var wireType: UInt64 {
            switch self {
            case .varint, .bool: 0
            case .fixed64: 1
            case .fixed32: 5
            case .bytes, .message: 2
            case .repeated(let kind): kind.wireType
            }
        }
    }

    var fields: [UInt64: Kind] {
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

    /// A message that holds this one, and the number of the field in it.
    private var place: (Schema, UInt64)? {
        switch self {
        case .request: nil
        case .resourceSpans: (.request, 1)
        case .resource: (.resourceSpans, 1)
        case .entityRef: (.resource, 3)
        case .scopeSpans: (.resourceSpans, 2)
        case .scope: (.scopeSpans, 1)
        case .span: (.scopeSpans, 2)
        case .event: (.span, 11)
        case .link: (.span, 13)
        case .status: (.span, 15)
        case .keyValue: (.span, 9)
        case .anyValue: (.keyValue, 2)
        case .arrayValue: (.anyValue, 5)
        case .keyValueList: (.anyValue, 6)
        }
    }

    /// A request whose last bytes are `content`, as a message of this type.
    func request(holding content: [UInt8]) -> [UInt8] {
        guard let (parent, number) = place else { return content }
        let before: [UInt8] = parent == .span ? .span() : []
        return parent.request(holding: before + .field(number, bytes: content))
    }

    /// The byte at which `content` begins in `request(holding: content)`.
    func offset(in request: [UInt8], of content: [UInt8]) -> Int { request.count - content.count }
}
