package import CloudExport
import Threads

/// Uploads with libcurl on one thread of its own.
///
/// Connections are kept and used again, at most `CurlConfiguration.maxConnections` of them. The body
/// is sent from the request's own memory. Cancelling the task that waits in `upload` ends its
/// transfer with `.cancelled`.
///
/// When a kept connection turns out to be closed before a byte of the answer has come, libcurl sends
/// the request again on a new one, within the same attempt and deadline.
///
/// An answer counts from its complete head on: see `UploadTransport` for what follows from a status,
/// and the module's `TransferVerdict` for answers that break off.
///
/// Name resolution runs in short-lived threads of libcurl, since the C library has no other way.
package final class CurlTransport: UploadTransport {
    private let mailbox: Mailbox
    private let thread: SystemThread

    /// Checks the configuration's values, but not its files: a file that is missing ends uploads with
    /// `.untrusted` until it is there. Fails as well where libcurl lacks an option that the gateway
    /// relies on, and when the system has no thread or descriptors left.
    package init(_ configuration: CurlConfiguration) throws(CurlConfigurationError) {
        try configuration.checkValues()
        let multi = try MultiHandle(maxConnections: configuration.maxConnections)
        // Shows at start what libcurl refuses.
        _ = try Transfer(configuration)
        let mailbox = Mailbox(waking: multi)
        self.mailbox = mailbox
        do throws(SystemThread.Unavailable) {
            thread = try SystemThread {
                do {
                    var loop = TransferLoop(mailbox, configuration)
                    loop.run()
                }
                mailbox.announceEnd()
            }
        } catch {
            throw .unavailable("The upload thread cannot be started: \(systemText(error.code)).")
        }
    }

    /// Without a `shutdown` before, the thread stops by itself and is not waited for.
    deinit {
        mailbox.orderStop()
    }

    package func upload(
        _ request: UploadRequest
    ) async -> Result<UploadResponse, UploadFailure> {
        if let failure = RequestCheck.failure(of: request) { return .failure(failure) }
        let ticket = CancellationTicket()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                mailbox.submit(UploadJob(request, ticket, continuation))
            }
        } onCancel: {
            ticket.cancel()
            mailbox.noteCancellation()
        }
    }

    /// Ends uploads under way and in line with `.cancelled`, closes the connections and joins the
    /// thread. Uploads that come later are answered `.cancelled` at once.
    package func shutdown() async {
        mailbox.orderStop()
        await mailbox.waitForEnd()
        thread.join()
    }
}
