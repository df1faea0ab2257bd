import Dispatch
import ExportTestKit
import SendingQueue
import TestKit
import Testing

@Suite struct MemoryQueueModelTests {
    @Test(arguments: 1...60 as ClosedRange<UInt64>)
    func `a random sequence of steps leaves the books as the model has them`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var conversation = Conversation()
        for step in 1...150 {
            conversation.takeStep(&random)
            if let difference = conversation.difference {
                Issue.record("seed \(seed), step \(step): \(difference)")
                return
            }
        }
        conversation.settleEverything()
        #expect(conversation.difference == nil, "seed \(seed), at the end")
        #expect(conversation.queue.books().queuedBytes == 0, "seed \(seed), at the end")
    }

    @Test func `offers from many threads keep the books`() {
        let queue = MemoryQueue(.fixture(maxBytes: 10_000, maxSpans: 300))
        let outcomes = Recorder<Bool>()
        let unbalanced = Recorder<Books>()
        // Six offer, one sends, one looks.
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            for round in 0..<400 {
                switch thread {
                case 0:
                    guard let item = queue.take() else { break }
                    if round % 5 == 0 {
                        queue.putBack(item.ticket, spans: item.spans)
                    } else {
                        queue.settle(item.ticket, spans: item.spans.count, as: .delivered)
                    }
                case 1:
                    let books = queue.books()
                    if !books.isBalanced { unbalanced.append(books) }
                default:
                    queue.offer(.blank(spans: 3, bytes: 20), rejected: 1) { outcome in
                        outcomes.append(outcome == .accepted)
                    }
                }
            }
        }
        let accepted = outcomes.all.filter { $0 }.count
        let books = queue.books()
        #expect(unbalanced.all.isEmpty)
        #expect(outcomes.all.count == 2400)
        #expect(books.isBalanced)
        #expect(books.received == 2400 * 4)
        #expect(books.accepted == UInt64(3 * accepted))
        #expect(books.rejected == UInt64(accepted))
        #expect(books.refused == UInt64(4 * (2400 - accepted)))
        #expect(books.queuedSpans == UInt64(queue.backlog().spans))
    }
}

/// Steps that the queue and its model take together.
private struct Conversation {
    private struct Taken {
        let ticket: Ticket
        var piece: QueueModel.Piece
    }

    let queue = MemoryQueue(.fixture(maxBytes: 200, maxSpans: 40))
    private var model = QueueModel(maxBytes: 200, maxSpans: 40)
    private var taken: [Taken] = []
    private(set) var difference: String?

    mutating func takeStep(_ random: inout SplitMix64) {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<40: offer(&random)
        case 40..<65: take()
        case 65..<85: settle(&random)
        case 85..<99: putBack(&random)
        default:
            // Seldom, since little happens afterwards.
            guard Int.random(in: 0..<2, using: &random) == 0 else { break }
            queue.close()
            model.close()
        }
        compare()
    }

    mutating func settleEverything() {
        repeat {
            for part in taken { settle(part, as: .dropped(.shutdown)) }
            taken = []
            take()
        } while !taken.isEmpty
        compare()
    }

    private mutating func offer(_ random: inout SplitMix64) {
        let spans = Int.random(in: 0...9, using: &random)
        let bytes = Int.random(in: 0...60, using: &random)
        let rejected = Int.random(in: 0...2, using: &random)
        let isAccepted = model.offer(spans: spans, bytes: bytes, rejected: rejected)
        let outcome = queue.offer(.blank(spans: spans, bytes: bytes), rejected: rejected)
        if isAccepted != (outcome == .accepted) {
            difference = "an offer came to \(String(describing: outcome))"
        }
        if let seconds = outcome.retryAfter, !(1...30).contains(seconds) {
            difference = "a refusal asks for \(seconds) seconds"
        }
    }

    private mutating func take() {
        let item = queue.take()
        let piece = model.take()
        if item?.spans != piece?.spans { difference = "took \(String(describing: item?.spans))" }
        guard let item, let piece else { return }
        // Sequences rise by one with each accepted request.
        if item.ticket.sequence != UInt64(piece.sequence + 1) {
            difference = "took another request"
        }
        taken.append(Taken(ticket: item.ticket, piece: piece))
    }

    /// Ends the first spans of something that was taken.
    private mutating func settle(_ random: inout SplitMix64) {
        guard let index = taken.indices.randomElement(using: &random) else { return }
        var part = taken.remove(at: index)
        let spans = part.piece.spans
        let middle = spans.lowerBound + Int.random(in: 0...spans.count, using: &random)
        var rest = part
        part.piece.spans = spans.lowerBound..<middle
        rest.piece.spans = middle..<spans.upperBound
        let reason = DropReason.allCases.randomElement(using: &random) ?? .elapsed
        settle(part, as: Bool.random(using: &random) ? .delivered : .dropped(reason))
        if !rest.piece.spans.isEmpty { taken.append(rest) }
    }

    private mutating func settle(_ part: Taken, as settlement: Settlement) {
        queue.settle(part.ticket, spans: part.piece.spans.count, as: settlement)
        model.settle(part.piece, as: settlement)
    }

    /// Returns a range from the middle of something that was taken, and keeps both ends.
    private mutating func putBack(_ random: inout SplitMix64) {
        guard let index = taken.indices.randomElement(using: &random) else { return }
        let part = taken.remove(at: index)
        let spans = part.piece.spans
        let lower = Int.random(in: spans.lowerBound...spans.upperBound, using: &random)
        let upper = Int.random(in: lower...spans.upperBound, using: &random)
        var pieces = [spans.lowerBound..<lower, lower..<upper, upper..<spans.upperBound].map {
            var piece = part
            piece.piece.spans = $0
            return piece
        }
        let middle = pieces.remove(at: 1)
        queue.putBack(middle.ticket, spans: middle.piece.spans)
        model.putBack(middle.piece)
        taken += pieces.filter { !$0.piece.spans.isEmpty }
    }

    private mutating func compare() {
        let books = queue.books()
        if books != model.books {
            difference = "the books are \(books) and should be \(model.books)"
        }
        if !books.isBalanced { difference = "the books are not balanced: \(books)" }
        if queue.backlog().spans != model.waitingSpans {
            difference = "\(queue.backlog().spans) wait, not \(model.waitingSpans)"
        }
    }
}
