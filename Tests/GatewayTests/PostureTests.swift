import CloudExport
import Testing

@Suite struct PostureTests {
    private static let causes: [LaneGate.Cause] = [
        .unauthorized, .misdirected, .untrusted, .contract,
    ]

    private static let postures: [LaneGate.Posture] =
        [.open, .backingOff(until: .now), .paused(until: .now), .probing]
        + causes.map { .coolingDown(until: .now, $0) }

    /// Where a case is added, this does not compile until the lists above have it.
    private func place(_ posture: LaneGate.Posture) -> Int {
        switch posture {
        case .open: 0
        case .backingOff: 1
        case .paused: 2
        case .probing: 3
        case .coolingDown(_, let cause):
            switch cause {
            case .unauthorized: 4
            case .misdirected: 5
            case .untrusted: 6
            case .contract: 7
            }
        }
    }

    @Test func `the metric has a value for every posture`() {
        #expect(Self.postures.map(place) == Array(0..<8))
        #expect(Set(LaneGate.Posture.kinds) == Set(Self.postures.map(\.kind)))
        #expect(LaneGate.Posture.kinds.count == Self.postures.count)
    }
}
