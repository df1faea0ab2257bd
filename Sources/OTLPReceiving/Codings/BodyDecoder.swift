import Synchronization

/// Makes a body of its compressed form, whole, and never more than a limit of it.
///
/// The output is sized by the length that the input names; that length is a stranger's word, so it
/// only starts the guess, and the guess grows up to the limit.
final class BodyDecoder: Sendable {
    /// Decompressors that are not in use; each holds tables of 30 to 200 KiB.
    private static let kept = 8
    private let idle = Mutex<[Box]>([])

    private final class Box: @unchecked Sendable {
        // Only the thread that has taken the box out of the pool uses it.
        var decompressors = Decompressors()
    }

    /// - Parameters:
    ///   - limit: bytes that may come out.
    ///   - reserve: called with bytes to add to the reservation before they are taken.
    func decode(
        _ input: Span<UInt8>, as coding: BodyCoding, limit: Int, reserve: (Int) -> Bool
    ) throws(DecodeError) -> [UInt8] {
        // No bytes are no body, whatever the header says (OTLP H21).
        guard !input.isEmpty else { return [] }
        let box = idle.withLock { $0.popLast() } ?? Box()
        defer {
            idle.withLock { if $0.count < Self.kept { $0.append(box) } }
        }
        // Where a guess does not fit, less may be enough: only what is really needed is refused.
        let guess = Self.firstGuess(input, coding, limit: limit)
        let small = max(input.count, 65_536)
        var capacity = try Self.first(of: guess > small ? [guess, small] : [guess], reserve)
        while true {
            var outcome = Decompression.done
            let output = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
                outcome = unsafe box.decompressors.run(coding, input, into: buffer, &count)
            }
            switch outcome {
            case .done:
                // A length that lied leaves no half-empty buffer in the queue.
                return output.count >= capacity - capacity / 4 ? output : output.map { $0 }
            case .broken(let reason): throw .broken(reason)
            case .outOfMemory: throw .outOfMemory
            case .full:
                guard capacity < limit else { throw .tooLarge(limit: limit) }
                // Each step is a part of what there is, so that there are few of them.
                let step = max(capacity, 65_536 - capacity)
                let steps = step > 65_536 ? [step, step / 4, step / 16] : [step]
                capacity += try Self.first(of: steps.map { min($0, limit - capacity) }, reserve)
            }
        }
    }

    private static func first(
        of counts: [Int], _ reserve: (Int) -> Bool
    ) throws(DecodeError) -> Int {
        guard let count = counts.first(where: reserve) else {
            throw .outOfMemory
        }
        return count
    }

    /// One byte over the limit is never needed: a full buffer with input left is over it.
    private static func firstGuess(_ input: Span<UInt8>, _ coding: BodyCoding, limit: Int) -> Int {
        let named =
            switch coding {
            case .identity: input.count
            case .gzip: GzipFormat.namedLength(input)
            case .deflate: input.count * 4
            case .zstd: ZstdFormat.namedLength(input)
            }
        return min(limit, max(named, input.count, 64))
    }
}

/// What one attempt at decompression came to.
enum Decompression {
    case done
    /// The buffer is full, and more would come.
    case full
    case broken(String)
    case outOfMemory
}
