import MastraRecords
import OTLP

/// Records that would not fit into any batch.
extension SpanMapper {
    /// Limits that are tried in turn: bytes of a string in messages, and of any other.
    private static let steps: [(content: Int, value: Int)] = [
        (65_536, .max), (16_384, .max), (4096, 65_536), (1024, 16_384), (1024, 4096),
        (256, 1024), (64, 256), (32, 64),
    ]

    /// Writes the record again with ever shorter strings until it fits: those of messages first, their
    /// middle cut out with a mark. What is still too long then is left to the upstream's judgement.
    mutating func shrink(
        _ range: Slice, of cursor: RequestCursor, in bytes: Span<UInt8>, receivedAt: UInt64,
        _ maxBytes: Int, _ mark: Int, _ writer: inout JSONWriter
    ) {
        let usual = policy
        defer {
            policy = usual
            context = ContextCache()
        }
        for step in Self.steps {
            writer.truncate(to: mark)
            policy.maxContentBytes = step.content
            policy.maxValueBytes = step.value
            if step.value != .max {
                policy.maxArrayItems = min(policy.maxArrayItems, 50)
                policy.maxObjectKeys = min(policy.maxObjectKeys, 50)
            }
            context = ContextCache()
            _ = writeOnce(range, of: cursor, in: bytes, receivedAt: receivedAt, &writer)
            if writer.count &- mark <= maxBytes { return }
        }
    }
}
