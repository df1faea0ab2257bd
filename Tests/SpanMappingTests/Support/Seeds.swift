import Foundation

/// `count` seeds from `first` on, and then as many as fit into `MASTRA_GATEWAY_FUZZ_SECONDS`, where
/// that is set; those begin at a seed of that run's own.
struct Seeds: Sequence, IteratorProtocol {
    private var left: Int
    private var seed: UInt64
    private let end: ContinuousClock.Instant?

    init(count: Int, first: UInt64) {
        left = count
        seed = first
        let seconds = ProcessInfo.processInfo.environment["MASTRA_GATEWAY_FUZZ_SECONDS"]
            .flatMap { Double($0) }
        end = seconds.map { ContinuousClock.now + .seconds($0) }
    }

    mutating func next() -> UInt64? {
        if left == 0, end != nil { seed = .random(in: 1 << 32...(.max >> 1)) }
        guard left > 0 || end.map({ ContinuousClock.now < $0 }) == true else { return nil }
        left -= 1
        seed += 1
        return seed
    }
}
