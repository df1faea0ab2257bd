import CloudExport
import CurlUpload
import Logging
import OTLPReceiving
import SendingQueue
import Synchronization

/// All routes that run: those of the configuration, and those that have left it and still hold spans.
final class RouteSet: Sendable {
    private let shared: SharedParts
    private let directory: QueueDirectory?
    let logger: Logger
    private let state: Mutex<State>

    private struct State {
        /// With the queue as large as retired routes leave it.
        var configuration: GatewayConfiguration
        /// As it was wanted.
        var wanted: GatewayConfiguration
        /// In the order of the configuration.
        var current: [RouteRun] = []
        var retired: [RouteRun] = []
        /// Retired routes that are on their last steps, by name.
        var ending: Set<String> = []
        /// Nothing is let go of meanwhile.
        var isReloading = false
        /// Nothing begins any more.
        var isStopping = false
        /// Counts the configurations that were taken.
        var generation = 0
        var leftLanes: [LeftLane] = []
    }

    /// Opens the queues of all routes; nothing is sent before `start`.
    ///
    /// - Parameter local: where spans are kept on this machine.
    init(
        _ configuration: GatewayConfiguration, local: LocalParts? = nil, logger: Logger
    ) throws(StartError) {
        self.logger = logger
        shared = SharedParts(configuration, local: local)
        directory = try configuration.queueDirectory.map { path throws(StartError) in
            let directory = try QueueDirectory(taking: path)
            if let doubt = directory.doubt {
                logger.warning("The queue directory may not last: \(doubt)")
            }
            return directory
        }
        if directory != nil, configuration.queueDurability == .write {
            logger.warning(
                "An acknowledged span may be lost in a power cut: queue_durability is write")
        }
        state = Mutex(State(configuration: configuration, wanted: configuration))
        let transport = try newTransport(configuration)
        var runs: [RouteRun] = []
        for route in configuration.routes {
            runs.append(try make(route, in: configuration, transport?.transport))
        }
        keep(transport?.transport, configuration)
        state.withLock { $0.current = runs }
        CrashHandler.know(all.compactMap { $0.durable?.queue })
        lookForLeftLanes()
        tellOfLeftLanes()
    }

    var configuration: GatewayConfiguration { state.withLock { $0.configuration } }

    /// Those of the configuration first.
    var all: [RouteRun] {
        state.withLock { $0.current + $0.retired }
    }

    var leftLanes: [LeftLane] { state.withLock { $0.leftLanes } }

    func setLeftLanes(_ lanes: [LeftLane]) { state.withLock { $0.leftLanes = lanes } }

    /// Of routes on their last steps.
    var endingNames: Set<String> { state.withLock { $0.ending } }

    var current: [RouteRun] { state.withLock { $0.current } }

    /// Of all of them together.
    func books() -> Books { Books(sumOf: all.map { $0.queue.books() }) }

    /// Gives each queue on disk its thread.
    func startQueues() throws(StartError) {
        for run in all { try run.durable?.start() }
    }

    func startSending() {
        for run in all { run.start() }
    }

    func routing() throws(StartError) -> Routing {
        let (configuration, current) = state.withLock { ($0.configuration, $0.current) }
        return try Self.routing(configuration, current)
    }

    private static func routing(
        _ configuration: GatewayConfiguration, _ runs: [RouteRun]
    ) throws(StartError) -> Routing {
        do throws(Routing.Conflict) {
            return try configuration.routing { route in
                guard let run = runs.first(where: { $0.name == route.name }) else {
                    preconditionFailure("a route of the configuration runs")
                }
                return run.intake
            }
        } catch {
            throw StartError(description: error.description, code: .configuration)
        }
    }

    /// - Parameter retired: routes beside those of the configuration, which have an upload as well.
    private func newTransport(
        _ configuration: GatewayConfiguration, retired: Int = 0
    ) throws(StartError) -> (transport: CurlTransport, goesAnotherWay: Bool)? {
        guard configuration.routes.contains(where: { $0.accessToken != nil }) else { return nil }
        return try shared.transport(for: configuration.curl(beside: retired))
    }

