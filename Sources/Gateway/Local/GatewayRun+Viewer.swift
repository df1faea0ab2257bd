import HTTPServing
import NIOPosix
import OTLPReceiving
import Viewer

extension GatewayRun {
    /// The viewer's listener; nil where it is off.
    func viewer(
        _ local: LocalParts, _ routes: RouteSet, _ listeners: [Listener],
        _ group: MultiThreadedEventLoopGroup, _ budget: MemoryBudget
    ) -> HTTPServer? {
        guard let address = configuration.viewerListen else { return nil }
        var viewer = ViewerConfiguration(
            version: GatewayVersion.current, hosts: configuration.viewerHosts + [address.hostInURL],
            exports: { routes.configuration.routes.contains { $0.accessToken != nil } })
        viewer.gzip = AnswerGzip.compressed
        viewer.offersGzip = AnswerGzip.isOffered
        if !configuration.viewerCredentials.isEmpty {
            let gate = CredentialGate(configuration.viewerCredentials)
            viewer.admits = { gate.admits($0) }
        }
        let scheme = configuration.tlsServer == nil ? "http" : "https"
        for listener in listeners {
            let address: @Sendable () -> String? = {
                "\(scheme)://" + Self.reachable(listener.server.boundAddress)
            }
            if listener.name == "http" {
                viewer.httpAddress = address
            } else {
                viewer.grpcAddress = address
            }
        }
        return HTTPServer(
            configuration: configuration.viewerServer(address), group: group,
            responder: ViewerResponder(viewer, store: local.store, events: local.events),
            budget: budget, logger: logger, clock: WallClock.seconds)
    }

    /// Of a listener on all addresses, the one that is on every machine.
    private static func reachable(_ address: String) -> String {
        for any in ["0.0.0.0:", "[::]:"] where address.hasPrefix(any) {
            return "localhost:" + address.dropFirst(any.count)
        }
        return address
    }
}
