import OracleKit
import TestKit

extension Schema {
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
    func offset(in request: [UInt8], of content: [UInt8]) -> Int {
        request.count - content.count
    }
}
