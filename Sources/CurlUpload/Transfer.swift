import CCurl
import CloudExport
import MastraRecords

/// One place for an upload: an easy handle that is set up once and used for one job after another.
///
/// Belongs to the transport's thread. Between `begin` and `end` it keeps alive all that curl only
/// points at: the header lines and the job's body.
final class Transfer {
    private let configuration: CurlConfiguration
    private var easy: EasyHandle
    private var headers: HeaderBlock?
    private var answer = AnswerCollector()
    private(set) var job: UploadJob?

    init(_ configuration: CurlConfiguration) throws(CurlConfigurationError) {
        guard let easy = EasyHandle() else {
            throw .unavailable("libcurl has no memory for a transfer.")
        }
        self.configuration = configuration
        self.easy = easy
        self.easy.apply(configuration)
        // The handle ends with `self`, so that the callbacks never see a dead object.
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe self.easy.set(CURLOPT_HEADERFUNCTION, sink: takeHeadLine)
        unsafe self.easy.set(CURLOPT_HEADERDATA, pointer: context)
        unsafe self.easy.set(CURLOPT_WRITEFUNCTION, sink: takeBodyPiece)
        unsafe self.easy.set(CURLOPT_WRITEDATA, pointer: context)
        if let refusal = self.easy.refusal {
            throw .unavailable("libcurl refuses an option: \(CurlLibrary.text(for: refusal)).")
        }
    }

    /// Starts the job in `multi`. A result means that it ended at once, and the place is free again.
    func begin(_ job: UploadJob, in multi: MultiHandle) -> Result<UploadResponse, UploadFailure>? {
        self.job = job
        answer = AnswerCollector()
        easy.clearErrorText()
        let block = HeaderBlock(job.request.headers)
        easy.set(CURLOPT_URL, job.request.url)
        // Kept in `headers` until `release`.
        unsafe easy.set(CURLOPT_HTTPHEADER, list: block.list)
        headers = consume block
        easy.set(CURLOPT_POSTFIELDSIZE_LARGE, offset: job.request.body.count)
        // Valid as long as the block lives, which `self.job` holds until `release`; never null.
        let body = unsafe job.request.body.withUnsafeBytes { $0.baseAddress! }
        unsafe easy.set(CURLOPT_POSTFIELDS, pointer: body)
        if let refusal = easy.refusal {
            release()
            return .failure(.network(CurlLibrary.text(for: refusal)))
        }
        let code = multi.add(easy)
        guard code == CURLM_OK else {
            release()
            return .failure(.network(CurlLibrary.text(for: code)))
        }
        return nil
    }

    func isFor(_ finished: MultiHandle.Finished) -> Bool {
        unsafe easy.pointer == finished.easy
    }

    /// Takes the transfer out of `multi` and tells what came of it.
    func end(_ code: CURLcode, in multi: MultiHandle) -> Result<UploadResponse, UploadFailure> {
        multi.remove(easy)
        guard let job else { return .failure(.cancelled) }
        let outcome = TransferVerdict.judge(
            code, answer: answer, bodyWasSent: easy.sentBytes >= job.request.body.count
        ) {
            FailureText.make(
                code, curlText: easy.errorText, request: job.request, configuration: configuration)
        }
        release()
        return outcome
    }

    /// Lets go of the job's memory, after curl's pointers to it.
    private func release() {
        unsafe easy.set(CURLOPT_POSTFIELDS, pointer: nil)
        unsafe easy.set(CURLOPT_HTTPHEADER, list: nil)
        headers = nil
        job = nil
        answer = AnswerCollector()
    }

    fileprivate func take(headLine: Span<UInt8>) -> Bool { answer.take(headLine: headLine) }

    fileprivate func take(body: Span<UInt8>) -> Bool { answer.take(body: body) }
}

/// Called by curl for each line of a head, in `perform`, on the transport's thread.
private func takeHeadLine(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    // curl's own bytes, valid during the call, and the transfer that owns the calling handle.
    let piece = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
    let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context!).takeUnretainedValue()
    return unsafe transfer.take(headLine: piece.bindMemory(to: UInt8.self).span) ? piece.count : 0
}

/// Called by curl for each piece of a body, in `perform`, on the transport's thread.
private func takeBodyPiece(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    // As above.
    let piece = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
    let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context!).takeUnretainedValue()
    return unsafe transfer.take(body: piece.bindMemory(to: UInt8.self).span) ? piece.count : 0
}
