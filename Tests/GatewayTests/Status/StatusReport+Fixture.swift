import Foundation

@testable import Gateway

/// 2026-11-29 12:03:10 UTC.
let noon: UInt64 = 1_795_953_790_000

extension StatusReport {
    /// A gateway that has run for a day, in which a test states only what it cares about.
    static func fixture(_ routes: Route...) -> StatusReport { fixture(routes) }

    static func fixture(_ routes: [Route]) -> StatusReport {
        StatusReport(
            version: "1.2.3", now: noon, startedAt: noon - 86_400_000, refusal: nil,
            listeners: [
                Listener(name: "http", address: "http://127.0.0.1:4318"),
                Listener(name: "grpc", address: "http://127.0.0.1:4317"),
            ],
            queue: "memory", unauthorizedRequests: 0, reload: nil, routes: routes, leftLanes: [])
    }

    /// What a document shows, without its elements and with each blank once.
    var shown: String {
        var text = html
        text.removeSubrange(text.startIndex..<text.range(of: "<body>")!.lowerBound)
        for (pattern, replacement) in [
            ("<(wbr|/?bdi|/?strong|/?time|/?code)[^>]*>", ""), ("<[^>]*>", " "), ("[ \n]+", " "),
        ] {
            text = text.replacingOccurrences(
                of: pattern, with: replacement, options: .regularExpression)
        }
        return text
    }
}

extension StatusReport.Route {
    /// Which sends what comes and holds a little.
    static func fixture(
        _ name: String = "checkout", posture: String = "open", until: UInt64? = nil,
        _ change: (inout Self) -> Void = { _ in }
    ) -> Self {
        var route = Self(
            name: name, destination: "https://cloud.example/spans", project: "shop",
            posture: posture,
            until: until, isRetired: false, refusal: nil, receivedPerSecond: 12.34,
            sentPerSecond: 11, accepted: 12345, sent: 12000, dropped: [], rejected: 0,
            limitedRequests: 0, heldSpans: 345, heldBytes: 3 << 20, capacityBytes: 256 << 20,
            oldestAge: 1500, lastDelivered: noon - 3000, lastError: nil, limits: [])
        change(&route)
        return route
    }

    static func idle(_ name: String = "idle") -> Self {
        fixture(name) { $0.makeIdle() }
    }

    private mutating func makeIdle() {
        (heldSpans, heldBytes, receivedPerSecond, sentPerSecond) = (0, 0, 0, 0)
        (oldestAge, lastDelivered) = (nil, nil)
    }

    /// To which nothing has come.
    static func untouched(_ name: String = "new") -> Self {
        fixture(name) {
            $0.makeIdle()
            ($0.accepted, $0.sent) = (0, 0)
        }
    }
}
