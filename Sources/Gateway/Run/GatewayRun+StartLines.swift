import CloudExport
import HTTPServing

/// A line of what the gateway says when it has started.
package struct StartLine: Sendable {
    package let title: String
    package let value: String
    /// For the structured log.
    package let key: String

    init(_ title: String, _ value: String, key: String) {
        self.title = title
        self.value = value
        self.key = key
    }
}

extension GatewayRun {
    func startLines(
        _ listeners: [Listener], admin: HTTPServer?, destination: String
    ) -> [StartLine] {
        let scheme = configuration.tlsServer == nil ? "http" : "https"
        var lines = listeners.map { listener in
            let path = listener.name == "http" ? configuration.tracesPaths[0] : ""
            return StartLine(
                listener.name == "http" ? "receiving" : "and gRPC",
                "\(scheme)://\(listener.server.boundAddress)\(path)", key: "\(listener.name).listen"
            )
        }
        lines.append(StartLine("sending to", destination, key: "destination"))
        if configuration.publishMetrics {
            let place = configuration.metricsEndpoint?.url ?? "nowhere (no access token)"
            lines.append(StartLine("metrics to", place, key: "metrics.destination"))
        }
        lines.append(
            StartLine("queue", queueText, key: "queue"))
        if let admin {
            lines.append(
                StartLine(
                    "look at", "http://\(admin.boundAddress)/metrics", key: "admin.listen"))
        }
        return lines
    }

    private var queueText: String {
        let size = ValueParsing.describeSize(configuration.queueBytes)
        return configuration.queueDirectory.map { "\($0), up to \(size)" }
            ?? "memory, \(size); lost if the process ends"
    }
}
