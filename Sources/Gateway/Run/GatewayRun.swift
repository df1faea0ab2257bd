import CloudExport
import CurlUpload
import HTTPServing
package import Logging
import NIOCore
import NIOPosix
import OTLPReceiving
import SendingQueue
import Viewer

/// The running gateway: makes the parts, joins them, and takes them down in order.
///
/// Start: the local store, the queues, the admin listener and the viewer, then the receiver, then the lanes, which
/// find what was accepted meanwhile in their queues. Stop: the receiver first, the lanes after it, then the queues, the
/// admin listener, the viewer, and the store last.
package struct GatewayRun {
    let configuration: GatewayConfiguration
    let logger: Logger
    private let resolved: ResolvedConfiguration
    private let loader: ConfigurationLoader
    private let level: SharedLogLevel?
    private let notifier = ServiceNotifier(environment: ProcessEnvironment.all)

    /// - Parameters:
    ///   - resolved: what `loader` has loaded.
    ///   - level: of the logger, to be changed with the configuration.
    package init(
        _ resolved: ResolvedConfiguration, from loader: ConfigurationLoader, logger: Logger,
        level: SharedLogLevel? = nil
    ) throws(StartError) {
        var configuration = try Self.fitted(resolved.configuration)
        if configuration.fit(
            intoDescriptors: ProcessSetup.descriptorLimit,
            eventLoops: Self.eventLoops(configuration))
        {
            logger.warning(
                "The process may open too few files for max_connections, which is lowered",
                metadata: [
                    "max_connections": "\(configuration.maxConnections)",
                    "descriptors": "\(ProcessSetup.descriptorLimit)",
                ])
        }
        if resolved.configuration.hasLocalStore, !configuration.hasLocalStore {
            logger.warning(
                "Traces are not kept for the viewer: there is no memory for them; local_store insists"
            )
        }
        self.configuration = configuration
        self.resolved = resolved
        self.loader = loader
        self.level = level
        self.logger = logger
    }

    /// Limits that nobody has set follow a small machine; those that were set have to fit.
    package static func fitted(
        _ configuration: GatewayConfiguration
    ) throws(StartError) -> GatewayConfiguration {
        var configuration = configuration
        configuration.fitBodiesToRoutes()
        let group = ControlGroup.memoryLimit()
        if let group { configuration.fit(into: group) }
        let limits = [
            (configuration.processMemoryLimit, "process_memory_limit"),
            (group.map { ControlGroup.usable(of: $0) }, "the control group"),
        ]
        // A small machine that nobody has asked for a viewer does without it.
        if configuration.localStore == nil,
            limits.contains(where: { MemoryPlan(configuration).total > $0.0 ?? .max })
        {
            configuration.localStore = .off
        }
        let plan = MemoryPlan(configuration)
        for case (let limit?, let owner) in limits {
            if let complaint = plan.complaint(limit: limit, of: owner) {
                throw StartError(description: complaint, code: .configuration)
            }
        }
        if let complaint = configuration.complaintAboutShares {
            throw StartError(description: "queue_share: \(complaint)", code: .configuration)
        }
        return configuration
    }

    /// Runs until asked to stop. Throws where it cannot start.
    ///
    /// - Parameter announce: called once all listens, with the lines that say what runs.
    package func run(
        until signals: ProcessSignals, announce: ([StartLine]) -> Void
    ) async throws(StartError) {
        let local = try await LocalParts.open(
            configuration, environment: ProcessEnvironment.all, logger: logger)
        let routes = try RouteSet(configuration, local: local, logger: logger)
        if configuration.queueDirectory != nil { CrashHandler.install() }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: Self.eventLoops(configuration))
        let budget = MemoryBudget(limit: configuration.memoryLimit)
        let receiver = OTLPReceiver(
            configuration: configuration.receiver, routing: try routes.routing(), budget: budget,
            wallClock: WallClock.milliseconds,
            offload: { work in NIOThreadPool.singleton.submit { _ in work() } })
        let tls = try makeTLS()
        let listeners = [("http", configuration.httpListen), ("grpc", configuration.grpcListen)]
            .compactMap { name, address in
                address.map {
                    Listener(
                        name: name,
                        server: HTTPServer(
                            configuration: configuration.otlpServer($0), group: group,
                            responder: receiver, budget: budget, logger: logger,
                            clock: WallClock.seconds, tls: tls))
                }
            }
        let reloader = Reloader(
            loader, running: resolved, routes: routes, receiver: receiver, budget: budget, tls: tls,
            notifier: notifier, level: level, logger: logger)
        let watchdog = watchdog(routes, group, receiver, local)
        let state = GatewayState(
            routes: routes, receiver: receiver, budget: budget, listeners: listeners,
            reload: reloader.status, watchdog: watchdog, local: local)
        let admin = configuration.adminListen.map {
            HTTPServer(
                configuration: configuration.adminServer($0), group: group,
                responder: AdminResponder(state: state), budget: budget, logger: logger,
                clock: WallClock.seconds)
        }

        try routes.startQueues()
        try await start(admin)
        let viewer = local.flatMap { self.viewer($0, routes, listeners, group, budget) }
        try await start(viewer)
        for listener in listeners { try await start(listener.server) }
        routes.startSending()
        let reloading: [Task<Void, Never>] = [
            Task { await tls?.run() },
            Task { for await _ in signals.reloads { await reloader.reload(isAskedFor: true) } },
            Task { await reloader.watch() },
        ]
        try watchdog.start()
        announce(startLines(listeners, admin: admin, local: local, viewer: viewer))
        configuration.warnOfOpenDoors(logger)
        notifier?.send("READY=1\nSTATUS=Sending to \(configuration.destination)")

        await signals.first()
        notifier?.send("STOPPING=1")
        // Not waited for: it may be at a disk that does not answer.
        for task in reloading { task.cancel() }
        await stop(state, admin, signals)
        // Its pages listen for as long as they are let.
        local?.events.stop()
        await viewer?.drain(within: .milliseconds(200))
        watchdog.stop()
        await routes.shutdown()
        await local?.close()
        try? await group.shutdownGracefully()
    }

    private func start(_ server: HTTPServer?) async throws(StartError) {
        do {
            try await server?.start()
        } catch {
            throw StartError(description: "\(error)")
        }
    }

    /// A second signal cuts each wait short; what is left is dropped and counted.
    private func stop(
        _ state: GatewayState, _ admin: HTTPServer?, _ signals: ProcessSignals
    ) async {
        // Of the configuration that runs.
        let timeout = state.routes.configuration.shutdownTimeout
        let deadline = ContinuousClock.now + timeout
        logger.info(
            configuration.queueDirectory == nil
                ? "Stopping: no new requests; what is held is delivered"
                : "Stopping: no new requests; what is held stays on disk")
        state.receiver.stop()
        let hurry = Task {
            await signals.second()
            guard !Task.isCancelled else { return }
            logger.warning("Stopping at once")
            await state.routes.drain(until: .now)
            await drain(state.listeners, within: .zero)
        }
        await drain(state.listeners, within: min(.seconds(5), timeout / 2))
        await state.routes.stop(by: deadline)
        hurry.cancel()
        let books = state.routes.books()
        let metadata: Logger.Metadata = [
            "accepted": "\(books.accepted)", "sent": "\(books.delivered)",
            "dropped": "\(books.droppedTotal)", "held": "\(books.queuedSpans)",
        ]
        await admin?.drain(within: .milliseconds(200))
        logger.info("Stopped", metadata: metadata)
        if !books.isBalanced { logger.error("The books do not close", metadata: metadata) }
    }

    /// All at once, so that none is open for longer than the others.
    private func drain(_ listeners: [Listener], within time: Duration) async {
        await withTaskGroup { group in
            for listener in listeners {
                group.addTask { await listener.server.drain(within: time) }
            }
        }
    }
}

