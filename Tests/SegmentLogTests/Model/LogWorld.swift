import Glibc
import TestKit

@testable import SendingQueue

/// A log on a fake disk, and the model of what it has promised, which take steps together.
final class LogWorld {
    let disk: FakeDisk
    private var log: SegmentLog?
    private var model = LogModel()
    private var configuration = SegmentLogConfiguration()
    private var number: UInt64 = 0
    private var salts = SplitMix64(seed: 7)
    /// Of the fake disk, when the log was opened.
    private var epoch = 0
    private var faultsSeen = 0

    static let quota: UInt64 = 1 << 20
    static let segment: UInt64 = 256 << 10

    init(seed: UInt64) {
        disk = FakeDisk(seed: seed)
        configuration.maxBytes = Self.quota
        configuration.minFree = 0
        disk.onCall = { [unowned self] call, name in
            if call == .remove, name.hasSuffix(".seg") { checkRemoval(of: name) }
        }
    }

    var problem: String? { model.problem }

    /// Takes the steps, and then looks whether all is there. Answers what is wrong.
    func run(_ steps: [LogStep]) -> String? {
        for (index, step) in steps.enumerated() {
            take(step)
            if let problem { return "step \(index), \(step.kind): \(problem)" }
        }
        disk.heal()
        drain()
        close()
        drain()
        return problem.map { "at the end: \($0)" }
    }

    private func take(_ step: LogStep) {
        var random = SplitMix64(seed: step.seed)
        switch step.kind {
        case .crashSoon, .killSoon:
            disk.crashLosesMemory = step.kind == .crashSoon
            disk.crashAt = disk.calls + 1 + random.below(30)
            return
        case .failSoon:
            disk.fail(1 + random.below(25), code: random.pick([EIO, EIO, ENOSPC, EMFILE]))
            return
        case .failSyncSoon: return disk.fail(1, .sync, code: EIO)
        case .failWriteSoon: return disk.fail(1, .write, code: random.pick([EIO, ENOSPC]))
        case .crash: disk.crash()
        case .kill: disk.kill()
        case .reopen: close()
        case .append, .appendBehind, .read, .finish, .writeCursor, .probe, .skipOldest, .drain:
            act(step.kind, &random)
        }
        checkBytes()
    }

    private func act(_ kind: LogStep.Kind, _ random: inout SplitMix64) {
        guard let log = opened() else { return }
        // A new segment waits for a new cursor then.
        if log.cursor.isInDoubt { model.beginCursor() }
        switch kind {
        case .append: append(log, behind: false, &random)
        case .appendBehind: append(log, behind: log.unread.isZero, &random)
        case .read: read(log, bytes: 1 + random.below(200_000), records: 1 + random.below(20))
        case .finish: finish(log, &random)
        case .writeCursor: writeCursor(log)
        case .probe: _ = log.probe()
        case .skipOldest: skipOldest(log)
        default: drain()
        }
    }
}

// MARK: - What is done to the log

extension LogWorld {
    private func append(_ log: SegmentLog, behind: Bool, _ random: inout SplitMix64) {
        let sizes = (0..<1 + random.below(6)).map { _ in
            let most = [0, 10, 500, 3000, 20_000, random.once(in: 40) ? 300_000 : 60_000]
            return random.below(random.pick(most) + 1)
        }
        append(sizes, to: log, behind: behind)
    }

    private func append(_ sizes: [Int], to log: SegmentLog, behind: Bool) {
        var numbers: [UInt64] = []
        var requests: [QueuedRequest] = []
        for size in sizes {
            number += 1
            let request = QueuedRequest.numbered(
                number, bytes: size, spans: 1 + Int(number % 5), receivedAt: number * 1000)
            model.offer(request, as: number)
            numbers.append(number)
            requests.append(request)
        }
        let before = log.unread
        do throws(SegmentLog.Obstacle) {
            let first = try log.append(requests, isBehindReader: behind)
            let name = log.segments.last?.name ?? ""
            model.acknowledge(numbers, from: first, in: name, behind: behind)
            let growth = behind ? 0 : UInt64(requests.count)
            if log.unread.records != before.records + growth {
                model.note("\(log.unread) is unread after \(before) and \(requests.count) more")
            }
        } catch {
            if isAlive, log.unread != before { model.note("a refused group is to be read") }
        }
    }

    private func read(_ log: SegmentLog, bytes: Int, records: Int) {
        let before = log.unread
        let files = log.segments
        guard let found = try? log.read(maxBytes: bytes, maxRecords: records) else { return }
        guard isAlive else { return }
        for record in found.records { model.read(record) }
        var sum = found.corrupt
        for record in found.records {
            sum.records += 1
            sum.spans += UInt64(record.spanCount)
            sum.bytes += UInt64(record.payload.count)
        }
        sum += log.unread
        if sum != before { model.note("\(before) was unread, and \(sum) was found") }
        // A file that could not be read is lost as a whole, and the log says so.
        let lost = Set(log.segments.filter(\.isUnreadable).map(\.name))
        if !found.corrupt.isZero, faultHasFired() { model.release { lost.contains($1) } }
        if files.isEmpty, !found.records.isEmpty { model.note("records without a file") }
        if log.unread.isZero { model.checkAllSeen() }
    }

    private func finish(_ log: SegmentLog, _ random: inout SplitMix64) {
        for _ in 0..<1 + random.below(8) where !model.open.isEmpty {
            // Mostly in order, as a sender does it.
            let index = random.once(in: 3) ? random.below(model.open.count) : 0
            log.finish(model.finish(at: index))
        }
    }

