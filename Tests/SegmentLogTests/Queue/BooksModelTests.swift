import Glibc
import TestKit
import Testing

@testable import SendingQueue

/// Offers, endings, failing disks and restarts in any order: the books close after each step.
@Suite struct BooksModelTests {
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `the books close after every step, and what was accepted is sent`(_ seed: UInt64) throws {
        var world = try BooksWorld(seed: seed)
        for step in 1...120 {
            try world.takeStep()
            if let problem = world.problem {
                Issue.record("seed \(seed), step \(step): \(problem)")
                return
            }
        }
        try world.sendEverything()
        #expect(world.problem == nil, "seed \(seed), at the end")
    }
}

private struct BooksWorld {
    private struct Taken {
        let item: QueueItem
        var spans: Range<Int>
    }

    private let lane: Lane
    private var random: SplitMix64
    private var number: UInt64 = 0
    private var outcomes: [UInt64: Recorded<OfferOutcome>] = [:]
    private var spansOf: [UInt64: Int] = [:]
    private var rejectedOf: [UInt64: Int] = [:]
    private var taken: [Taken] = []
    /// Accepted in any life, and the spans of each that were delivered or set aside.
    private var accepted: Set<UInt64> = []
    private var sent: [UInt64: Set<Int>] = [:]
    /// As far as the life has got.
    private var answered: Set<UInt64> = []
    private var expected = Books()
    private(set) var problem: String?

    init(seed: UInt64) throws {
        random = SplitMix64(seed: seed)
        lane = try Lane(seed: seed) {
            $0.queue.windowBytes = 3000
            $0.queue.windowRequests = 8
            $0.queue.maxBytes = 60_000
            $0.queue.maxSpans = 150
        }
    }

    mutating func takeStep() throws {
        switch random.below(100) {
        case 0..<25: offer()
        case 25..<50: lane.turn(after: .milliseconds(random.below(1500)))
        case 50..<68: take()
        case 68..<82: settle()
        case 82..<87: putBack()
        case 87..<91: setAside()
        case 91..<94: fail(lane.disk)
        case 94..<96: fail(lane.lettersDisk)
        case 96..<98: lane.queue.expireOffers()
        default: try restart()
        }
        compare()
    }

    mutating func sendEverything() throws {
        for _ in 1...3 {
            lane.disk.heal()
            lane.lettersDisk.heal()
            for part in taken { end(part, as: .delivered) }
            taken = []
            // Twice more, since what was put aside waits for a second.
            var idle = 0
            while idle < 3 {
                lane.turn(after: .seconds(1))
                take()
                idle = taken.isEmpty ? idle + 1 : 0
                for part in taken { end(part, as: .delivered) }
                taken = []
            }
            compare()
            let books = lane.books
            if books.queuedSpans != 0 || books.queuedBytes != 0 || books.queuedRequests != 0 {
                problem = "something is left: \(books)"
            }
            try restart()
        }
        for number in accepted where sent[number]?.count != spansOf[number] {
            problem = "request \(number) was accepted, and is lost"
        }
    }

    private mutating func offer() {
        number += 1
        spansOf[number] = 1 + random.below(9)
        rejectedOf[number] = random.below(3)
        outcomes[number] = lane.offer(
            number, bytes: random.below(1500), spans: spansOf[number]!,
            rejected: rejectedOf[number]!)
    }

    private mutating func take() {
        guard let item = lane.queue.take() else { return }
        taken.append(Taken(item: item, spans: item.spans))
    }

    /// Ends the first spans of something that was taken.
    private mutating func settle() {
        guard let part = split() else { return }
        end(part, as: random.once(in: 4) ? .dropped(.elapsed) : .delivered)
    }

    private mutating func end(_ part: Taken, as settlement: Settlement) {
        note(part)
        lane.queue.settle(part.item.ticket, spans: part.spans.count, as: settlement)
        switch settlement {
        case .delivered: expected.delivered += UInt64(part.spans.count)
        case .dropped(let reason):
            expected.dropped[reason, default: 0] += UInt64(part.spans.count)
        }
    }

    private mutating func putBack() {
        guard let part = split() else { return }
        lane.queue.putBack(part.item.ticket, spans: part.spans)
    }

    private mutating func setAside() {
        guard let part = split() else { return }
        note(part)
        lane.queue.setAside(part.item.ticket, spans: part.spans, as: .rejected, because: .none)
        if lane.books.dropped[.rejected, default: 0] != expected.dropped[.rejected, default: 0] {
            problem = "spans ended before their dead letter was on disk"
        }
    }

    private mutating func note(_ part: Taken) {
        sent[part.item.request.body.number ?? 0, default: []].formUnion(part.spans)
    }

    private mutating func split() -> Taken? {
        guard !taken.isEmpty else { return nil }
        let index = random.below(taken.count)
        var part = taken.remove(at: index)
        let middle = part.spans.lowerBound + 1 + random.below(part.spans.count)
        if middle < part.spans.upperBound {
            taken.append(Taken(item: part.item, spans: middle..<part.spans.upperBound))
        }
        part.spans = part.spans.lowerBound..<middle
        return part
    }

    /// Reads fail not: what cannot be read is lost, and the log's own tests look at that.
    private mutating func fail(_ disk: FakeDisk) {
        let kind = random.pick([
            FakeDisk.Call.write, .sync, .syncNames, .create, .allocate, .remove,
        ])
        disk.fail(1 + random.below(2), kind, code: random.pick([EIO, ENOSPC]))
    }

    private mutating func restart() throws {
        lane.disk.heal()
        lane.lettersDisk.heal()
        collectAnswers()
        switch random.below(3) {
        case 0:
            lane.queue.end()
            while !lane.worker.turn() {}
            lane.worker.finish()
            collectAnswers()
        case 1:
            lane.disk.crash()
            lane.lettersDisk.crash()
        default: break
        }
        try lane.restart()
        taken = []
        outcomes = [:]
        answered = []
        expected = Books()
        expected.recovered = lane.log.unread.spans
    }

    private mutating func collectAnswers() {
        for (number, outcome) in outcomes where !answered.contains(number) {
            guard let answer = outcome.all.first else { continue }
            answered.insert(number)
            let (spans, rejected) = (UInt64(spansOf[number]!), UInt64(rejectedOf[number]!))
            expected.received += spans + rejected
            if answer == .accepted {
                accepted.insert(number)
                expected.accepted += spans
                expected.rejected += rejected
            } else {
                expected.refused += spans + rejected
            }
        }
        if outcomes.values.contains(where: { $0.all.count > 1 }) { problem = "answered twice" }
    }

    private mutating func compare() {
        collectAnswers()
        let books = lane.books
        expected.dropped[.rejected] = books.dropped[.rejected]
        var actual = books
        // What waits is the difference, and is counted by itself.
        (actual.queuedSpans, actual.queuedBytes, actual.queuedRequests) = (0, 0, 0)
        (actual.capacitySpans, actual.capacityBytes) = (0, 0)
        if actual != expected { problem = "the books are \(actual), and should be \(expected)" }
        if !books.isBalanced { problem = "the books are not balanced: \(books)" }
        if lane.queue.figures().mismatches > 0 { problem = "the self-check has found something" }
        let memory = lane.queue.spansInMemory().held
        if memory + lane.queue.state.withLock({ $0.unread.spans }) != books.queuedSpans {
            problem = "\(memory) spans in memory do not fit \(books)"
        }
    }
}
