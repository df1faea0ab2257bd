import CloudExport
import HTTPServing
import Instruments
import OTLPReceiving
import SendingQueue

/// What the admin endpoint reports on: the running parts, looked at only.
final class GatewayState: Sendable {
    let routes: RouteSet
    let receiver: OTLPReceiver
    let budget: MemoryBudget
    let listeners: [Listener]
    let reload: ReloadStatus
    let watchdog: Watchdog
    /// Nil where nothing is kept on this machine.
    let local: LocalParts?
    let startedAt = ContinuousClock.now

    init(
        routes: RouteSet, receiver: OTLPReceiver, budget: MemoryBudget, listeners: [Listener],
        reload: ReloadStatus, watchdog: Watchdog, local: LocalParts? = nil
    ) {
        self.routes = routes
        self.receiver = receiver
        self.budget = budget
        self.listeners = listeners
        self.reload = reload
        self.watchdog = watchdog
        self.local = local
    }

    /// All routes, each at one moment.
    func looks() async -> [RouteLook] {
        var looks: [RouteLook] = []
        for run in routes.all { looks.append(RouteLook(run, await run.lane.status)) }
        return looks
    }
}

/// A listener for traces, under the name that metrics call it by.
struct Listener: Sendable {
    let name: String
    let server: HTTPServer
}

/// What a route is at one moment. Its books are one snapshot, so that they add up wherever they are shown.
struct RouteLook: Sendable {
    var name: String
    var configuration: RouteConfiguration
    var isRetired: Bool
    var status: LaneStatus
    var instruments: LaneInstruments
    var books: Books
    /// Nil where the queue is in memory.
    var figures: QueueFigures?
    /// Age of the oldest span that is in no batch yet.
    var oldest: Duration?
    /// Why a request of usual size would not be taken.
    var shortage: Shortage?
    /// Requests that were answered with 429, by the limit.
    var limited: [(limit: String, requests: UInt64)]
    var rates: (accepted: Double, sent: Double)
}

extension RouteLook {
    init(_ run: RouteRun, _ status: LaneStatus) {
        let intake = run.intake
        self.init(
            name: run.name, configuration: run.configuration, isRetired: run.isRetired,
            status: status, instruments: run.lane.instruments, books: run.queue.books(),
            figures: run.durable?.queue.figures(),
            oldest: run.queue.backlog().oldest.map { .now - $0 }, shortage: intake.shortage(),
            limited: intake.refused.map { ($0.limit.rawValue, $0.counter.value) },
            rates: run.rates.perSecond)
    }
}
