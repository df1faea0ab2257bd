import CCurl
import CloudExport
import Glibc

/// What the transport's thread does: takes jobs from the mailbox, keeps at most
/// `maxConnections` of them under way, and hands results back.
struct TransferLoop: ~Copyable {
    private let mailbox: Mailbox
    private let configuration: CurlConfiguration
    private var line: [UploadJob] = []
    private var running: [Transfer] = []
    private var idle: [Transfer] = []

    init(_ mailbox: Mailbox, _ configuration: CurlConfiguration) {
        self.mailbox = mailbox
        self.configuration = configuration
    }

    /// Returns after the order to stop, with every job answered and every handle freed.
    mutating func run() {
        if let multi = mailbox.handle() {
            work(with: multi)
            endRunning(CURLE_ABORTED_BY_CALLBACK, in: multi)
            idle = []
        } else {
            _ = mailbox.collect(into: &line)
        }
        for job in line { job.finish(.failure(.cancelled)) }
        line = []
    }

    private mutating func work(with multi: MultiHandle) {
        while case .goOn(let lookForCancelled) = mailbox.collect(into: &line) {
            if lookForCancelled { dropCancelled(in: multi) }
            startJobs(in: multi)
            let code = multi.perform()
            guard code == CURLM_OK else {
                giveUp(code, in: multi)
                continue
            }
            // A place has become free: those in line come first, then the wait.
            if takeFinished(in: multi) && !line.isEmpty { continue }
            let waited = multi.wait()
            if waited != CURLM_OK { giveUp(waited, in: multi) }
        }
    }

    private mutating func startJobs(in multi: MultiHandle) {
        var started = 0
        while started < line.count && running.count < configuration.maxConnections {
            start(line[started], in: multi)
            started += 1
        }
        line.removeFirst(started)
    }

    private mutating func start(_ job: UploadJob, in multi: MultiHandle) {
        // The word of a cancellation may still be on its way.
        guard !job.ticket.isCancelled else { return job.finish(.failure(.cancelled)) }
        do throws(CurlConfigurationError) {
            let transfer = try freeTransfer()
            if let result = transfer.begin(job, in: multi) {
                job.finish(result)
            } else {
                running.append(transfer)
            }
        } catch {
            job.finish(.failure(.network(error.description)))
        }
    }

    private mutating func freeTransfer() throws(CurlConfigurationError) -> Transfer {
        if let transfer = idle.popLast() { return transfer }
        return try Transfer(configuration)
    }

    /// The result says whether there were any.
    private mutating func takeFinished(in multi: MultiHandle) -> Bool {
        var found = false
        while let finished = multi.nextFinished() {
            guard let index = running.firstIndex(where: { $0.isFor(finished) }) else { continue }
            end(at: index, finished.code, in: multi)
            found = true
        }
        return found
    }

    private mutating func end(at index: Int, _ code: CURLcode, in multi: MultiHandle) {
        let transfer = running.remove(at: index)
        let job = transfer.job
        let result = transfer.end(code, in: multi)
        idle.append(transfer)
        job?.finish(result)
    }

    private mutating func dropCancelled(in multi: MultiHandle) {
        for index in running.indices.reversed() where running[index].job?.ticket.isCancelled == true
        {
            end(at: index, CURLE_ABORTED_BY_CALLBACK, in: multi)
        }
        // Each ticket is asked once: it may change at any moment, and whoever leaves is answered.
        var kept: [UploadJob] = []
        for job in line {
            if job.ticket.isCancelled { job.finish(.failure(.cancelled)) } else { kept.append(job) }
        }
        line = kept
    }

    private mutating func endRunning(_ code: CURLcode, in multi: MultiHandle) {
        for index in running.indices.reversed() { end(at: index, code, in: multi) }
    }

    /// libcurl itself failed: CURLM_OUT_OF_MEMORY, CURLM_INTERNAL_ERROR, CURLM_UNRECOVERABLE_POLL.
    /// The attempts end as failures that may pass, and a short nap keeps a lasting fault from
    /// turning the thread into a busy loop.
    private mutating func giveUp(_ code: CURLMcode, in multi: MultiHandle) {
        endRunning(code == CURLM_OUT_OF_MEMORY ? CURLE_OUT_OF_MEMORY : CURLE_RECV_ERROR, in: multi)
        // No descriptors: only the time-out counts.
        _ = poll(nil, 0, 50)
    }
}
