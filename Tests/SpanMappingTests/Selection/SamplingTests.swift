import SpanMapping
import TestKit
import Testing

/// Consistent probability sampling: the threshold, the random value, and what `tracestate` says of both.
struct SamplingTests {
    /// A span whose trace id ends with these 56 bits; what stands before them does not count.
    private static func span(
        _ randomness: UInt64, before: UInt8 = 0xa5, traceState: String = ""
    ) -> SpanFixture {
        var span = SpanFixture.span(traceState: traceState)
        span.traceID = [UInt8](repeating: before, count: 9)
        for shift in stride(from: 48, through: 0, by: -8) {
            span.traceID.append(UInt8(truncatingIfNeeded: randomness >> UInt64(shift)))
        }
        return span
    }

    private static func keeps(_ span: SpanFixture, _ ratio: Double) throws -> Bool {
        let outcome = outcomes(RequestFixture([span]), try .selecting(keepRatio: ratio))
        #expect(outcome == [.record] || outcome == [.left(.sampled)])
        return outcome == [.record]
    }

    // MARK: The threshold

    /// `2^56 - ratio * 2^56`, from exact arithmetic on the ratio's double.
    private static let thresholds: [(ratio: Double, threshold: UInt64)] = [
        (0.5, 0x80_0000_0000_0000), (0.25, 0xc0_0000_0000_0000), (0.75, 0x40_0000_0000_0000),
        (0.1, 0xe6_6666_6666_6666), (0.01, 0xfd_70a3_d70a_3d71), (1e-9, 0xff_ffff_fbb4_7d06),
        (1.0 / 3, 0xaa_aaaa_aaaa_aaac), (0.999, 0x00_4189_374b_c6a8),
        (0x1p-56, 0xff_ffff_ffff_ffff),
    ]

    @Test(arguments: thresholds)
    func `a ratio has an exact threshold, and what is on it is kept`(
        _ ratio: Double, _ threshold: UInt64
    ) throws {
        for before in [1, 0x80, 0xff] as [UInt8] {
            #expect(try Self.keeps(Self.span(threshold, before: before), ratio))
            #expect(try !Self.keeps(Self.span(threshold - 1, before: before), ratio))
            #expect(try Self.keeps(Self.span(0xff_ffff_ffff_ffff, before: before), ratio))
            #expect(try !Self.keeps(Self.span(0, before: before), ratio))
        }
    }

    @Test func `one keeps all and zero nothing`() throws {
        for randomness in [0, 1, 0x80_0000_0000_0000, 0xff_ffff_ffff_ffff] as [UInt64] {
            for ratio in [1, 1.5, .infinity] as [Double] {
                #expect(try Self.keeps(Self.span(randomness), ratio))
            }
            for ratio in [0, -0.0, -1, 0x1p-60] as [Double] {
                #expect(try !Self.keeps(Self.span(randomness), ratio))
                let strict = Self.span(randomness, traceState: "ot=th:ffffffffffffff")
                #expect(try !Self.keeps(strict, ratio))
            }
        }
    }

    // MARK: Many traces

    private static let count = 100_000

    /// Spans of as many random traces, with nothing but their ids.
    private static let manyTraces: [UInt8] = {
        var random = SplitMix64(seed: 4711)
        var spans: [UInt8] = []
        spans.reserveCapacity(count * 30)
        for _ in 0..<count {
            spans += [0x12, 28, 0x0a, 16]
            for _ in 0..<16 { spans.append(random.byte()) }
            spans += [0x12, 8]
            for _ in 0..<8 { spans.append(random.byte() | 1) }
        }
        return .field(1, bytes: .field(2, bytes: spans))
    }()

    private static func kept(_ ratio: Double) throws -> [Bool] {
        var mapper = SpanMapper(options: try .selecting(keepRatio: ratio))
        return mapper.results(of: manyTraces).map { $0.outcome == .record }
    }

    @Test func `the share that is kept is the ratio, and a smaller ratio keeps a part of it`()
        throws
    {
        var larger = [Bool](repeating: true, count: Self.count)
        for ratio in [0.5, 0.1, 0.01] {
            let kept = try Self.kept(ratio)
            #expect(kept.count == Self.count)
            let deviation = (Double(Self.count) * ratio * (1 - ratio)).squareRoot()
            let expected = Double(Self.count) * ratio
            let number = Double(kept.count { $0 })
            #expect(abs(number - expected) < 4 * deviation, "\(number) of \(expected)")
            #expect(zip(kept, larger).allSatisfy { $0 == false || $1 }, "\(ratio)")
            larger = kept
        }
    }

    @Test func `all spans of a trace are decided alike`() throws {
        for randomness in [0x7f_ffff_ffff_ffff, 0x80_0000_0000_0000] as [UInt64] {
            let span = Self.span(randomness)
            var chat = SpanFixture.chat().numbered(2)
            chat.traceID = span.traceID
            var child = SpanFixture.span(name: "child", parent: span.spanID).numbered(3)
            child.traceID = span.traceID
            let all = outcomes(RequestFixture([span, chat, child]), try .selecting(keepRatio: 0.5))
            #expect(Set(all).count == 1 && all.count == 3)
        }
    }

