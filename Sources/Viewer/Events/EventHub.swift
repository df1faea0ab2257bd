import HTTPServing
import Synchronization

/// Tells pages that are open which traces have got spans (server-sent events, WHATWG HTML 9.2).
package final class EventHub: Sendable {
    private struct State {
        var streams: Set<HTTPStream> = []
        var changed: [String] = []
        var isWaiting = false
        var seconds = 0
    }

    /// Pages that are told; more are refused and ask again.
    static let maxStreams = 32
    /// Of one event. A page that hears of so many looks at its list anyway.
    private static let maxTraces = 100
    /// Changes within this time are one event.
    private static let pause = Duration.milliseconds(250)
    /// Proxies end connections on which nothing is said.
    private static let keepAliveSeconds = 15

    private let state = Mutex(State())

    package init() {}

    /// A response that goes on for as long as the page is open; nil where enough of them are.
    func stream() -> HTTPStream? {
        guard state.withLock({ $0.streams.count < Self.maxStreams }) else { return nil }
        return HTTPStream(
            whenTaken: { stream in self.state.withLock { _ = $0.streams.insert(stream) } },
            whenGone: { stream in self.state.withLock { _ = $0.streams.remove(stream) } })
    }

    static let greeting = Array("retry: 2000\nevent: hello\ndata: {}\n\n".utf8)

    /// From any thread, as often as spans come.
    package func announce(_ traceIDs: [String]) {
        let begins = state.withLock { state -> Bool in
            guard !state.streams.isEmpty else { return false }
            for id in traceIDs
            where state.changed.count < Self.maxTraces && !state.changed.contains(id) {
                state.changed.append(id)
            }
            defer { state.isWaiting = true }
            return !state.isWaiting
        }
        guard begins else { return }
        Task {
            try? await Task.sleep(for: Self.pause)
            flush()
        }
    }

    private func flush() {
        let (streams, changed) = state.withLock { state in
            defer { state.changed = [] }
            state.isWaiting = false
            return (state.streams, state.changed)
        }
        guard !changed.isEmpty else { return }
        // Ids are hex digits.
        let list = changed.map { "\"\($0)\"" }.joined(separator: ",")
        send("event: traces\ndata: {\"traceIds\":[\(list)]}\n\n", to: streams)
    }

    package func everySecond() {
        let streams = state.withLock { state -> Set<HTTPStream> in
            state.seconds += 1
            return state.seconds % Self.keepAliveSeconds == 0 ? state.streams : []
        }
        send(": still there\n\n", to: streams)
    }

    /// Ends all of them; connections end behind them.
    package func stop() {
        for stream in state.withLock({ $0.streams }) { stream.end() }
    }

    private func send(_ text: String, to streams: Set<HTTPStream>) {
        let bytes = Array(text.utf8)
        for stream in streams { stream.send(bytes) }
    }
}
