import HTTPServing

/// Bytes of the budget that one request takes beside its body; given back when it ends.
final class Reservation {
    private let budget: MemoryBudget
    /// Of the request, which the server holds.
    private let bodyBytes: Int
    private var bytes = 0
    private var refusedBytes = 0

    init(_ budget: MemoryBudget, bodyBytes: Int) {
        self.budget = budget
        self.bodyBytes = bodyBytes
    }

    deinit { budget.release(bytes) }

    /// False where the budget does not hold so many more.
    func add(_ count: Int) -> Bool {
        guard budget.reserve(count) else {
            refusedBytes = count
            return false
        }
        bytes += count
        return true
    }

    /// What to say when `add` has answered false. Where the request alone takes more than there is, a
    /// later attempt would meet the same.
    var refusal: Refusal {
        let needed = bodyBytes + bytes + refusedBytes
        return needed > budget.limit
            ? .neverFits(needed: needed, limit: budget.limit)
            : .outOfMemory(limit: budget.limit)
    }
}
