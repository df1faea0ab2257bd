import MastraRecords
import OTLP
import SpanMapping
import Testing

/// 2023-11-14T22:13:21.750Z, at which all requests of these tests are received.
let receivedAt: UInt64 = 1_700_000_001_750

extension SpanMapper {
    /// The bytes of each record of a request, in order.
    mutating func records(
        of request: [UInt8], receivedAt: UInt64 = receivedAt, maxBytes: Int = .max
    ) -> [[UInt8]] {
        var records: [[UInt8]] = []
        var writer = JSONWriter(capacity: 64)
        var cursor = RequestCursor()
        beginRequest()
        while let range = cursor.next(in: request.span) {
            let start = writer.count
            guard
                write(
                    range, of: cursor, in: request.span, receivedAt: receivedAt,
                    maxBytes: maxBytes, to: &writer)
                    == .record
            else { continue }
            records.append(writer.bytes(from: start))
        }
        return records
    }
}

extension MappingOptions {
    /// Nothing cut and nothing hidden.
    static var unlimited: MappingOptions {
        var options = MappingOptions(dialect: .platform)
        options.policy = .unlimited
        return options
    }
}

/// The records of a request as values.
func map(
    _ request: RequestFixture, dialect: RecordDialect = .platform, projectID: String? = nil,
    policy: ContentPolicy = ContentPolicy()
) throws -> [JSON] {
    var options = MappingOptions(dialect: dialect)
    options.projectID = projectID
    options.policy = policy
    return try map(request, options)
}

func map(_ request: RequestFixture, _ options: MappingOptions) throws -> [JSON] {
    var mapper = SpanMapper(options: options)
    return try mapper.records(of: request.encoded).map { bytes in
        var parser = JSONParser(bytes)
        return try parser.parse()
    }
}

/// The record of one span.
func map(
    _ span: SpanFixture, resource: ResourceFixture? = nil, scope: ScopeFixture? = nil,
    dialect: RecordDialect = .platform, policy: ContentPolicy = ContentPolicy()
) throws -> JSON {
    let request = RequestFixture([span], resource: resource, scope: scope)
    return try #require(try map(request, dialect: dialect, policy: policy).first)
}

/// `attributes` of the record of one span.
func attributes(of span: SpanFixture, dialect: RecordDialect = .platform) throws -> JSON {
    try #require(try map(span, dialect: dialect)["attributes"])
}

/// `metadata.otel` of the record of one span.
func otel(of span: SpanFixture) throws -> JSON {
    try #require(try map(span)["metadata"]?["otel"])
}

/// Whole values compared, and each difference told by its place.
func expectEqual(
    _ value: JSON?, _ expected: JSON?, _ comment: Comment? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard let value, let expected else {
        #expect(value == expected, comment, sourceLocation: sourceLocation)
        return
    }
    let differences = value.differences(from: expected)
    #expect(differences == [], comment, sourceLocation: sourceLocation)
}
