import CloudExport
import CurlUpload
import HTTPServing
package import Logging
import NIOCore
import NIOPosix
import OTLPReceiving
import SendingQueue

/// The running gateway: makes the parts, joins them, and takes them down in order.
///
/// Start: the queue, the admin listener, then the receiver, then the lane, which finds what was accepted
/// meanwhile in the queue. Stop: the receiver first, the lane after it, then the queue, the admin
/// listener last.
package struct GatewayRun {
    let configuration: GatewayConfiguration
    let logger: Logger
    private let notifier = ServiceNotifier(environment: ProcessEnvironment.all)

    package init(configuration: GatewayConfiguration, logger: Logger) throws(StartError) {
        var configuration = try Self.fitted(configuration)
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
        self.configuration = configuration
        self.logger = logger
    }

    /// Limits that nobody has set follow a small machine; those that were set have to fit.
    static func fitted(
        _ configuration: GatewayConfiguration
    ) throws(StartError) -> GatewayConfiguration {
        var configuration = configuration
        let group = ControlGroup.memoryLimit()
        if let group { configuration.fit(into: group) }
        let limits = [
            (configuration.processMemoryLimit, "process_memory_limit"),
            (group.map { ControlGroup.usable(of: $0) }, "the control group"),
        ]
        let plan = MemoryPlan(configuration)
        for case (let limit?, let owner) in limits {
            if let complaint = plan.complaint(limit: limit, of: owner) {
                throw StartError(description: complaint, code: .configuration)
            }
        }
        return configuration
    }

    /// Runs until asked to stop. Throws where it cannot start.
    ///
    /// - Parameter announce: called once all listens, with the lines that say what runs.
    package func run(
        until signals: ProcessSignals, announce: ([StartLine]) -> Void
    ) async throws(StartError) {
        let parts = GatewayParts(configuration: configuration, logger: logger)
        let (target, metricsTarget, transport) = try parts.makeTargets()
        let durable = try parts.makeQueueRunner()
        let queue: any SendingQueue =
            durable?.queue ?? MemoryQueue(configuration: configuration.queue)
        let lane = parts.makeLane(queue, target, metricsTarget)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: Self.eventLoops(configuration))
        let budget = MemoryBudget(limit: configuration.memoryLimit)
        let receiver = OTLPReceiver(
            configuration: configuration.receiver,
            routing: Routing(open: RouteIntake(name: "default", queue: queue)), budget: budget,
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
        let watchdog = watchdog(lane, group, durable)
        let state = GatewayState(
            queue: queue, durable: durable?.queue, lane: lane, receiver: receiver, budget: budget,
            listeners: listeners, destination: parts.destination, watchdog: watchdog)
        let admin = configuration.adminListen.map {
            HTTPServer(
                configuration: configuration.adminServer($0), group: group,
                responder: AdminResponder(state: state), budget: budget, logger: logger,
                clock: WallClock.seconds)
        }

        try durable?.start()
        try await start(admin)
        for listener in listeners { try await start(listener.server) }
        let sending = Task { await lane.run() }
        let reloading = [
            Task { await tls?.run() },
            Task { for await _ in signals.reloads { await reload(tls) } },
        ]
        try watchdog.start()
        announce(startLines(listeners, admin: admin, destination: parts.destination))
        warnOfOpenDoors()
        notifier?.send("READY=1\nSTATUS=Sending to \(parts.destination)")

        await signals.first()
        notifier?.send("STOPPING=1")
        // Not waited for: it may be at a disk that does not answer.
        for task in reloading { task.cancel() }
        await stop(state, admin, sending, signals, durable)
        watchdog.stop()
        await transport?.shutdown()
        try? await group.shutdownGracefully()
    }

    /// What SIGHUP asks for: the files of TLS are looked at now, and not when their interval is over.
    private func reload(_ tls: TLSContextSource?) async {
        notifier?.sendReloading()
        await tls?.reload()
        logger.info("Looked at the TLS files again; other settings are read at the start alone")
        notifier?.send("READY=1")
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
        _ state: GatewayState, _ admin: HTTPServer?, _ sending: Task<Void, Never>,
        _ signals: ProcessSignals, _ durable: QueueRunner?
    ) async {
        let started = ContinuousClock.now
        let deadline = started + configuration.shutdownTimeout
        logger.info(
            state.durable == nil
                ? "Stopping: no new requests; what is held is delivered"
                : "Stopping: no new requests; what is held stays on disk")
        state.receiver.stop()
        let hurry = Task {
            await signals.second()
            guard !Task.isCancelled else { return }
            logger.warning("Stopping at once")
            await state.lane.drain(until: .now)
            await drain(state.listeners, within: .zero)
        }
        await drain(
            state.listeners, within: min(.seconds(5), configuration.shutdownTimeout / 2))
        state.queue.close()
        await state.lane.drain(until: deadline)
        await sending.value
        hurry.cancel()
        await durable?.end(by: max(deadline, .now + .seconds(2)), logger)
        let books = state.queue.books()
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
        _ lane: Lane, _ group: MultiThreadedEventLoopGroup, _ durable: QueueRunner?
    ) -> Watchdog {
        let sender = Heartbeat(name: "sender")
        let loops = Array(group.makeIterator()).enumerated().map { index, loop in
            (loop, Heartbeat(name: "event loop \(index)"))
        }
        return Watchdog(
            hearts: [sender] + loops.map(\.1) + [durable?.heartbeat].compactMap { $0 },
            limit: configuration.watchdogTimeout, logger: logger, notifier: notifier,
            ask: {
                Task {
                    _ = await lane.status
                    sender.beat()
                }
                for (loop, heart) in loops { loop.execute { heart.beat() } }
            },
            everySecond: { durable?.queue.expireOffers() })
    }

    private func warnOfOpenDoors() {
        if let admin = configuration.adminListen, !admin.isLoopback {
            logger.warning(
                "Anybody who reaches the admin listener may read its metrics",
                metadata: ["admin_listen": "\(admin)"])
        }
        let open = [
            ("http_listen", configuration.httpListen), ("grpc_listen", configuration.grpcListen),
        ].compactMap { key, address in
            address.flatMap { $0.isLoopback ? nil : (key, Logger.MetadataValue("\($0)")) }
        }
        let asksForCertificates = configuration.listenTLS.clientCAFile != nil
        guard !open.isEmpty, !asksForCertificates else { return }
        logger.warning(
            "Anybody who reaches the listener may send spans: there is no authentication",
            metadata: Logger.Metadata(uniqueKeysWithValues: open))
    }
}
