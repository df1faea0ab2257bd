import SpanMapping
import Synchronization

/// Mappers that have mapped nothing. To make one costs as much as to map many spans, to copy it
/// nothing.
enum Mappers {
    private static let mostKept = 256
    private static let made = Mutex<[[UInt8]: SpanMapper]>([:])

    /// - Parameter choices: those by which `options` were chosen.
    static func mapper(
        _ options: MappingOptions, choices: Choices, hashSeed: UInt8
    ) -> SpanMapper {
        made.withLock { made in
            let key = choices.bytes + [hashSeed]
            if let mapper = made[key] { return mapper }
            if made.count == mostKept { made.removeAll() }
            let mapper = SpanMapper(options: options, hashSeed: UInt64(hashSeed))
            made[key] = mapper
            return mapper
        }
    }
}
