package import OTLPReceiving
import SendingQueue

/// Which route takes whose spans.
extension GatewayConfiguration {
    /// Whether spans are taken of anybody, for the route at the top.
    package var isOpen: Bool {
        allowUnauthenticated ?? !routes.contains { !$0.credentials.isEmpty }
    }

    /// The route for requests without a credential; nil where they are refused.
    package var openRoute: RouteConfiguration? {
        isOpen ? routes.first { $0.name == RouteConfiguration.defaultName } : nil
    }

    package func route(named name: String) -> RouteConfiguration? {
        routes.first { $0.name == name }
    }
}

extension GatewayConfiguration {
    /// - Parameter intake: where the spans of a route go.
    package func routing(
        _ intake: (RouteConfiguration) -> RouteIntake
    ) throws(Routing.Conflict) -> Routing {
        let intakes = routes.map { (route: $0, intake: intake($0)) }
        return try Routing(
            routes: intakes.map { ($0.intake, $0.route.credentials) },
            open: intakes.first { $0.route.name == openRoute?.name }?.intake)
    }
}

extension Credential {
    var isCertificate: Bool {
        if case .certificate = self { true } else { false }
    }
}

extension RouteIntake {
    /// Takes nothing to anybody: to see whether routes go together.
    static func named(_ name: String) -> RouteIntake {
        RouteIntake(name: name, queue: MemoryQueue())
    }
}
