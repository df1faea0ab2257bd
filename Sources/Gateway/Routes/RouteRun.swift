import CloudExport
import Logging
import OTLPReceiving
import SendingQueue
import SpanMapping
import Synchronization

/// A route while the gateway runs: the way in, the queue, and the lane that empties it. It outlives reloads,
/// and for as long as it holds spans also its place in the configuration.
final class RouteRun: Sendable {
    let name: String
    let queue: any SendingQueue
    /// Nil where the queue is in memory.
    let durable: QueueRunner?
    let lane: Lane
    let heartbeat: Heartbeat
    private let memory: MemoryQueue?
    /// Nil where nothing is kept on this machine.
    let copy: RouteCopy?
    private let state: Mutex<State>
    private let logger: Logger

    private struct State {
        var configuration: RouteConfiguration
        var intake: RouteIntake
        var isRetired = false
        var rates = RateWindow()
        var sending: Task<Void, Never>?
    }

    init(
        _ route: RouteConfiguration, in configuration: GatewayConfiguration, _ shared: SharedParts,
        durable: QueueRunner?, upstream: Upstream, logger: Logger
    ) {
        self.logger = logger
        name = route.name
        self.durable = durable
        memory =
            durable == nil
            ? MemoryQueue(configuration: configuration.memoryQueue(of: route)) : nil
        guard let queue: any SendingQueue = durable?.queue ?? memory else {
            preconditionFailure("a queue is on disk or in memory")
        }
        self.queue = queue
        copy = shared.local.map { RouteCopy(route, in: configuration, $0, logger: logger) }
        let intake = RouteIntake(
            name: route.name, queue: copy.map { CopiedQueue(queue, to: $0) } ?? queue)
        intake.limiter.set(route)
        lane = Lane(
            configuration: configuration.lane(of: route), queue: queue,
            mapper: SpanMapper(options: route.mapping), target: upstream.target,
            metricsTarget: upstream.metricsTarget, witness: copy, slots: shared.slots,
            logger: logger)
        heartbeat = Heartbeat(name: "sender", of: route) {
            durable?.queue.blameMapping()
        }
        state = Mutex(State(configuration: route, intake: intake))
    }

    var configuration: RouteConfiguration { state.withLock { $0.configuration } }

    var intake: RouteIntake { state.withLock { $0.intake } }

    /// Whether it has left the configuration, no request is under way that was let in before, and nothing
    /// is held.
    var hasEnded: Bool {
        state.withLock { $0.isRetired && isKnownUniquelyReferenced(&$0.intake) }
            && queue.books().queuedSpans == 0 && lane.instruments.heldMetrics == 0
    }

    /// Whether it has left the configuration and only sends what it holds.
    var isRetired: Bool { state.withLock { $0.isRetired } }

    var rates: RateWindow { state.withLock { $0.rates } }

    func start() {
        copy?.start()
        let sending = Task { [lane] in await lane.run() }
        state.withLock { $0.sending = sending }
    }

    func tick() {
        let books = queue.books()
        state.withLock { $0.rates.note(accepted: books.accepted, sent: books.delivered) }
    }

    /// Takes what a reload brings; back in the configuration where it had left it.
    func adopt(
        _ route: RouteConfiguration, in configuration: GatewayConfiguration, _ upstream: Upstream,
        isChanged: Bool, liftsCoolDown: Bool
    ) async {
        state.withLock { state in
            state.configuration = route
            state.isRetired = false
        }
        intake.limiter.set(route)
        resize(in: configuration)
        await copy?.adopt(route)
        await lane.adopt(
            LaneSetup(
                configuration: configuration.lane(of: route),
                mapper: SpanMapper(options: route.mapping), target: upstream.target,
                metricsTarget: upstream.metricsTarget, changesUpstream: isChanged,
                liftsCoolDown: liftsCoolDown))
    }

    /// Its share of the queue has changed, or what all routes share.
    func resize(in configuration: GatewayConfiguration) {
        let route = self.configuration
        memory?.adopt(configuration.memoryQueue(of: route))
        durable?.queue.adopt(configuration.durableQueue(of: route))
        copy?.resize(in: configuration)
    }

    /// It has left the configuration. What it holds is sent as before.
    func retire() {
        state.withLock { $0.isRetired = true }
        let books = queue.books()
        logger.info(
            "The route has left the configuration; what it holds is sent",
            metadata: ["spans": "\(books.queuedSpans)"])
    }

    /// Nothing more comes; ends what is left by the deadline.
    func stop(by deadline: ContinuousClock.Instant) async {
        queue.close()
        await lane.drain(until: deadline)
        await state.withLock { $0.sending }?.value
        await copy?.stop(by: max(deadline, .now + .seconds(1)))
        await durable?.end(by: max(deadline, .now + .seconds(2)), logger)
    }
}

extension RateLimiter {
    fileprivate func set(_ route: RouteConfiguration) {
        set(
            spansPerSecond: route.spansPerSecond.map(Double.init),
            bytesPerSecond: route.bytesPerSecond.map(Double.init))
    }
}
