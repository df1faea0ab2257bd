import TestKit

/// A request of one resource and one scope, both absent unless a test gives them.
struct RequestFixture: Hashable, Sendable {
    var spans: [SpanFixture]
    var resource: ResourceFixture?
    var scope: ScopeFixture?
    var resourceSchemaURL = ""
    var scopeSchemaURL = ""

    init(
        _ spans: [SpanFixture], resource: ResourceFixture? = nil, scope: ScopeFixture? = nil,
        resourceSchemaURL: String = "", scopeSchemaURL: String = ""
    ) {
        self.spans = spans
        self.resource = resource
        self.scope = scope
        self.resourceSchemaURL = resourceSchemaURL
        self.scopeSchemaURL = scopeSchemaURL
    }

    var encoded: [UInt8] {
        .field(1, bytes: group(resource?.encoded, resourceSchemaURL, .field(2, bytes: scopeSpans)))
    }

    private var scopeSpans: [UInt8] {
        group(
            scope?.encoded, scopeSchemaURL,
            spans.flatMap { [UInt8].field(2, bytes: $0.encoded) })
    }

    private func group(_ context: [UInt8]?, _ schemaURL: String, _ content: [UInt8]) -> [UInt8] {
        (context.map { .field(1, bytes: $0) } ?? []) + content
            + (schemaURL.isEmpty ? [] : .field(3, text: schemaURL))
    }
}

struct ResourceFixture: Hashable, Sendable {
    var attributes: [Attribute]
    var dropped: UInt64 = 0

    static func resource(
        _ attributes: KeyValuePairs<String, AttributeValue>, dropped: UInt64 = 0
    ) -> ResourceFixture {
        ResourceFixture(attributes: [Attribute](attributes), dropped: dropped)
    }

    var encoded: [UInt8] {
        attributes.encoded(as: 1) + (dropped > 0 ? .field(2, varint: dropped) : [])
    }
}

struct ScopeFixture: Hashable, Sendable {
    var name = ""
    var version = ""
    var attributes: [Attribute] = []
    var dropped: UInt64 = 0

    var encoded: [UInt8] {
        (name.isEmpty ? [] : .field(1, text: name))
            + (version.isEmpty ? [] : .field(2, text: version)) + attributes.encoded(as: 3)
            + (dropped > 0 ? .field(4, varint: dropped) : [])
    }
}
