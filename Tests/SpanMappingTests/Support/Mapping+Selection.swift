import MastraRecords
import OTLP
import SpanMapping

extension SpanMapper {
    /// What became of one span, with its record where it has one and the explanation where it is asked
    /// for.
    struct Result {
        var outcome: Outcome
        var record: [UInt8]
        var explanation: Explanation?
    }

    /// What became of each span of a request, in order.
    mutating func results(of request: [UInt8], maxBytes: Int = .max) -> [Result] {
        var results: [Result] = []
        var writer = JSONWriter(capacity: 64)
        var cursor = RequestCursor()
        beginRequest()
        while let range = cursor.next(in: request.span) {
            let start = writer.count
            let outcome = write(
                range, of: cursor, in: request.span, receivedAt: receivedAt, maxBytes: maxBytes,
                to: &writer)
            results.append(
                Result(
                    outcome: outcome, record: writer.bytes(from: start),
                    explanation: lastExplanation))
        }
        return results
    }
}

extension MappingOptions {
    static func selecting(
        _ rules: [String] = [], keepRatio: Double = 1, aiOnly: Bool = false
    ) throws -> MappingOptions {
        var options = MappingOptions(dialect: .platform)
        options.selection.dropRules = try rules.map { rule in try DropRule(rule) }
        options.selection.keepRatio = keepRatio
        options.selection.aiOnly = aiOnly
        return options
    }
}

/// What becomes of each span of a request with a selection.
func outcomes(
    _ request: RequestFixture, _ options: MappingOptions
) -> [SpanMapper.Outcome] {
    var mapper = SpanMapper(options: options)
    return mapper.results(of: request.encoded).map(\.outcome)
}

/// Whether a rule drops a span.
func drops(
    _ rule: String, _ span: SpanFixture, resource: ResourceFixture? = nil, scope: String? = nil
) throws -> Bool {
    let request = RequestFixture(
        [span], resource: resource, scope: scope.map { ScopeFixture(name: $0) })
    return outcomes(request, try .selecting([rule])) == [.left(.filtered)]
}
