import Synchronization

/// What was written, in order.
final class Recorder<Item: Sendable>: Sendable {
    private let storage = Mutex<[Item]>([])

    var items: [Item] { storage.withLock { $0 } }

    func append(_ item: Item) { storage.withLock { $0.append(item) } }
}
