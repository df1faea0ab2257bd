import CloudExport
import CurlUpload
package import Logging
import SendingQueue

/// Sends what a queue directory holds, and takes in nothing: for a machine that is to go, and before
/// an older version is installed.
package struct GatewayDrain {
    private let parts: GatewayParts

    package init(configuration: GatewayConfiguration, logger: Logger) {
        var configuration = configuration
        // Nothing will come that a batch could wait for.
        configuration.maxBatchWait = .zero
        parts = GatewayParts(configuration: configuration, logger: logger)
    }

    /// Runs until all is sent, or a signal comes.
    ///
    /// - Parameter progress: called every second, with spans that were sent and that are left.
    /// - Returns: the spans that are left.
    package func run(
        until signals: ProcessSignals,
        progress: @escaping @Sendable (_ sent: UInt64, _ left: UInt64) -> Void
    ) async throws(StartError) -> UInt64 {
        guard let durable = try parts.makeQueueRunner() else {
            throw StartError(description: "queue_directory is not set", code: .configuration)
        }
        let (target, metricsTarget, transport) = try parts.makeTargets()
        let lane = parts.makeLane(durable.queue, target, metricsTarget)
        try durable.start()
        let sending = Task { await lane.run() }
        let interrupt = Task { await signals.first() }
        let waiting = Task {
            var tellAt = ContinuousClock.now
            while !Task.isCancelled {
                let books = durable.queue.books()
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
        await lane.drain(until: .now + parts.configuration.shutdownTimeout)
        await sending.value
        await durable.end(by: .now + parts.configuration.shutdownTimeout, parts.logger)
        await transport?.shutdown()
        let books = durable.queue.books()
        progress(books.delivered, books.queuedSpans)
        return books.queuedSpans
    }
}
