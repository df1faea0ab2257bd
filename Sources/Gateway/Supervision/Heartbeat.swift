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

    func beat() {
        count.add(1, ordering: .relaxed)
    }

    var beats: UInt64 { count.load(ordering: .relaxed) }
}
