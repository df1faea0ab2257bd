import Synchronization

/// What is known of the store at any time, without asking its threads.
package struct StoreFigures: Hashable, Sendable {
    /// That are there.
    package internal(set) var spans = 0
    package internal(set) var traces = 0
    /// Of pages in use.
    package internal(set) var bytes = 0
    /// Spans since the start of the process: written for the first time, pruned, and left out because the record had no ids
    /// or times.
    package internal(set) var written: UInt64 = 0
    package internal(set) var pruned: UInt64 = 0
    package internal(set) var unusable: UInt64 = 0
    /// Times that nothing could be pruned because of an error.
    package internal(set) var failedPrunes: UInt64 = 0
    /// For people: a file was set aside.
    package internal(set) var notice: String?
}

/// What the writer tells to everybody else.
final class SharedState: Sendable {
    private struct State {
        var figures = StoreFigures()
        var generation = 0
        var listener: (@Sendable ([String]) -> Void)?
        var noticeListener: (@Sendable (String) -> Void)?
    }

    private let state = Mutex(State())

    var figures: StoreFigures { state.withLock { $0.figures } }

    /// Counts the files.
    var generation: Int { state.withLock { $0.generation } }

    func update(_ change: (inout StoreFigures) -> Void) {
        state.withLock { change(&$0.figures) }
    }

    func beginAnew(notice: String) {
        let listener = state.withLock { state in
            state.generation += 1
            state.figures.notice = notice
            return state.noticeListener
        }
        listener?(notice)
    }

    func onChange(_ listener: @escaping @Sendable ([String]) -> Void) {
        state.withLock { $0.listener = listener }
    }

    func onNotice(_ listener: @escaping @Sendable (String) -> Void) {
        state.withLock { $0.noticeListener = listener }
    }

    func announce(_ traceIDs: [String]) {
        guard !traceIDs.isEmpty, let listener = state.withLock({ $0.listener }) else { return }
        listener(traceIDs)
    }
}
