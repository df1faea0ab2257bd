import CloudExport
import SendingQueue

/// What the gateway may need at most, added up from its limits before it takes the first byte.
package struct MemoryPlan: Sendable {
    package let parts: [(name: String, bytes: Int)]

    package var total: Int { parts.reduce(0) { $0 + $1.bytes } }

    init(_ configuration: GatewayConfiguration) {
        let listeners = [configuration.httpListen, configuration.grpcListen].compactMap { $0 }.count
        // One under way an upload, one being built, each with the requests that it is made of.
        let batches = configuration.lane.maxConcurrency + 1
        parts = [
            ("program", 48 << 20),
            ("memory_limit", configuration.memoryLimit),
            (
                "max_connections",
                listeners * configuration.maxConnections * (configuration.maxHeaderBytes + 16 << 10)
            ),
            ("max_batch_bytes", batches * 2 * configuration.maxBatchBytes),
            (
                configuration.queueDirectory == nil ? "queue_max_bytes" : "queue_directory",
                configuration.queueDirectory == nil
                    ? configuration.queueBytes
                    : Self.bytes(of: configuration.durableQueue) + configuration.maxBodyBytes
            ),
        ]
    }

    /// The window and offers that wait for the disk, and what is being written. One request more may be
    /// in the window, of any size.
    private static func bytes(of queue: DurableQueue.Configuration) -> Int {
        queue.windowBytes + queue.maxOfferedBytes + 4 << 20
    }

    /// Nil where it fits.
    func complaint(limit: Int, of owner: String) -> String? {
        guard total > limit else { return nil }
        let list = parts.map { "\($0.name) \(ValueParsing.describeSize($0.bytes))" }
        return "the limits add up to \(total / (1 << 20)) MiB of memory, and \(owner) allows "
            + "\(limit / (1 << 20)) MiB; lower some of them: \(list.joined(separator: ", "))"
    }
}
