import Synchronization

/// One atomic for each way in which a handshake fails, since every loop writes to them.
final class TLSHandshakeCounters: Sendable {
    private let notTLS = Atomic<Int>(0)
    private let timeout = Atomic<Int>(0)
    private let closed = Atomic<Int>(0)
    private let alert = Atomic<Int>(0)
    private let certificate = Atomic<Int>(0)
    private let name = Atomic<Int>(0)
    private let protocolError = Atomic<Int>(0)

    func count(_ failure: TLSHandshakeFailure) {
        withCounter(of: failure) { _ = $0.add(1, ordering: .relaxed) }
    }

    func snapshot() -> [TLSMetrics.HandshakeFailureCount] {
        TLSHandshakeFailure.allCases.map { failure in
            TLSMetrics.HandshakeFailureCount(
                reason: failure.label,
                count: withCounter(of: failure) { $0.load(ordering: .relaxed) })
        }
    }

    private func withCounter<Result>(
        of failure: TLSHandshakeFailure, _ use: (borrowing Atomic<Int>) -> Result
    ) -> Result {
        switch failure {
        case .notTLS: use(notTLS)
        case .timeout: use(timeout)
        case .closed: use(closed)
        case .alert: use(alert)
        case .certificate: use(certificate)
        case .name: use(name)
        case .protocolError: use(protocolError)
        }
    }
}
