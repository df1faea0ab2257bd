import TestKit

@testable import SendingQueue

/// A queue with its worker, on two fake disks; a test calls the worker's turns.
final class Lane {
    struct Setting {
        var queue = DurableQueue.Configuration()
        var log = SegmentLogConfiguration()
        var letters = SegmentLogConfiguration()
        var worker = LogWorker.Configuration()
        var keepsLetters = true

        init(_ change: (inout Setting) -> Void = { _ in }) {
            log.minFree = 0
            letters.minFree = 0
            // So that segments are small.
            log.maxBytes = 8 << 20
            letters.maxBytes = 2 << 20
            letters.kind = .deadLetters
            change(&self)
        }
    }

    let clock = ManualClock()
    let disk: FakeDisk
    let lettersDisk: FakeDisk
    let events = Recorded<QueueEvent>()
    let setting: Setting
    private(set) var queue: DurableQueue
    private(set) var log: SegmentLog
    private(set) var letters: SegmentLog?
    private(set) var worker: LogWorker

    convenience init(_ change: (inout Setting) -> Void = { _ in }) throws {
        try self.init(seed: 1, change)
    }

    init(
        seed: UInt64, mark: MappingMark = MappingMark(),
        _ change: (inout Setting) -> Void = { _ in }
    ) throws {
        setting = Setting(change)
        disk = FakeDisk(seed: seed)
        lettersDisk = FakeDisk(seed: seed &+ 1)
        (queue, log, letters, worker) = try Self.start(
            setting, disk, lettersDisk, clock, mark, events)
    }

    /// Begins the next life on what the disks hold.
    func restart(mark: MappingMark = MappingMark()) throws {
        disk.kill()
        lettersDisk.kill()
        (queue, log, letters, worker) = try Self.start(
            setting, disk, lettersDisk, clock, mark, events)
    }

    private static func start(
        _ setting: Setting, _ disk: FakeDisk, _ lettersDisk: FakeDisk, _ clock: ManualClock,
        _ mark: MappingMark, _ events: Recorded<QueueEvent>
    ) throws -> (DurableQueue, SegmentLog, SegmentLog?, LogWorker) {
        let queue = try DurableQueue(
            configuration: setting.queue, mark: mark, now: { clock.steady })
        let log = try SegmentLog(
            disk.directory(), setting.log, wallClock: { clock.wall }, now: { clock.steady })
        let letters =
            setting.keepsLetters
            ? try SegmentLog(
                lettersDisk.directory(), setting.letters, wallClock: { clock.wall },
                now: { clock.steady }) : nil
        let worker = LogWorker(
            configuration: setting.worker, queue: queue, log: log, deadLetters: letters,
            cut: { request, spans in request + [UInt8(spans.lowerBound), UInt8(spans.upperBound)] },
            wallClock: { clock.wall }, events: { events.append($0) })
        return (queue, log, letters, worker)
    }

    var books: Books { queue.books() }

    /// The answer is in it once there is one.
    @discardableResult
    func offer(
        _ number: UInt64 = 1, bytes: Int = 100, spans: Int = 3, rejected: Int = 0
    ) -> Recorded<OfferOutcome> {
        let outcome = Recorded<OfferOutcome>()
        queue.offer(request(number, bytes: bytes, spans: spans), rejected: rejected) {
            outcome.append($0)
        }
        return outcome
    }

    func request(_ number: UInt64, bytes: Int = 100, spans: Int = 3) -> QueuedRequest {
        .numbered(number, bytes: bytes, spans: spans, receivedAt: clock.wall)
    }

    func turn(after time: Duration = .zero) {
        clock.advance(time)
        worker.turn()
    }

    /// Takes and delivers what there is, and answers the numbers of the requests.
    func deliverAll() -> [UInt64] {
        var numbers: [UInt64] = []
        for _ in 0..<10_000 {
            while let item = queue.take() {
                numbers.append(item.request.body.number ?? 0)
                queue.settle(item.ticket, spans: item.spans.count, as: .delivered)
            }
            turn()
            if queue.backlog().spans == 0, log.unread.isZero { break }
        }
        return numbers
    }
}

extension OfferOutcome {
    var isFull: Bool {
        if case .full = self { true } else { false }
    }
}
