import CloudExport
import ExportTestKit
import TestKit
import Testing

@Suite struct BackoffTests {
    @Test func `the limit doubles up to the cap`() {
        let backoff = Backoff()
        let limits = (1...9).map { backoff.limit(failures: $0) }
        #expect(
            limits == [
                .milliseconds(500), .seconds(1), .seconds(2), .seconds(4), .seconds(8),
                .seconds(16),
                .seconds(30), .seconds(30), .seconds(30),
            ])
        #expect(backoff.limit(failures: 1_000_000_000) == .seconds(30))
        #expect(backoff.limit(failures: 0) == .milliseconds(500))
    }

    @Test func `the delay is anywhere between the floor and the limit`() {
        let backoff = Backoff()
        #expect(backoff.delay(failures: 4, random: 0) == .milliseconds(50))
        #expect(backoff.delay(failures: 4, random: 0.5) == .seconds(2))
        var random = SplitMix64(seed: 7)
        for failures in 1...12 {
            for _ in 1...200 {
                let delay = backoff.delay(
                    failures: failures, random: .random(in: 0..<1, using: &random))
                #expect(delay >= .milliseconds(50))
                #expect(delay < backoff.limit(failures: failures))
            }
        }
    }

    @Test func `a multiplier of one stays, and a cap below the start is the start`() {
        var backoff = Backoff()
        backoff.multiplier = 1
        #expect(backoff.limit(failures: 50) == .milliseconds(500))
        backoff.maxInterval = .milliseconds(100)
        #expect(backoff.limit(failures: 1) == .milliseconds(100))
        #expect(backoff.limit(failures: 3) == .milliseconds(100))
    }

    @Test func `a cool-down doubles from a minute to a quarter of an hour`() {
        let delays = (1...7).map { CoolDown.delay(failures: $0, random: 0.5) }
        #expect(
            delays == [60, 120, 240, 480, 900, 900, 900].map { Duration.seconds($0) })
        #expect(CoolDown.delay(failures: .max, random: 0.5) == .seconds(900))
    }

    @Test func `a cool-down is off by a tenth at most and never shorter than a minute`() {
        var random = SplitMix64(seed: 8)
        for failures in 1...8 {
            let target = CoolDown.delay(failures: failures, random: 0.5)
            let all = (1...500).map { _ in
                CoolDown.delay(failures: failures, random: .random(in: 0..<1, using: &random))
            }
            #expect(all.allSatisfy { $0 >= max(.seconds(60), target * 0.9) })
            #expect(all.allSatisfy { $0 <= target * 1.1 })
            // Both ends are come near to, so there is jitter.
            #expect(all.contains { $0 > target * 1.08 })
            #expect(all.contains { $0 < max(.seconds(60.001), target * 0.92) })
        }
    }
}
