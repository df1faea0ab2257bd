import CDeflate
import Synchronization

/// What became of compressed bytes.
enum InflateError: Error, Hashable {
    /// Not gzip, cut off, or with a wrong checksum or length. The text says which member.
    case broken(String)
    /// More comes out than may.
    case tooLarge(limit: Int)
    /// The byte budget has no room for what comes out.
    case outOfMemory
}

/// Inflates whole gzip bodies with libdeflate: every member of them (RFC 1952 2.2), and never more
/// than a limit.
///
/// The output is sized by the length that the last member's trailer names; that length is a
/// stranger's word, so it only starts the guess, and the guess grows up to the limit.
@safe struct Inflater: ~Copyable {
    private let decompressor: OpaquePointer

    init?() {
        guard let decompressor = unsafe libdeflate_alloc_decompressor() else { return nil }
        unsafe self.decompressor = unsafe decompressor
    }

    deinit {
        unsafe libdeflate_free_decompressor(decompressor)
    }

    /// - Parameter reserve: called with bytes to add to the reservation before they are taken.
    func inflate(
        _ input: [UInt8], limit: Int, reserve: (Int) -> Bool
    ) throws(InflateError) -> [UInt8] {
        guard !input.isEmpty else { return [] }
        var capacity = Self.firstGuess(input, limit: limit)
        guard reserve(capacity) else { throw .outOfMemory }
        while true {
            var outcome = Outcome.done
            let output = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
                outcome = unsafe inflateMembers(input, into: buffer, &count)
            }
            switch outcome {
            case .done:
                // A trailer that lied leaves no half-empty buffer in the queue.
                return output.count >= capacity - capacity / 4 ? output : output.map { $0 }
            case .broken(let reason): throw .broken(reason)
            case .full:
                guard capacity < limit else { throw .tooLarge(limit: limit) }
                let grown = min(limit, max(capacity * 2, 65_536))
                guard reserve(grown - capacity) else { throw .outOfMemory }
                capacity = grown
            }
        }
    }

    private enum Outcome {
        case done
        case full
        case broken(String)
    }

    /// One byte over the limit is never needed: a full buffer with input left is over it.
    private static func firstGuess(_ input: [UInt8], limit: Int) -> Int {
        var named = 0
        if input.count >= 18 {
            for offset in 1...4 { named = named << 8 | Int(input[input.count - offset]) }
        }
        // Deflate makes at most 1032 bytes of one.
        let possible = min(named, input.count * 1032)
        return min(limit, max(possible, input.count, 64))
    }

    private func inflateMembers(
        _ input: [UInt8], into buffer: UnsafeMutableBufferPointer<UInt8>, _ count: inout Int
    ) -> Outcome {
        // Both pointers are valid for the counts that go with them.
        unsafe input.withUnsafeBufferPointer { source in
            guard let from = source.baseAddress, let to = buffer.baseAddress else { return .full }
            var consumed = 0
            var member = 1
            while consumed < source.count {
                var read = 0
                var written = 0
                let result = unsafe libdeflate_gzip_decompress_ex(
                    decompressor, from + consumed, source.count - consumed, to + count,
                    buffer.count - count, &read, &written)
                switch result {
                case LIBDEFLATE_SUCCESS:
                    consumed += read
                    count += written
                    member += 1
                case LIBDEFLATE_INSUFFICIENT_SPACE: return .full
                default:
                    return .broken(
                        "gzip member \(member) at byte \(consumed) is damaged or cut off")
                }
            }
            return .done
        }
    }
}

/// Decompressors that are not in use; each holds some 30 KiB of tables.
final class InflaterPool: Sendable {
    private static let kept = 8
    private let idle = Mutex<[InflaterBox]>([])

    private final class InflaterBox: @unchecked Sendable {
        // Only the thread that has taken the box out of the pool uses it.
        let inflater: Inflater

        init?() {
            guard let inflater = Inflater() else { return nil }
            self.inflater = inflater
        }
    }

    func inflate(
        _ input: [UInt8], limit: Int, reserve: (Int) -> Bool
    ) throws(InflateError) -> [UInt8] {
        guard let box = idle.withLock({ $0.popLast() }) ?? InflaterBox() else {
            throw .outOfMemory
        }
        defer {
            idle.withLock { if $0.count < Self.kept { $0.append(box) } }
        }
        return try box.inflater.inflate(input, limit: limit, reserve: reserve)
    }
}
