import TestKit

/// One thing that happens to a log. What it is in detail comes from its own seed, so that it stays the
/// same when the steps before it are left out.
struct LogStep: CustomStringConvertible, Sendable {
    enum Kind: CaseIterable {
        case append, appendBehind, read, finish, writeCursor, probe, skipOldest
        case drain, reopen, crash, kill
        /// The machine or the process ends in one of the next calls.
        case crashSoon, killSoon
        /// One of the next calls fails.
        case failSoon, failSyncSoon, failWriteSoon
    }

    let kind: Kind
    let seed: UInt64

    var description: String { "\(kind)(\(seed))" }

    /// How often a kind comes among the others.
    private static let weights: [(Kind, Int)] = [
        (.append, 24), (.appendBehind, 14), (.read, 18), (.finish, 24), (.writeCursor, 12),
        (.probe, 2), (.skipOldest, 2), (.drain, 3), (.reopen, 4), (.crash, 4), (.kill, 3),
        (.crashSoon, 4), (.killSoon, 2), (.failSoon, 4), (.failSyncSoon, 2), (.failWriteSoon, 2),
    ]

    private static let faults: Set<Kind> = [.failSoon, .failSyncSoon, .failWriteSoon]

    /// - Parameter hasFaults: whether calls fail, besides crashes.
    static func random(
        _ count: Int, hasFaults: Bool, _ random: inout SplitMix64
    ) -> [LogStep] {
        let weights = weights.filter { hasFaults || !faults.contains($0.0) }
        let total = weights.reduce(0) { $0 + $1.1 }
        return (0..<count).map { _ in
            var place = random.below(total)
            let kind = weights.first {
                place -= $0.1
                return place < 0
            }
            return LogStep(kind: kind!.0, seed: random.next() & 0xffff_ffff)
        }
    }
}
