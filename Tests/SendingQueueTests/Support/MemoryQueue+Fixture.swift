import ExportTestKit
import SendingQueue
import TestKit

extension MemoryQueue.Configuration {
    static func fixture(maxBytes: Int = 1_000_000, maxSpans: Int = 1_000_000) -> Self {
        var configuration = Self()
        configuration.maxBytes = maxBytes
        configuration.maxSpans = maxSpans
        return configuration
    }
}

extension MemoryQueue {
    convenience init(_ configuration: Configuration, clock: ManualClock) {
        self.init(configuration: configuration, now: { clock.now })
    }

    convenience init(_ configuration: Configuration) {
        self.init(configuration: configuration)
    }
}

extension OfferOutcome? {
    /// Of a refusal for want of room.
    var retryAfter: Int? {
        if case .full(let seconds, .room) = self { seconds } else { nil }
    }
}
