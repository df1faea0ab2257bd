import Foundation
import OracleKit
import TestKit
import Testing

@testable import OTLP

/// Three readers of the same bytes: our walk and views, libprotobuf-c, and `WireReading`, which
/// says from the specification where the two may differ.
struct OracleTests {
    @Test func `random requests read as libprotobuf-c reads them`() {
        var tally = Tally()
        for seed in Seeds(count: 400, first: 1) {
            var generator = RequestGenerator(seed: seed)
            compare(generator.request(), "seed \(seed)", &tally)
        }
        #expect(tally.refused == 0)
        #expect(tally.accepted >= 400)
        #expect(tally.comparedOriginals > 100)
        #expect(tally.spans > 400)
    }

    @Test func `mutated requests are taken and refused alike`() {
        var tally = Tally()
        for seed in Seeds(count: 250, first: 1_000_000) {
            var generator = RequestGenerator(seed: seed)
            let first = generator.request()
            let second = generator.request()
            for round in 0..<8 {
                let mutant = first.mutated(with: second, using: &generator.random)
                compare(mutant, "seed \(seed) round \(round)", &tally)
            }
        }
        #expect(tally.accepted > 100)
        #expect(tally.refused > 100)
        #expect(tally.refusedByUsAlone > 0)
    }

    @Test func `a small request with any byte changed is taken and refused alike`() {
        var tally = Tally()
        let small = [UInt8].request(attributeValue: .arrayValue(.intValue(300), .stringValue("x")))
        for index in small.indices {
            for value in UInt8.min...UInt8.max {
                var changed = small
                changed[index] = value
                compare(changed, "byte \(index) set to \(value)", &tally)
            }
        }
        #expect(tally.accepted > 1000)
        #expect(tally.refused > 1000)
    }

    @Test func `random bytes are taken and refused alike`() {
        var tally = Tally()
        for seed in Seeds(count: 2000, first: 2_000_000) {
            var random = SplitMix64(seed: seed)
            // Small bytes make tags and lengths that lead somewhere.
            let bytes = (0..<random.below(40)).map { _ in
                UInt8(truncatingIfNeeded: random.next() % (random.once(in: 8) ? 256 : 48))
            }
            compare(bytes, "seed \(seed)", &tally)
        }
        #expect(tally.refused > 1000)
    }

    private func compare(_ bytes: [UInt8], _ origin: String, _ tally: inout Tally) {
        let reading = WireReading(bytes)
        let summary = try? walkRequest(bytes.span)
        #expect(
            (summary != nil) == reading.isAccepted,
            "\(origin): the walk and \(reading.refusals) differ on \(bytes)")
        let original = reading.protobufCAccepts == nil ? nil : TraceModel(protobufC: bytes)
        if let expected = reading.protobufCAccepts {
            #expect(
                (original != nil) == expected,
                "\(origin): libprotobuf-c, \(reading.refusals) and \(reading.quirks) on \(bytes)")
        }
        guard let summary, reading.isAccepted else {
            tally.refused += 1
            if original != nil { tally.refusedByUsAlone += 1 }
            return
        }
        tally.accepted += 1
        compare(bytes, summary, reading, original, origin, &tally)
    }

    private func compare(
        _ bytes: [UInt8], _ summary: RequestSummary, _ reading: WireReading,
        _ original: TraceModel?, _ origin: String, _ tally: inout Tally
    ) {
        let views = TraceModel(views: bytes)
        tally.spans += views.spans.count
        if let original, reading.protobufCAgrees {
            tally.comparedOriginals += 1
            #expect(views == original, "\(origin): views and libprotobuf-c on \(bytes)")
        }
        #expect(
            views == TraceModel(protobufC: reading.plain),
            "\(origin): views and libprotobuf-c on the plain form of \(bytes)")
        #expect(
            summary.spans == views.spans.count(where: \.hasValidIDs), "\(origin): spans \(bytes)")
        #expect(
            summary.spans + summary.rejected == views.spans.count, "\(origin): counts \(bytes)")
    }

    private struct Tally {
        var accepted = 0
        var refused = 0
        var refusedByUsAlone = 0
        var comparedOriginals = 0
        var spans = 0
    }
}

/// `count` seeds from `first` on, and then as many as fit into `MASTRA_GATEWAY_FUZZ_SECONDS`, where
/// that is set; those begin at a seed of that run's own.
private struct Seeds: Sequence, IteratorProtocol {
    private var left: Int
    private var seed: UInt64
    private let end: ContinuousClock.Instant?

    init(count: Int, first: UInt64) {
        left = count
        seed = first
        let seconds = ProcessInfo.processInfo.environment["MASTRA_GATEWAY_FUZZ_SECONDS"]
        end = seconds.flatMap(Double.init).map { .now + .seconds($0) }
    }

    mutating func next() -> UInt64? {
        if left == 0, end != nil { seed = .random(in: 1 << 32...(.max >> 1)) }
        left -= 1
        guard left >= 0 || (end.map { .now < $0 } ?? false) else { return nil }
        seed += 1
        return seed
    }
}
