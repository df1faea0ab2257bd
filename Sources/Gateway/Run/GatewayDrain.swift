import CloudExport
package import Logging
import SendingQueue

/// Sends what a queue directory holds, and takes in nothing: for a machine that is to go, and before
/// an older version is installed.
package struct GatewayDrain {
    private let configuration: GatewayConfiguration
    private let logger: Logger

    package init(configuration: GatewayConfiguration, logger: Logger) {
        var configuration = configuration
        for index in configuration.routes.indices {
            // Nothing will come that a batch could wait for.
            configuration.routes[index].maxBatchWait = .zero
        }
        self.configuration = configuration
        self.logger = logger
    }

    /// Runs until all is sent, or a signal comes.
    ///
    /// - Parameter progress: called every second, with spans that were sent and that are left.
    /// - Returns: the spans that are left, those of lanes without a route among them.
    package func run(
        until signals: ProcessSignals,
        progress: @escaping @Sendable (_ sent: UInt64, _ left: UInt64) -> Void
    ) async throws(StartError) -> UInt64 {
        guard configuration.queueDirectory != nil else {
            throw StartError(description: "queue_directory is not set", code: .configuration)
        }
        let routes = try RouteSet(configuration, logger: logger)
        try routes.startQueues()
        routes.startSending()
        let interrupt = Task { await signals.first() }
        let waiting = Task {
            var tellAt = ContinuousClock.now
            while !Task.isCancelled {
                let books = routes.books()
                guard books.queuedSpans > 0 else { break }
                if .now >= tellAt {
                    progress(books.delivered, books.queuedSpans)
                    tellAt += .seconds(1)
                }
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
        let watching = Task {
            await interrupt.value
            waiting.cancel()
        }
        await waiting.value
        watching.cancel()
        await routes.stop(by: .now + configuration.shutdownTimeout)
        await routes.shutdown()
        let books = routes.books()
        let left = books.queuedSpans + routes.leftLanes.reduce(0) { $0 + $1.spans }
        progress(books.delivered, left)
        return left
    }
}
