import CloudExport
import HTTPServing
import LocalStore

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
        _ listeners: [Listener], admin: HTTPServer?, local: LocalParts?, viewer: HTTPServer?
    ) -> [StartLine] {
        let scheme = configuration.tlsServer == nil ? "http" : "https"
        var lines = listeners.map { listener in
            let path = listener.name == "http" ? configuration.tracesPaths[0] : ""
            return StartLine(
                listener.name == "http" ? "receiving" : "and gRPC",
                "\(scheme)://\(listener.server.boundAddress)\(path)", key: "\(listener.name).listen"
            )
        }
        lines.append(StartLine("sending to", configuration.destination, key: "destination"))
        let metrics = configuration.routes.filter(\.publishMetrics)
        if !metrics.isEmpty {
            let places = metrics.map { $0.metricsEndpoint?.url ?? "nowhere (no access token)" }
            lines.append(
                StartLine(
                    "metrics to", GatewayConfiguration.joined(places), key: "metrics.destination"))
        }
        lines.append(
            StartLine("queue", queueText, key: "queue"))
        if let local {
            let size = ValueParsing.describeSize(local.store.limits.maxBytes)
            lines.append(
                StartLine("kept in", "\(local.path), up to \(size)", key: "local_store"))
        }
        if let viewer {
            lines.append(
                StartLine("traces at", "http://\(viewer.boundAddress)/", key: "viewer.listen"))
        }
        if let admin {
            lines.append(
                StartLine(
                    "look at", "http://\(admin.boundAddress)/", key: "admin.listen"))
        }
        return lines
    }

    private var queueText: String {
        let size = ValueParsing.describeSize(configuration.queueBytes)
        return configuration.queueDirectory.map { "\($0), up to \(size)" }
            ?? "memory, \(size); lost if the process ends"
    }
}

extension GatewayConfiguration {
    /// Where spans go, for people.
    var destination: String {
        let isAlone = routes.count == 1 && routes[0].name == RouteConfiguration.defaultName
        if isAlone { return routes[0].destination }
        return (routes.count == 1 ? "the route " : "\(routes.count) routes: ")
            + Self.joined(routes.map { "\($0.name) to \($0.destination)" })
    }

    /// Not more of them than somebody reads.
    static func joined(_ texts: [String]) -> String {
        texts.prefix(8).joined(separator: ", ")
            + (texts.count > 8 ? " and \(texts.count - 8) more" : "")
    }
}
