import CloudExport
import HTTPServing
import Instruments
import Logging
import NIOPosix
import OTLPReceiving

/// Takes changes of the configuration while the gateway runs: on SIGHUP, and where a file has changed. All
/// of a configuration is taken or nothing; with an error the one that runs goes on.
actor Reloader {
    private let loader: ConfigurationLoader
    private let routes: RouteSet
    private let receiver: OTLPReceiver
    private let budget: MemoryBudget
    private let tls: TLSContextSource?
    private let notifier: ServiceNotifier?
    private let logger: Logger
    private let level: SharedLogLevel?
    nonisolated let status = ReloadStatus()
    /// Of the start, from which some settings are until the end.
    private let started: ResolvedConfiguration
    private var interval: Duration?
    /// The reload that is under way, after which the next one begins.
    private var last: Task<Void, Never>?

    init(
        _ loader: ConfigurationLoader, running started: ResolvedConfiguration, routes: RouteSet,
        receiver: OTLPReceiver, budget: MemoryBudget, tls: TLSContextSource?,
        notifier: ServiceNotifier?, level: SharedLogLevel?, logger: Logger
    ) {
        self.loader = loader
        self.started = started
        interval = started.configuration.reloadInterval
        self.routes = routes
        self.receiver = receiver
        self.budget = budget
        self.tls = tls
        self.notifier = notifier
        self.level = level
        self.logger = logger
    }

    /// Looks at the files at each interval, for as long as the task lives.
    func watch() async {
        while !Task.isCancelled {
            let interval = interval
            try? await Task.sleep(for: interval ?? .seconds(1))
            guard !Task.isCancelled, interval != nil, await hasSteadyChange() else { continue }
            await reload(isAskedFor: false)
        }
    }

    /// Whether files have changed, and are not just being written: half a file may be a good one too.
    private func hasSteadyChange() async -> Bool {
        guard let first = await change() else { return false }
        try? await Task.sleep(for: .milliseconds(500))
        return await change() == first
    }

    /// Files may be where they are waited for, and the threads of lanes are few.
    private func change() async -> [String: Secret?]? {
        let look: @Sendable () -> [String: Secret?]? = { [loader] in loader.change() }
        return try? await NIOThreadPool.singleton.runIfActive(look)
    }

    /// One after the other: the actor is left while routes change.
    ///
    /// - Parameter isAskedFor: whether somebody wants it now, changed or not.
    func reload(isAskedFor: Bool) async {
        let before = last
        // Not cancelled with who asks: half a reload is none.
        let task = Task {
            await before?.value
            await perform(isAskedFor: isAskedFor)
        }
        last = task
        await task.value
    }

    private func perform(isAskedFor: Bool) async {
        notifier?.sendReloading()
        if isAskedFor { await tls?.reload() }
        do {
            let load: @Sendable () -> Result<ResolvedConfiguration, ConfigurationErrors> = {
                [loader] in Result { () throws(ConfigurationErrors) in try loader.load() }
            }
            let loaded = try await NIOThreadPool.singleton.runIfActive(load)
            try await take(try loaded.get(), isAskedFor: isAskedFor)
        } catch {
            status.note(isApplied: false, "\(error)")
            logger.error(
                "The configuration cannot be used; the one before goes on",
                metadata: ["cause": "\(error)"])
        }
        // One line, which the manager shows beside the state: it has no way to be told that a reload failed.
        let isApplied = status.last?.isApplied ?? true
        notifier?.send(
            "READY=1\nSTATUS="
                + (isApplied
                    ? "Sending to \(routes.configuration.destination)"
                    : "The configuration in the files cannot be used; the one before goes on"))
    }

    private func take(_ new: ResolvedConfiguration, isAskedFor: Bool) async throws(StartError) {
        var late = started.restartNeeded(for: new)
        var configuration = new.configuration
        if configuration.keep(started.configuration) { late.append("dead_letter_max_bytes") }
        // As many as the start has found room for.
        configuration.maxConnections = routes.configuration.maxConnections
        configuration = try GatewayRun.fitted(configuration)
        try complain(about: configuration)
        let wasOpen = routes.configuration.isOpen
        let settings = configuration.receiver
        try await routes.adopt(configuration, isAskedFor: isAskedFor) { [receiver] routing in
            receiver.adopt(configuration: settings, routing: routing)
        }
        if !wasOpen { configuration.warnOfOpenDoors(logger) }
        budget.limit = configuration.memoryLimit
        var metadata: Logger.Metadata = ["routes": "\(configuration.routes.count)"]
        if !late.isEmpty {
            metadata["at_next_start"] = "\(late.joined(separator: ", "))"
        }
        interval = configuration.reloadInterval
        let message =
            late.isEmpty
            ? "taken" : "taken, but for \(late.joined(separator: ", ")): at the next start"
        status.note(isApplied: true, message)
        logger.info("The configuration was read again", metadata: metadata)
        level?.set(configuration.logLevel)
    }
}

extension Reloader {
    /// What is a good configuration, and hardly what somebody wants beside the one that runs: a file that was
    /// emptied, or is only half there, would let everybody in, or print what was to be sent.
    private func complain(about configuration: GatewayConfiguration) throws(StartError) {
        let running = routes.configuration
        func refuse(_ description: String) -> StartError {
            StartError(description: description, code: .configuration)
        }
        guard running.isOpen || !configuration.isOpen || configuration.allowUnauthenticated == true
        else {
            throw refuse(
                "no route has a credential any more, so that anybody could send; set allow_unauthenticated to true where that is meant"
            )
        }
        for route in configuration.routes where route.accessToken == nil {
            guard running.route(named: route.name)?.accessToken != nil else { continue }
            throw refuse(
                "the route \(route.name) has no access token any more, and would print what it holds; start the gateway anew where that is meant"
            )
        }
        var fitted = configuration
        guard
            !fitted.fit(
                intoDescriptors: ProcessSetup.descriptorLimit,
                eventLoops: GatewayRun.eventLoops(configuration))
        else {
            throw refuse(
                "the process may open too few files for max_connections beside \(configuration.routes.count) routes; a start would lower it"
            )
        }
    }
}

extension GatewayConfiguration {
    /// Has what takes a restart as it is in the configuration that runs; answers whether that is another
    /// choice about dead letters.
    fileprivate mutating func keep(_ running: GatewayConfiguration) -> Bool {
        queueDirectory = running.queueDirectory
        listenTLS = running.listenTLS
        // What the listeners have is theirs to their end.
        maxConnections = running.maxConnections
        httpListen = running.httpListen
        grpcListen = running.grpcListen
        adminListen = running.adminListen
        // Kept or not from the start on.
        guard (deadLetterBytes > 0) != (running.deadLetterBytes > 0) else { return false }
        deadLetterBytes = running.deadLetterBytes
        return true
    }
}
