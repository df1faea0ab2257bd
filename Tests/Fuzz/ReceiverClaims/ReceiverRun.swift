import FuzzClaims
import HTTPServing
import OTLPReceiving
import SendingQueue
import Synchronization

/// What became of a request, as its sender and the queue see it.
struct RequestOutcome: Hashable {
    /// Of gRPC; 0 is success.
    var code: Int
    var accepted: UInt64 = 0
    var rejected: UInt64 = 0

    static let invalid = RequestOutcome(code: 3)
    static let tooLarge = RequestOutcome(code: 8)
    static let unimplemented = RequestOutcome(code: 12)
    static let internalError = RequestOutcome(code: 13)
}

/// One request to a receiver of its own, and what holds of it:
///
/// - It is answered once. The answer has a form that its sender reads, and is short.
/// - Nothing of the memory for requests is kept.
/// - The books are balanced. Spans are in the queue where the answer is success, and only there.
struct ReceiverRun {
    static let maxBodyBytes = 1500

    enum Conditions: CaseIterable {
        case usual, littleMemory, fullQueue, stopping

        init(_ choices: inout Choices) { self = choices.pick([.usual, .usual] + Self.allCases) }
    }

    private let budget: MemoryBudget
    private let queue: MemoryQueue
    private let receiver: OTLPReceiver

    init(_ conditions: Conditions) {
        budget = MemoryBudget(limit: conditions == .littleMemory ? 2000 : 1_000_000)
        var limits = MemoryQueue.Configuration()
        if conditions == .fullQueue { limits.maxSpans = 1 }
        queue = MemoryQueue(configuration: limits)
        var configuration = OTLPReceiverConfiguration()
        configuration.maxBodyBytes = Self.maxBodyBytes
        receiver = OTLPReceiver(
            configuration: configuration,
            routing: Routing(open: RouteIntake(name: "default", queue: queue)), budget: budget,
            wallClock: { 0 })
        if conditions == .fullQueue {
            queue.offer(QueuedRequest(body: [0], spanCount: 1, receivedAt: 0), rejected: 0) { _ in }
        }
        if conditions == .stopping { queue.close() }
    }

    func outcome(
        of body: [UInt8], _ form: RequestForm
    ) throws(BrokenClaim) -> RequestOutcome {
        let before = queue.books()
        let response = try response(to: body, form)
        let code = form.isCall ? try AnswerForm.call(response) : try AnswerForm.export(response)
        let books = queue.books()
        try claim(budget.reserved == 0, "\(budget.reserved) bytes are kept")
        try claim(books.isBalanced, "\(books)")
        let outcome = RequestOutcome(
            code: code, accepted: books.accepted - before.accepted,
            rejected: books.rejected - before.rejected)
        try claim(code == 0 || outcome.accepted + outcome.rejected == 0, "refused, and \(outcome)")
        return outcome
    }

    /// As the server calls the receiver.
    private func response(
        to body: [UInt8], _ form: RequestForm
    ) throws(BrokenClaim) -> HTTPResponse {
        let head = form.head(length: body.count)
        switch receiver.admit(head) {
        case .refuse(let response): return response
        case .accept(let limit, _, _) where body.count > limit:
            return receiver.response(
                to: .bodyTooLarge(limit: limit, seen: body.count), head: head)
        case .accept(_, _, let context):
            let replies = Replies()
            receiver.respond(to: HTTPRequest(head: head, body: body, context: context)) {
                replies.add($0)
            }
            try claim(replies.all.count == 1, "\(replies.all.count) answers")
            return replies.all[0]
        }
    }
}

private final class Replies: Sendable {
    private let replies = Mutex<[HTTPResponse]>([])

    func add(_ reply: HTTPResponse) { replies.withLock { $0.append(reply) } }

    var all: [HTTPResponse] { replies.withLock { $0 } }
}
