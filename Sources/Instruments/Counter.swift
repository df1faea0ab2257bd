import Synchronization

/// A number that only goes up, from any thread.
package final class Counter: Sendable {
    private let storage = Atomic<UInt64>(0)

    package init() {}

    package func add(_ count: Int = 1) {
        storage.add(UInt64(count), ordering: .relaxed)
    }

    package var value: UInt64 { storage.load(ordering: .relaxed) }
}
