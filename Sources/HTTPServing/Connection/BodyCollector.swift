/// One request body, reserved from the byte budget as it comes, always before it is read.
///
/// The reservation belongs to this value: it is given back when the value ends, which its owner
/// brings about when the reply has been made, or by dying. Not copyable, so it cannot be twice.
struct BodyCollector: ~Copyable {
    enum Outcome {
        case taken
        case overLimit(limit: Int, seen: Int)
        case outOfMemory
    }

    /// Bytes are reserved in steps of at least this many. What is announced and does not come takes
    /// no more of the budget from others than one step.
    static let step = 64 * 1024

    private let budget: MemoryBudget
    private let limit: Int
    private let declared: Int?
    private var reserved: Int
    private var bytes: [UInt8] = []

    /// Nil where the budget does not hold a declared length of up to one step.
    init?(declared: Int?, limit: Int, budget: MemoryBudget) {
        let first = min(declared ?? 0, Self.step)
        guard budget.reserve(first) else { return nil }
        self.budget = budget
        self.limit = limit
        reserved = first
        self.declared = declared
        bytes.reserveCapacity(first)
    }

    deinit { budget.release(reserved) }

    var count: Int { bytes.count }

    mutating func append(_ chunk: UnsafeRawBufferPointer) -> Outcome {
        let total = bytes.count + chunk.count
        if total > limit { return .overLimit(limit: limit, seen: total) }
        if total > reserved, !extend(to: total) { return .outOfMemory }
        // The pointer is the caller's for the length of this call, and is copied from only here.
        unsafe bytes.append(contentsOf: chunk)
        return .taken
    }

    /// The whole body. The reservation stays. It may be kept for long, so that room which a body of
    /// unknown length did not need is left behind.
    mutating func takeBytes() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &bytes)
        return taken.capacity > taken.count + taken.count / 4 + 256
            ? taken.map { $0 } : taken
    }

    /// Grows by as much as there is, or by a part of it where the budget does not hold so much, so
    /// that copying stays linear in the length.
    private mutating func extend(to total: Int) -> Bool {
        for growth in [reserved, reserved / 4, reserved / 16] {
            let room = reserved + max(growth, Self.step)
            let wanted = max(total, min(declared ?? limit, room))
            guard budget.reserve(wanted - reserved) else { continue }
            reserved = wanted
            bytes.reserveCapacity(wanted)
            return true
        }
        return false
    }
}
