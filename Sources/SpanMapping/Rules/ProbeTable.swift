/// What has to be on a span before a source is worth a look: a few bytes, so that rows whose keys are
/// not there cost next to nothing.
struct Probe: Sendable {
    /// Of the key, or -1 where there is none.
    let slot: Int16
    /// Any of these conventions, where there are some.
    let only: Convention

    init(_ slot: KeySlot?, only: Convention) {
        self.slot = slot.map { Int16(truncatingIfNeeded: $0.index) } ?? -1
        self.only = only
    }
}

/// The probes of a table's rows, one after the other.
struct ProbeTable: Sendable {
    let probes: [Probe]
    /// Where the probes of each row end.
    let ends: [Int]

    init(_ rows: [[Probe]]) {
        probes = rows.flatMap { $0 }
        var end = 0
        ends = rows.map { row in
            end += row.count
            return end
        }
    }
}

extension AttributeIndex {
    @inline(__always)
    func passes(_ probe: Probe) -> Bool {
        if probe.slot >= 0, !isThere(Int(probe.slot)) { return false }
        return probe.only.isEmpty || !probe.only.isDisjoint(with: conventions)
    }
}
