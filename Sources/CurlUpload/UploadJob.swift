import CloudExport
import Synchronization

/// An upload on its way to the transport's thread, with the caller who waits for it.
struct UploadJob: Sendable {
    let request: UploadRequest
    let ticket: CancellationTicket
    private let continuation: CheckedContinuation<Result<UploadResponse, UploadFailure>, Never>

    init(
        _ request: UploadRequest, _ ticket: CancellationTicket,
        _ continuation: CheckedContinuation<Result<UploadResponse, UploadFailure>, Never>
    ) {
        self.request = request
        self.ticket = ticket
        self.continuation = continuation
    }

    /// Exactly once.
    func finish(_ result: Result<UploadResponse, UploadFailure>) {
        continuation.resume(returning: result)
    }
}

/// Says that a caller has lost interest, whether or not its job has reached the thread by then.
final class CancellationTicket: Sendable {
    private let flag = Atomic(false)

    var isCancelled: Bool { flag.load(ordering: .acquiring) }

    func cancel() { flag.store(true, ordering: .releasing) }
}
