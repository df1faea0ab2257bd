import Foundation
import OTLPReceiving
import SendingQueue
import Testing

@testable import CloudExport
@testable import Gateway

@Suite struct ReadinessTests {
    private static func report(
        refusal: OTLPReceiver.RefusalReason? = nil,
        posture: LaneGate.Posture = .open, oldest: Duration? = nil,
        isRetired: Bool = false
    ) -> Readiness {
        var books = Books()
        books.queuedSpans = 7
        books.queuedBytes = 700
        books.dropped = [.rejected: 2, .tooLarge: 1]
        let look = RouteLook(
            name: "default", configuration: RouteConfiguration(), isRetired: isRetired,
            status: LaneStatus(posture: posture, inFlight: 0, batchedSpans: 0, isDraining: false),
            instruments: LaneInstruments(), books: books, figures: nil, oldest: oldest,
            shortage: refusal?.shortage, limited: [], rates: (0, 0))
        return Readiness(refusal: refusal, looks: [look])
    }

    private static func object(_ report: Readiness) throws -> [String: Any] {
        try #require(
            try JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any])
    }

    @Test func `a gateway that takes spans is ready, whatever the upstream does`() throws {
        let until = ContinuousClock.now + .seconds(90)
        for posture: LaneGate.Posture in [
            .open, .backingOff(until: until), .paused(until: until), .probing,
            .coolingDown(until: until, .unauthorized),
        ] {
            let report = Self.report(posture: posture)
            #expect(report.isReady)
            let object = try Self.object(report)
            #expect(object["ready"] as? Bool == true)
            #expect(object["reason"] == nil)
            let lane = try #require((object["lanes"] as? [[String: Any]])?.first)
            #expect(lane["state"] as? String == posture.kind)
            let waits = posture != .open && posture != .probing
            let seconds = lane["next_attempt_seconds"] as? Int
            #expect(waits ? (80...90).contains(seconds ?? 0) : seconds == nil)
        }
    }

    @Test func `the lane's figures stand beside it`() throws {
        let object = try Self.object(Self.report(oldest: .seconds(61.5)))
        let lane = try #require((object["lanes"] as? [[String: Any]])?.first)
        #expect(lane["name"] as? String == "default")
        #expect(lane["queued_spans"] as? Int == 7)
        #expect(lane["queued_bytes"] as? Int == 700)
        #expect(lane["dropped_spans"] as? Int == 3)
        #expect(lane["oldest_age_seconds"] as? Int == 61)
        #expect(lane["queue"] as? String == "ok")
    }

    @Test func `a route that has left the configuration is marked`() throws {
        for isRetired in [true, false] {
            let object = try Self.object(Self.report(isRetired: isRetired))
            let lane = try #require((object["lanes"] as? [[String: Any]])?.first)
            #expect(lane["retired"] as? Bool == (isRetired ? true : nil))
        }
    }

    @Test(arguments: Shortage.allCases)
    func `what the queue lacks is the reason, and stands beside the lane`(
        _ shortage: Shortage
    ) throws {
        let report = Self.report(refusal: .queue(shortage))
        #expect(!report.isReady)
        let object = try Self.object(report)
        #expect(object["reason"] as? String == shortage.rawValue)
        let lane = try #require((object["lanes"] as? [[String: Any]])?.first)
        #expect(lane["queue"] as? String == shortage.rawValue)
    }

    @Test func `a stop is a reason, and none of the queue's`() throws {
        let object = try Self.object(Self.report(refusal: .stopping))
        #expect(object["reason"] as? String == "stopping")
        let lane = try #require((object["lanes"] as? [[String: Any]])?.first)
        #expect(lane["queue"] as? String == "ok")
    }
}
