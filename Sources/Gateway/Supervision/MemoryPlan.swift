import CloudExport

/// What the gateway may need at most, added up from its limits before it takes the first byte.
package struct MemoryPlan: Sendable {
    package let parts: [(name: String, bytes: Int)]

    package var total: Int { parts.reduce(0) { $0 + $1.bytes } }

    init(_ configuration: GatewayConfiguration) {
        let listeners = [configuration.httpListen, configuration.grpcListen].compactMap { $0 }.count
        let routes = configuration.routes
        let largestBatch = routes.map(\.maxBatchBytes).max() ?? 0
        // Of each route one under way or being tried again, of those that share more the same, and one
        // that is being built; each with the requests that it is made of.
        let ownBatches = routes.reduce(0) { $0 + $1.maxBatchBytes }
        let sharedBatches =
            min(configuration.sharedUploads, configuration.uploads - routes.count + 1)
            * largestBatch
        let held = routes.reduce(0) { $0 + configuration.heldBytes(of: $1) }
        parts = [
            ("program", 48 << 20),
            ("memory_limit", configuration.memoryLimit),
            (
                "max_connections",
                listeners * configuration.maxConnections * (configuration.maxHeaderBytes + 16 << 10)
            ),
            ("max_batch_bytes", 2 * (ownBatches + max(0, sharedBatches))),
            (
                configuration.queueDirectory == nil ? "queue_max_bytes" : "queue_directory",
                held
            ),
            ("local_store", configuration.localStoreMemory),
        ]
    }

    /// Nil where it fits.
    func complaint(limit: Int, of owner: String) -> String? {
        guard total > limit else { return nil }
        let list = parts.map { "\($0.name) \(ValueParsing.describeSize($0.bytes))" }
        return "the limits add up to \(total / (1 << 20)) MiB of memory, and \(owner) allows "
            + "\(limit / (1 << 20)) MiB; lower some of them: \(list.joined(separator: ", "))"
    }
}
