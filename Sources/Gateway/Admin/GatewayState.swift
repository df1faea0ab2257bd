import CloudExport
import HTTPServing
import OTLPReceiving
import SendingQueue
import Synchronization

/// What the admin endpoint reports on: the running parts, looked at only.
final class GatewayState: Sendable {
    let queue: any SendingQueue
    let lane: Lane
    let receiver: OTLPReceiver
    let budget: MemoryBudget
    let server: HTTPServer
    let destination: String
    let startedAt = ContinuousClock.now
    private let stopping = Atomic<Bool>(false)

    init(
        queue: any SendingQueue, lane: Lane, receiver: OTLPReceiver, budget: MemoryBudget,
        server: HTTPServer, destination: String
    ) {
        self.queue = queue
        self.lane = lane
        self.receiver = receiver
        self.budget = budget
        self.server = server
        self.destination = destination
    }

    var isStopping: Bool { stopping.load(ordering: .relaxed) }

    func stop() { stopping.store(true, ordering: .relaxed) }

    /// Why new requests would not be taken; nil where they would.
    func refusalReason(_ books: Books) -> String? {
        if isStopping { return "stopping" }
        // A request of usual size, or of an eighth of a small queue.
        let bytes = min(64 * 1024, Int(books.capacityBytes / 8))
        if queue.delayIfFull(bytes: bytes) != nil { return "queue_full" }
        return nil
    }
}