    private func keep(
        _ transport: CurlTransport?, _ configuration: GatewayConfiguration, retired: Int = 0
    ) {
        if let transport { shared.keep(transport, of: configuration.curl(beside: retired)) }
    }

    private func make(
        _ route: RouteConfiguration, in configuration: GatewayConfiguration,
        _ transport: CurlTransport?
    ) throws(StartError) -> RouteRun {
        var logger = logger
        // Lines without a name are of the one that most gateways have alone.
        if route.name != RouteConfiguration.defaultName {
            logger[metadataKey: "route"] = "\(route.name)"
        }
        let durable = try directory.map { directory throws(StartError) in
            try QueueRunner(of: route, in: directory, configuration, logger: logger)
        }
        return RouteRun(
            route, in: configuration, shared, durable: durable,
            upstream: Upstream(route, transport, shared.local), logger: logger)
    }
}

// MARK: - Reload

extension RouteSet {
    /// Takes another configuration, all of it or nothing: whatever may fail is done before anything is
    /// changed. Routes that are new begin, those that are gone send what they hold.
    ///
    /// - Parameters:
    ///   - isAskedFor: whether somebody wants it tried now; else what is cooling down goes on with that.
    ///   - switching: called with the way in once all routes are there, before any lane changes.
    func adopt(
        _ wanted: GatewayConfiguration, isAskedFor: Bool, switching: @Sendable (Routing) -> Void
    ) async throws(StartError) {
        let (current, retired) = state.withLock { state in
            state.isReloading = true
            return (state.current, state.retired)
        }
        defer {
            state.withLock { $0.isReloading = false }
            // Of routes that have ended meanwhile.
            giveBackRoom()
        }
        try await untilNoneIsEnding(of: wanted)
        let known = current + retired
        let leavingCount = known.filter { wanted.route(named: $0.name) == nil }.count
        if leavingCount > Self.maxRetired {
            throw StartError(
                description:
                    "\(leavingCount) routes that have left the configuration still send what they hold; \(Self.maxRetired) may",
                code: .configuration)
        }
        let configuration = try roomFor(wanted, beside: known)
        let transport = try newTransport(configuration, retired: leavingCount)
        var runs: [RouteRun] = []
        var new: [RouteRun] = []
        for route in configuration.routes {
            if let run = known.first(where: { $0.name == route.name }) {
                runs.append(run)
            } else {
                let run = try make(route, in: configuration, transport?.transport)
                new.append(run)
                runs.append(run)
            }
        }
        let routing = try Self.routing(configuration, runs)
        do throws(StartError) {
            for run in new { try run.durable?.start() }
        } catch {
            for run in new { run.durable?.queue.end() }
            throw error
        }

        let names = Set(runs.map(\.name))
        let leaving = current.filter { !names.contains($0.name) }
        let isInTime = state.withLock { state in
            guard !state.isStopping else { return false }
            state.generation += 1
            state.configuration = configuration
            state.wanted = wanted
            state.current = runs
            state.retired.removeAll { names.contains($0.name) }
            state.retired += leaving
            return true
        }
        guard isInTime else {
            for run in new { run.durable?.queue.end() }
            throw StartError(description: "the gateway is stopping")
        }
        keep(transport?.transport, configuration, retired: leavingCount)
        shared.adopt(configuration)
        CrashHandler.know(all.compactMap { $0.durable?.queue })
        switching(routing)
        for run in leaving { run.retire() }
        for run in new { run.start() }
        for (run, route) in zip(runs, configuration.routes)
        where !new.contains(where: { $0 === run }) {
            let changes =
                run.configuration.hasOtherUpstream(than: route)
                || transport?.goesAnotherWay ?? false
            await run.adopt(
                route, in: configuration, Upstream(route, transport?.transport, shared.local),
                isChanged: changes, liftsCoolDown: isAskedFor)
        }
        lookForLeftLanes()
    }