    // MARK: tracestate

    /// With a ratio of a half and so a threshold of 0x80…; `low` and `high` are what becomes of a trace
    /// whose id would be rejected, and of one whose id would be kept.
    private static let states: [(traceState: String, low: Bool, high: Bool)] = [
        ("", false, true),
        // The random value of the sender stands for that of the id.
        ("ot=rv:ffffffffffffff", true, true), ("ot=rv:00000000000000", false, false),
        ("ot=rv:80000000000000", true, true), ("ot=rv:7fffffffffffff", false, false),
        ("ot=rv:FFFFFFFFFFFFFF", true, true), ("ot=rv:abcdefABCDEF01", true, true),
        ("ot=p:8;rv:ffffffffffffff", true, true), ("ot=rv:ffffffffffffff;p:8", true, true),
        ("a=b,ot=rv:ffffffffffffff", true, true), ("ot=rv:ffffffffffffff,a=b", true, true),
        ("a=ot , \tot=rv:ffffffffffffff , b=c", true, true),
        ("ot=rv:ffffffffffffff,ot=rv:00000000000000", true, true),
        ("ot=rv:ffffffffffffff;rv:00000000000000", true, true),
        // What was sampled as strictly before is kept.
        ("ot=th:8", true, true), ("ot=th:c", true, true), ("ot=th:80000000000000", true, true),
        ("ot=th:80000000000001", true, true), ("ot=th:FF", true, true),
        ("ot=th:8;rv:00000000000000", true, true), ("ot=rv:00000000000000;th:8", true, true),
        // What was sampled less strictly is sampled on.
        ("ot=th:0", false, true), ("ot=th:7", false, true), ("ot=th:7fffffffffffff", false, true),
        ("ot=th:08", false, true), ("ot=th:7;rv:ffffffffffffff", true, true),
        ("ot=th:4;rv:00000000000000", false, false),
        // What is malformed is as absent.
        ("ot=rv:fffffffffffff", false, true), ("ot=rv:fffffffffffffff", false, true),
        ("ot=rv:0000000000000", false, true), ("ot=rv:000000000000000", false, true),
        ("ot=rv:fffffffffffffg", false, true), ("ot=rv:0x000000000000", false, true),
        ("ot=rv:", false, true), ("ot=rv", false, true), ("ot=r", false, true),
        ("ot=th:", false, true), ("ot=th:ffffffffffffff0", false, true),
        ("ot=th:fg", false, true), ("ot=th:-8", false, true), ("ot=th:+8", false, true),
        ("ot=th: 8", false, true), ("ot=th", false, true), ("ot=TH:8", false, true),
        ("ot=", false, true), ("ot", false, true), ("=", false, true), (",", false, true),
        (",,ot=;;;,,", false, true), ("ot=;;rv:00000000000000;;", false, false),
        ("OT=th:8", false, true), ("xot=th:8", false, true), ("ot =th:8", false, true),
        ("t@ot=th:8", false, true), ("a=ot=th:8", false, true), ("ot:th=8", false, true),
        ("ot=th=8", false, true), ("ot=thx:8", false, true), ("th:8", false, true),
    ]

    @Test(arguments: states)
    func `tracestate is listened to where it is well-formed`(
        _ traceState: String, _ low: Bool, _ high: Bool
    ) throws {
        let lowest = Self.span(0, traceState: traceState)
        let highest = Self.span(0xff_ffff_ffff_ffff, traceState: traceState)
        #expect(try Self.keeps(lowest, 0.5) == low)
        #expect(try Self.keeps(highest, 0.5) == high)
    }

    @Test func `no bytes of tracestate or of the request trap`() throws {
        var mapper = SpanMapper(options: try .selecting(keepRatio: 0.5))
        let words: [[UInt8]] = [
            "ot=", "th:", "rv:", ";", ",", "0", "f", "80000000000000", " ", "=", ":", "\t",
        ].map { Array($0.utf8) }
        for seed in Seeds(count: 4000, first: 5_000_000) {
            var random = SplitMix64(seed: seed)
            var state: [UInt8] = []
            for _ in 0..<random.below(12) {
                state += random.once(in: 8) ? [random.byte()] : random.pick(words)
            }
            let ids: [UInt8] = .field(1, bytes: Array(1...16)) + .field(2, bytes: Array(1...8))
            let span = ids + .field(3, bytes: state)
            let request: [UInt8] = .field(1, bytes: .field(2, bytes: .field(2, bytes: span)))
            let results = mapper.results(of: request)
            #expect(results.count == 1, "seed \(seed)")
            var mutant = request
            for _ in 0...random.below(3) { mutant.mutate(using: &random) }
            _ = mapper.results(of: mutant)
        }
    }
}
