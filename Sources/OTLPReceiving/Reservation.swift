import HTTPServing

/// Bytes of the budget that one request takes beside its body; given back when it ends.
final class Reservation {
    private let budget: MemoryBudget
    private var bytes = 0

    init(_ budget: MemoryBudget) {
        self.budget = budget
    }

    deinit { budget.release(bytes) }

    /// False where the budget does not hold so many more.
    func add(_ count: Int) -> Bool {
        guard budget.reserve(count) else { return false }
        bytes += count
        return true
    }
}
