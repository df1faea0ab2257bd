import CloudExport
import HTTPServing
import Instruments
import OTLPReceiving
import SendingQueue

/// What the running parts report.
extension GatewayState {
    func report() async -> StatusReport {
        let now = WallClock.milliseconds()
        let running = routes.configuration
        let scheme = running.tlsServer == nil ? "http" : "https"
        return StatusReport(
            version: GatewayVersion.current, now: now,
            startedAt: now - min(now, UInt64((.now - startedAt) / .milliseconds(1))),
            refusal: receiver.refusalReason().map {
                $0.shortage?.sentence ?? "the gateway is stopping"
            },
            listeners: listeners.map {
                .init(name: $0.name, address: "\(scheme)://\($0.server.boundAddress)")
            },
            queue: running.queueDirectory ?? "memory",
            unauthorizedRequests: receiver.instruments.unauthorized.reduce(0) {
                $0 + $1.counter.value
            },
            reload: reload.last.map {
                .init(at: $0.at, isApplied: $0.isApplied, message: $0.message)
            },
            routes: await looks().map { .init($0, now: now) },
            leftLanes: routes.leftLanes.map {
                .init(
                    name: $0.name, spans: $0.spans, bytes: $0.bytes, oldest: $0.oldest,
                    deadLetters: $0.deadLetters)
            })
    }
}

extension StatusReport.Route {
    init(_ look: RouteLook, now: UInt64) {
        /// The time of day of a moment.
        func time(_ instant: ContinuousClock.Instant) -> UInt64 {
            UInt64(clamping: Int64(now) + Int64((instant - .now) / .milliseconds(1)))
        }
        let books = look.books
        let route = look.configuration
        self.init(
            name: look.name, destination: route.destination,
            project: route.projectID, posture: look.status.posture.kind,
            until: look.status.posture.until.map(time), isRetired: look.isRetired,
            refusal: look.shortage?.sentence, receivedPerSecond: look.rates.accepted,
            sentPerSecond: look.rates.sent, accepted: books.accepted, sent: books.delivered,
            dropped: books.dropped.filter { $0.value > 0 }
                .map { (reason: $0.key.rawValue, spans: $0.value) }
                .sorted { $0.reason < $1.reason },
            rejected: books.rejected,
            limitedRequests: look.limited.reduce(0) { $0 + $1.requests },
            heldSpans: books.queuedSpans, heldBytes: books.queuedBytes,
            capacityBytes: books.capacityBytes,
            oldestAge: look.oldest.map { UInt64(max(0, $0 / .milliseconds(1))) },
            lastDelivered: look.status.lastDelivered.map(time),
            lastError: look.status.lastFault.map { .init(at: time($0.at), text: $0.text) },
            limits: route.limitTexts)
    }
}

extension RouteConfiguration {
    /// What is set of the limits and the selection, by the keys of the settings.
    fileprivate var limitTexts: [(key: String, value: String)] {
        [
            ("spans_per_second", spansPerSecond.map { "\($0)" }),
            ("bytes_per_second", bytesPerSecond.map(ValueParsing.describeSize)),
            ("queue_share", queueShare.map { "\($0)" }),
        ].compactMap { key, value in value.map { (key: key, value: $0) } }
    }
}
