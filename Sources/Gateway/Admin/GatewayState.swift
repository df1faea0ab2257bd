import CloudExport
import HTTPServing
import OTLPReceiving
import SendingQueue

/// What the admin endpoint reports on: the running parts, looked at only.
final class GatewayState: Sendable {
    let queue: any SendingQueue
    /// The same, where it is on disk.
    let durable: DurableQueue?
    let lane: Lane
    let receiver: OTLPReceiver
    let budget: MemoryBudget
    let listeners: [Listener]
    let destination: String
    let watchdog: Watchdog
    let startedAt = ContinuousClock.now

    init(
        queue: any SendingQueue, durable: DurableQueue?, lane: Lane, receiver: OTLPReceiver,
        budget: MemoryBudget, listeners: [Listener], destination: String, watchdog: Watchdog
    ) {
        self.queue = queue
        self.durable = durable
        self.watchdog = watchdog
        self.lane = lane
        self.receiver = receiver
        self.budget = budget
        self.listeners = listeners
        self.destination = destination
    }
}

/// A listener for traces, under the name that metrics call it by.
struct Listener: Sendable {
    let name: String
    let server: HTTPServer
}
