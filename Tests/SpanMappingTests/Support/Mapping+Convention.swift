import Testing

/// The type of the record of one span.
func spanType(of span: SpanFixture, scope: String? = nil) throws -> String? {
    let record = try map(span, scope: scope.map { ScopeFixture(name: $0) })
    guard case .string(let type) = record["type"] else { return nil }
    return type
}

/// The record of a span that has these attributes, under a scope of that name.
func map(
    _ attributes: KeyValuePairs<String, AttributeValue>, name: String = "span",
    scope: String? = nil, events: [EventFixture] = []
) throws -> JSON {
    try map(
        .span(name: name, attributes: attributes, events: events),
        scope: scope.map { ScopeFixture(name: $0) })
}

extension SpanFixture {
    /// A call as OpenInference marks it.
    static func openInference(
        _ kind: String = "LLM", _ attributes: KeyValuePairs<String, AttributeValue> = [:]
    ) -> SpanFixture {
        var span = SpanFixture.span(attributes: ["openinference.span.kind": .string(kind)])
        span.attributes += [Attribute](attributes)
        return span
    }
}
