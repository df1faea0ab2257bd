import Foundation
import TestKit
import Testing

@testable import SendingQueue

/// `MASTRA_GATEWAY_SOAK=<seconds>` makes it last, `MASTRA_GATEWAY_SEED=<n>` takes one seed again.
@Suite struct LogModelTests {
    private static let environment = ProcessInfo.processInfo.environment

    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `a log keeps its promises in any order of steps`(_ seed: UInt64) {
        check(seed)
    }

    @Test func `a log keeps its promises from seeds that nobody has seen`() {
        if let seed = Self.environment["MASTRA_GATEWAY_SEED"].flatMap(UInt64.init) {
            check(seed)
            return
        }
        let seconds = Self.environment["MASTRA_GATEWAY_SOAK"].flatMap(Double.init) ?? 3
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            guard check(.random(in: 1 << 32 ... .max)) else { return }
        }
    }

    @discardableResult
    private func check(_ seed: UInt64) -> Bool {
        var random = SplitMix64(seed: seed)
        let count = 20 + random.below(120)
        let steps = LogStep.random(count, hasFaults: random.once(in: 2), &random)
        guard let problem = LogWorld(seed: seed).run(steps) else { return true }
        let fewest = shrunk(steps) { LogWorld(seed: seed).run($0) != nil }
        let last = LogWorld(seed: seed).run(fewest) ?? problem
        Issue.record("seed \(seed): \(last)\n\(fewest.map(\.description).joined(separator: "\n"))")
        return false
    }
}