    private func writeCursor(_ log: SegmentLog) {
        model.beginCursor()
        guard (try? log.writeCursor()) != nil, isAlive else { return }
        model.endCursor(ranges: log.done.ranges.count)
    }

    private func skipOldest(_ log: SegmentLog) {
        let oldest = log.segments.first { !$0.unread.isZero }
        guard let amount = log.skipOldest(where: { _, _ in true }), let oldest else { return }
        if amount != oldest.unread { model.note("\(amount) was skipped of \(oldest.unread)") }
        model.skip(upTo: oldest.lastSequence)
    }

    private func drain() {
        for _ in 0..<10_000 {
            guard let log = opened(), isAlive else { continue }
            if log.unread.isZero { return model.checkAllSeen() }
            read(log, bytes: 1 << 20, records: 100)
            if problem != nil { return }
        }
        model.note("there is no end to what is to be read")
    }
}

// MARK: - A life without chance

extension LogWorld {
    /// Two lives that roll, read, finish, and close. Answers what is wrong.
    func runScenario() -> String? {
        live { append([10, 90_000], to: $0, behind: false) }
        live { append([90_000, 50_000], to: $0, behind: false) }
        live { append([90_000, 100_000], to: $0, behind: false) }
        live { read($0, bytes: 100_000, records: 10) }
        live { finishAll($0) }
        live { writeCursor($0) }
        close()
        drain()
        live { append([100], to: $0, behind: $0.unread.isZero) }
        live { finishAll($0) }
        live { append([20_000], to: $0, behind: $0.unread.isZero) }
        live { writeCursor($0) }
        live { append([30], to: $0, behind: false) }
        close()
        return run([])
    }

    private func live(_ step: (SegmentLog) -> Void) {
        guard let log = opened() else { return }
        if log.cursor.isInDoubt { model.beginCursor() }
        step(log)
        checkBytes()
    }

    private func finishAll(_ log: SegmentLog) {
        while !model.open.isEmpty { log.finish(model.finish(at: 0)) }
    }
}

// MARK: - Its lives

extension LogWorld {
    private var isAlive: Bool { epoch == disk.epoch }

    private func faultHasFired() -> Bool { disk.fired.count > faultsSeen }

    /// The log, which is opened where it is not: as often as its process ends in the middle of that.
    private func opened() -> SegmentLog? {
        if let log, isAlive { return log }
        for _ in 0..<100 {
            model.endLife()
            epoch = disk.epoch
            faultsSeen = disk.fired.count
            let log = try? makeLog(isReadOnly: false)
            if faultHasFired() { forgive(log) }
            guard let log, isAlive else { continue }
            self.log = log
            if !faultHasFired() { checkAgain(log) }
            return log
        }
        model.note("the log cannot be opened")
        return nil
    }

    private func makeLog(isReadOnly: Bool) throws(StorageError) -> SegmentLog {
        let salt = salts.next()
        return try SegmentLog(
            disk.directory(), configuration, wallClock: { 1000 }, random: { salt },
            isReadOnly: isReadOnly)
    }

    private func close() {
        guard let log = opened() else { return }
        model.beginCursor()
        log.close()
        disk.kill()
    }

    /// What cannot be read at the start is set aside, and the cursor is begun anew.
    private func forgive(_ log: SegmentLog?) {
        model.forgetCursor()
        let found = log.map { Set($0.segments.map(\.name)) }
        let hasBad = log?.figures.badSegments ?? 0 > 0
        let bad = Set(disk.names.keys.filter { $0.hasSuffix(".bad") })
        model.release { bad.contains($1 + ".bad") || hasBad && found?.contains($1) == false }
    }

    /// Opening it a second time finds the same.
    private func checkAgain(_ log: SegmentLog) {
        guard disk.fault == nil, disk.crashAt == nil, disk.epoch % 3 == 0 else { return }
        guard let again = try? makeLog(isReadOnly: true) else {
            return model.note("it cannot be opened again")
        }
        if again.unread != log.unread || again.nextSequence > log.nextSequence {
            model.note("the second look has \(again.unread), the first \(log.unread)")
        }
    }
}

// MARK: - What the disk shows

extension LogWorld {
    /// The cursor that a power cut would leave now has all that was acknowledged in the file.
    private func checkRemoval(of name: String) {
        let bytes = disk.durableNames[CursorFile.name]?.durable ?? []
        let slots = [0, 1].compactMap {
            CursorSlot(Array(bytes.dropFirst($0 * CursorSlot.size).prefix(CursorSlot.size)))
        }
        let done = slots.max { $0.generation < $1.generation }?.done ?? DoneSet()
        // Where there is no room for a cursor, what has ended makes it.
        let lacksRoom = disk.lastFailure == ENOSPC
        let early = model.promised(in: name).filter {
            !done.contains($0) && !(lacksRoom && model.hasFinished($0))
        }
        if !early.isEmpty { model.note("\(name) was removed before \(early.min()!) was done") }
    }

    private func checkBytes() {
        guard isAlive, let log else { return }
        let limit = Self.quota + 2 * Self.segment
        if log.fileBytes > limit + 2 * 300_000 { model.note("\(log.fileBytes) bytes of segments") }
        guard disk.fired.isEmpty else { return }
        let actual = disk.names.filter { $0.key.hasSuffix(".seg") }.reduce(0) {
            $0 + UInt64($1.value.cached.count)
        }
        if actual != log.fileBytes || log.figures.fileBytes != actual {
            model.note("\(actual) bytes on disk, \(log.fileBytes) in the log, \(log.figures)")
        }
    }
}
