import Synchronization

/// Uploads that lanes may have under way beyond the one that each of them always may: shared by all of
/// them, in the order in which they ask, so that they come round robin.
///
/// The one upload of its own is what keeps a lane from waiting for another: where all shared slots are at
/// an upstream that does not answer, every other lane still sends.
package final class UploadSlots: Sendable {
    fileprivate struct State {
        var limit: Int
        var taken = 0
        /// Lanes that wait, by their doorbells; none is in it twice.
        var line: [Doorbell] = []
        /// Lanes to which a slot was given that they have not come for.
        var offered: [ObjectIdentifier] = []
    }

    private let state: Mutex<State>

    /// - Parameter count: 0 to 1024.
    package init(_ count: Int) {
        state = Mutex(State(limit: count))
    }

    /// How many are in use.
    package var taken: Int { state.withLock { $0.taken } }

    /// More of them serve lanes that wait at once; fewer are reached as uploads end.
    package func resize(to count: Int) {
        let woken = state.withLock { state in
            state.limit = count
            return state.serve()
        }
        for doorbell in woken { doorbell.ring() }
    }

    /// Whether a slot is the caller's from now on. Else it stands in line, and is rung when its turn has
    /// come; it then takes again, or leaves the line.
    func take(for doorbell: Doorbell) -> Bool {
        state.withLock { state in
            let id = ObjectIdentifier(doorbell)
            if let index = state.offered.firstIndex(of: id) {
                state.offered.remove(at: index)
                return true
            }
            if state.line.isEmpty, state.taken < state.limit {
                state.taken += 1
                return true
            }
            if !state.line.contains(where: { $0 === doorbell }) { state.line.append(doorbell) }
            return false
        }
    }

    func giveBack() {
        let woken = state.withLock { state in
            state.taken -= 1
            return state.serve()
        }
        for doorbell in woken { doorbell.ring() }
    }

    /// A lane that has stood in line has nothing to send any more.
    func leaveLine(_ doorbell: Doorbell) {
        let woken = state.withLock { state -> [Doorbell] in
            state.line.removeAll { $0 === doorbell }
            guard let index = state.offered.firstIndex(of: ObjectIdentifier(doorbell)) else {
                return []
            }
            state.offered.remove(at: index)
            state.taken -= 1
            return state.serve()
        }
        for doorbell in woken { doorbell.ring() }
    }
}

extension UploadSlots.State {
    /// Gives free slots to those who stand first; answers who they are.
    fileprivate mutating func serve() -> [Doorbell] {
        var woken: [Doorbell] = []
        while taken < limit, !line.isEmpty {
            let first = line.removeFirst()
            taken += 1
            offered.append(ObjectIdentifier(first))
            woken.append(first)
        }
        return woken
    }
}
