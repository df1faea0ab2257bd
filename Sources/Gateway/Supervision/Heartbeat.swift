import Synchronization

/// Shows that somebody still gets to its next step.
final class Heartbeat: Sendable {
    let name: String
    /// Called before the process ends because of it.
    let blame: (@Sendable () -> Void)?
    private let count = Atomic<UInt64>(0)

    init(name: String, blame: (@Sendable () -> Void)? = nil) {
        self.name = name
        self.blame = blame
    }

    /// Of a part that each route has; the route that most gateways have alone need not be named.
    convenience init(
        name: String, of route: RouteConfiguration, blame: (@Sendable () -> Void)? = nil
    ) {
        let isAlone = route.name == RouteConfiguration.defaultName
        self.init(name: isAlone ? name : "\(name) of \(route.name)", blame: blame)
    }

    func beat() {
        count.add(1, ordering: .relaxed)
    }

    var beats: UInt64 { count.load(ordering: .relaxed) }
}