// MARK: - Parts

extension GatewayRun {
    static func eventLoops(_ configuration: GatewayConfiguration) -> Int {
        configuration.eventLoops > 0 ? configuration.eventLoops : min(System.coreCount, 8)
    }

    /// What all listeners for spans share; nil where they speak clear text.
    private func makeTLS() throws(StartError) -> TLSContextSource? {
        guard let server = configuration.tlsServer else { return nil }
        do throws(TLSError) {
            return try TLSContextSource(
                configuration: server, logger: logger, clock: WallClock.seconds)
        } catch {
            throw StartError(description: error.description)
        }
    }

    private func watchdog(
        _ routes: RouteSet, _ group: MultiThreadedEventLoopGroup, _ receiver: OTLPReceiver,
        _ local: LocalParts?
    ) -> Watchdog {
        let loops = Array(group.makeIterator()).enumerated().map { index, loop in
            (loop, Heartbeat(name: "event loop \(index)"))
        }
        let denials = DenialLog(receiver.instruments, logger: logger)
        return Watchdog(
            hearts: {
                routes.all.flatMap { [$0.heartbeat, $0.durable?.heartbeat].compactMap { $0 } }
                    + loops.map(\.1)
            },
            limit: configuration.watchdogTimeout, logger: logger, notifier: notifier,
            ask: {
                for route in routes.all {
                    Task {
                        _ = await route.lane.status
                        route.heartbeat.beat()
                    }
                }
                for (loop, heart) in loops { loop.execute { heart.beat() } }
            },
            everySecond: {
                routes.everySecond()
                denials.everySecond()
                local?.everySecond()
            })
    }
}
