import Instruments
import Logging
import OTLPReceiving
import Synchronization

/// Tells an operator of requests that no route lets in: the first at once, and then once a minute how many
/// there were. Who sends them chooses how many lines there would be otherwise.
final class DenialLog: Sendable {
    private let instruments: ReceiverInstruments
    private let logger: Logger
    private let state: Mutex<(seconds: Int, told: [UInt64])>

    init(_ instruments: ReceiverInstruments, logger: Logger) {
        self.instruments = instruments
        self.logger = logger
        state = Mutex((0, instruments.unauthorized.map { _ in 0 }))
    }

    func everySecond() {
        let counts = instruments.unauthorized.map(\.counter.value)
        let new = state.withLock { state -> [UInt64] in
            state.seconds += 1
            let new = zip(counts, state.told).map { $0 - $1 }
            let isFirst = state.told.allSatisfy { $0 == 0 }
            guard new.contains(where: { $0 > 0 }), isFirst || state.seconds >= 60 else { return [] }
            state.seconds = 0
            state.told = counts
            return new
        }
        guard !new.isEmpty else { return }
        var metadata: Logger.Metadata = [:]
        for ((reason, _), count) in zip(instruments.unauthorized, new) where count > 0 {
            metadata[reason.rawValue] = "\(count)"
        }
        logger.warning("Requests were not let in by any route", metadata: metadata)
    }
}
