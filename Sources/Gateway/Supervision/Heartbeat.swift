import Synchronization

/// Shows that somebody still gets to its next step.
final class Heartbeat: Sendable {
    let name: String
    private let count = Atomic<UInt64>(0)

    init(name: String) {
        self.name = name
    }

    func beat() {
        count.add(1, ordering: .relaxed)
    }

    var beats: UInt64 { count.load(ordering: .relaxed) }
}