    /// A queue on disk is opened by one at a time.
    private func untilNoneIsEnding(of wanted: GatewayConfiguration) async throws(StartError) {
        let names = Set(wanted.routes.map(\.name))
        let deadline = ContinuousClock.now + .seconds(10)
        while let name = state.withLock({ $0.ending.intersection(names).min() }) {
            guard ContinuousClock.now < deadline, !state.withLock({ $0.isStopping }) else {
                throw StartError(
                    description:
                        "the route \(name) has left the configuration, and its disk does not let go of it yet"
                )
            }
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Routes that may still hold spans after they have left the configuration: each has a thread, files and
    /// a connection.
    private static let maxRetired = 64

    /// What routes hold that have left the configuration is not there for others: without it, a rename a
    /// minute would let memory grow for as long as an upstream is away.
    private func roomFor(
        _ wanted: GatewayConfiguration, beside known: [RouteRun]
    ) throws(StartError) -> GatewayConfiguration {
        let leaving = known.filter { wanted.route(named: $0.name) == nil }
        let held = leaving.reduce(0) { $0 + Int(clamping: $1.queue.books().queuedBytes) }
        guard held > 0 else { return wanted }
        var configuration = wanted
        configuration.queueMaxBytes = max(0, wanted.queueBytes - held)
        guard let complaint = configuration.complaintAboutShares else { return configuration }
        throw StartError(
            description:
                "routes that leave the configuration hold \(held) bytes, which \(complaint)",
            code: .configuration)
    }
}

// MARK: - By the second

extension RouteSet {
    /// Notes rates, answers offers that wait for the disk for too long, and lets go of routes that have left
    /// the configuration and hold nothing any more.
    func everySecond() {
        for run in all {
            run.durable?.queue.expireOffers()
            run.tick()
        }
        let finished = state.withLock { state -> [RouteRun] in
            guard !state.isReloading, !state.isStopping else { return [] }
            let finished = state.retired.filter(\.hasEnded)
            state.retired.removeAll { run in finished.contains { $0 === run } }
            state.ending.formUnion(finished.map(\.name))
            return finished
        }
        if !finished.isEmpty { CrashHandler.know(all.compactMap { $0.durable?.queue }) }
        for run in finished { Task { await end(run) } }
    }

    private func end(_ run: RouteRun) async {
        await run.stop(by: .now + .seconds(5))
        // A disk may hang, and nobody else opens the lane meanwhile.
        while !(run.durable?.isOver ?? true) { try? await Task.sleep(for: .milliseconds(100)) }
        state.withLock { _ = $0.ending.remove(run.name) }
        giveBackRoom()
        lookForLeftLanes()
        let books = run.queue.books()
        logger.info(
            "A route that had left the configuration has ended",
            metadata: [
                "route": "\(run.name)", "accepted": "\(books.accepted)",
                "sent": "\(books.delivered)", "dropped": "\(books.droppedTotal)",
            ])
    }

    /// What retired routes do not hold any more is there for the others.
    private func giveBackRoom() {
        let (wanted, known, generation) = state.withLock { state in
            (state.wanted, state.current + state.retired, state.generation)
        }
        guard let configuration = try? roomFor(wanted, beside: known) else { return }
        let current = state.withLock { state -> [RouteRun] in
            // A reload counts for itself.
            guard generation == state.generation, !state.isReloading else { return [] }
            state.configuration = configuration
            return state.current
        }
        for run in current { run.resize(in: configuration) }
    }

    /// Stops all of them at once, so that none has less time than the others.
    func stop(by deadline: ContinuousClock.Instant) async {
        let all = state.withLock { state in
            state.isStopping = true
            return state.current + state.retired
        }
        await withTaskGroup { group in
            for run in all { group.addTask { await run.stop(by: deadline) } }
        }
        // Those that were on their last steps write down what they have delivered.
        while ContinuousClock.now < deadline, state.withLock({ !$0.ending.isEmpty }) {
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    func drain(until deadline: ContinuousClock.Instant) async {
        for run in all { await run.lane.drain(until: deadline) }
    }

    func shutdown() async { await shared.shutdown() }
}
