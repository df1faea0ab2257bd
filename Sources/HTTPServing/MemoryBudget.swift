import Synchronization

/// Bytes that request bodies may take at once, over all listeners: reserved before they are read.
///
/// A counter and no lock: a reservation that does not fit is refused at once, never waited for.
package final class MemoryBudget: Sendable {
    private let most: Atomic<Int>
    private let used = Atomic<Int>(0)

    package init(limit: Int) {
        precondition(limit > 0, "a memory budget needs at least one byte")
        most = Atomic(limit)
    }

    /// In bytes. What is reserved when it is lowered stays reserved.
    package var limit: Int {
        get { most.load(ordering: .relaxed) }
        set { most.store(newValue, ordering: .relaxed) }
    }

    /// Bytes reserved now.
    package var reserved: Int { used.load(ordering: .relaxed) }

    /// Takes `count` bytes, or none and answers false.
    package func reserve(_ count: Int) -> Bool {
        precondition(count >= 0)
        let before = used.add(count, ordering: .relaxed).oldValue
        if before > limit - count {
            used.subtract(count, ordering: .relaxed)
            return false
        }
        return true
    }

    package func release(_ count: Int) {
        precondition(count >= 0)
        let after = used.subtract(count, ordering: .relaxed).newValue
        precondition(after >= 0, "released more bytes than were reserved")
    }
}
