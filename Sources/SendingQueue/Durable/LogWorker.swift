/// Carries out on disk what a `DurableQueue` notes: one turn after the other, on a thread of its own,
/// since each of them may wait for the disk.
package final class LogWorker: @unchecked Sendable {
    // Everything is used by the thread that calls `turn`.

    package struct Configuration: Hashable, Sendable {
        /// How often the cursor is written at most; what ended in between is sent again after a crash.
        package var cursorInterval = Duration.seconds(1)
        /// Between two looks at age, space, and the log itself.
        package var checkInterval = Duration.seconds(1)
        package var selfCheckInterval = Duration.seconds(60)
        /// Failures of the disk in a row after which it is tried more rarely.
        package var quickRetries = 3
        /// For which spans wait for a copy that the disk does not take.
        package var maxDeadLetterWait = Duration.seconds(60)
        package var quickRetry = Duration.seconds(1)
        package var slowRetry = Duration.seconds(30)
        package var maxAge: Duration?
        /// A failed sync ends the process, for those who trust nothing behind it.
        package var exitsOnFailedSync = false

        package init() {}
    }

    private(set) var configuration: Configuration
    let queue: DurableQueue
    private let log: SegmentLog
    let deadLetters: SegmentLog?
    let cut: (_ request: [UInt8], _ spans: Range<Int>) -> [UInt8]
    private let wallClock: @Sendable () -> UInt64
    let events: @Sendable (QueueEvent) -> Void
    private let startedAt: ContinuousClock.Instant
    var figures = QueueFigures()
    var asides: [DurableQueue.Aside] = []
    var asidesDue: ContinuousClock.Instant?
    var asidesFailingSince: ContinuousClock.Instant?
    private var cursorDue: ContinuousClock.Instant
    private var checkDue: ContinuousClock.Instant
    private var selfCheckDue: ContinuousClock.Instant
    private var readDue: ContinuousClock.Instant?
    /// The next record is larger than the window, and comes into an empty one.
    private var waitsForEmptyWindow = false
    private var standstill: DurableQueue.Standstill?
    private var retryAt: ContinuousClock.Instant
    private var cursorFailed = false
    private var isFinished = false

    /// - Parameters:
    ///   - deadLetters: nil where none are kept.
    ///   - cut: the request with some of its spans alone.
    ///   - events: what an operator should read, from the worker's thread.
    package init(
        configuration: Configuration = Configuration(), queue: DurableQueue, log: SegmentLog,
        deadLetters: SegmentLog?,
        cut: @escaping (_ request: [UInt8], _ spans: Range<Int>) -> [UInt8],
        wallClock: @escaping @Sendable () -> UInt64,
        events: @escaping @Sendable (QueueEvent) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.queue = queue
        self.log = log
        self.deadLetters = deadLetters
        self.cut = cut
        self.wallClock = wallClock
        self.events = events
        let time = queue.now()
        startedAt = time
        cursorDue = time
        checkDue = time
        retryAt = time
        selfCheckDue = time + configuration.selfCheckInterval
        queue.recovered(log.unread)
        publish()
    }

    /// Works until the queue has ended, and all of it is on disk.
    ///
    /// - Parameter beat: called before each turn.
    package func run(beat: () -> Void) {
        while !isFinished {
            beat()
            let isLast = turn()
            if isLast { finish() }
            if !isFinished {
                queue.bell.wait(atMost: hasMore ? .zero : configuration.checkInterval)
            }
        }
    }

    /// Whether the next turn has something to do for sure.
    private var hasMore: Bool {
        queue.hasOffers || !asides.isEmpty && asidesDue == nil
            || readDue == nil && !log.unread.isZero && queue.room() != nil
                && (!waitsForEmptyWindow || queue.hasEmptyWindow)
    }

    /// Answers whether there will be no more work.
    @discardableResult
    package func turn() -> Bool {
        let work = queue.collect()
        let time = queue.now()
        if let setup = work.setup { adopt(setup) }
        // First, since it may make the room that the group needs.
        for sequence in work.finished { log.finish(sequence) }
        if !work.group.isEmpty { commit(work.group, toWindow: work.goesToWindow, at: time) }
        asides += work.asides
        keepDeadLetters(at: time)
        readAhead(at: time)
        if standstill == .full, !work.finished.isEmpty { freeAtOnce(at: time) }
        if time >= checkDue {
            checkDue = time + configuration.checkInterval
            expire(at: time)
            lookAtDisk(at: time)
        }
        if time >= cursorDue { writeCursor(at: time) }
        publish()
        if time >= selfCheckDue {
            selfCheckDue = time + configuration.selfCheckInterval
            selfCheck()
        }
        return work.isLast
    }

    private func adopt(_ setup: DurableQueue.Setup) {
        configuration = setup.worker
        log.adopt(
            maxBytes: setup.log.maxBytes, minFree: setup.log.minFree,
            durability: setup.log.durability)
        deadLetters?.adopt(
            maxBytes: setup.deadLetterBytes, minFree: 0, durability: setup.log.durability)
        // What stood still for want of room may have it now.
        retryAt = queue.now()
    }

    /// Writes down what is left to write. Used by tests; `run` does it by itself.
    package func finish() {
        // What ended in the last turn.
        for sequence in queue.collect().finished { log.finish(sequence) }
        log.close()
        deadLetters?.close()
        isFinished = true
        publish()
    }
}

// MARK: - Taking in

extension LogWorker {
    private func commit(
        _ group: [QueuedRequest], toWindow: Bool, at time: ContinuousClock.Instant
    ) {
        while true {
            do throws(SegmentLog.Obstacle) {
                let first = try log.append(group, isBehindReader: toWindow)
                if standstill != nil { events(.recovered) }
                standstill = nil
                return queue.committed(first, toWindow: toWindow)
            } catch {
                if error == .full, makeRoom(in: log, orElse: dropOldest) { continue }
                return refuse(error, at: time)
            }
        }
    }

    private func refuse(_ obstacle: SegmentLog.Obstacle, at time: ContinuousClock.Instant) {
        let reason: DurableQueue.Standstill
        var delay = configuration.quickRetry
        switch obstacle {
        case .full: reason = .full
        case .lowSpace: reason = .lowSpace
        case .failed(let error):
            reason = .failed(error)
            if log.failures >= configuration.quickRetries, !error.isPassing {
                delay = configuration.slowRetry
            }
            endIfAsked(by: error)
        }
        retryAt = time + delay
        if standstill?.shortage != reason.shortage { events(.stopped(reason)) }
        standstill = reason
        queue.refused(reason, retryAt: retryAt)
    }

    private func endIfAsked(by error: StorageError) {
        if configuration.exitsOnFailedSync, error.isOfSync { events(.fatal(error)) }
    }

    /// Finds out without an offer whether offers are worth making again.
    private func lookAtDisk(at time: ContinuousClock.Instant) {
        guard standstill != nil else {
            if let obstacle = log.foreseen { refuse(obstacle, at: time) }
            return
        }
        guard time >= retryAt else { return }
        var obstacle = log.probe()
        if obstacle == .full, makeRoom(in: log, orElse: dropOldest) { obstacle = log.probe() }
        if let obstacle { return refuse(obstacle, at: time) }
        standstill = nil
        events(.recovered)
        queue.setStandstill(nil, retryAt: nil)
    }

    /// Senders wait for what has just ended.
    private func freeAtOnce(at time: ContinuousClock.Instant) {
        let before = log.fileBytes
        writeCursor(at: time)
        guard log.fileBytes < before else { return }
        retryAt = time
        lookAtDisk(at: time)
    }

    /// Removes what is done already, and drops something where there is nothing; but not where it cannot
    /// be written down that something is done, and so would be dropped in vain.
    func makeRoom(in log: SegmentLog, orElse drop: () -> Bool) -> Bool {
        let before = log.fileBytes
        if log.hasUnwrittenCursor, (try? log.writeCursor()) == nil { return false }
        return log.fileBytes < before || drop()
    }

    /// The first segment may have requests that are being sent, and then has to stay for a while.
    private func dropOldest() -> Bool {
        guard queue.configuration.dropsOldest else { return false }
        let before = log.fileBytes
        for _ in 0..<2 {
            guard let amount = log.skipOldest(where: { _, _ in true }) else { return false }
            queue.lost(amount, as: .overflow)
            events(.dropped(spans: amount.spans, reason: .overflow))
            guard (try? log.writeCursor()) != nil else { return false }
            if log.fileBytes < before { return true }
        }
        return false
    }
}

// MARK: - Handing on

extension LogWorker {
    private func readAhead(at time: ContinuousClock.Instant) {
        if let readDue, time < readDue { return }
        readDue = nil
        guard !log.unread.isZero, let room = queue.room() else { return }
        let isEmpty = queue.hasEmptyWindow
        // Who settles the last request of a window rings.
        if waitsForEmptyWindow, !isEmpty { return }
        do throws(StorageError) {
            let found = try log.read(
                maxBytes: min(room.bytes, 4 << 20), maxRecords: room.requests,
                largest: isEmpty ? .max : queue.configuration.windowBytes)
            waitsForEmptyWindow = found.meetsTooLarge && found.records.isEmpty
            queue.recovered(found.surplus)
            queue.lost(found.corrupt, as: .corrupt)
            if !found.corrupt.isZero {
                events(.dropped(spans: found.corrupt.spans, reason: .corrupt))
            }
            let poisoned = queue.fill(found.records, at: time, wallClock: wallClock())
            for aside in poisoned {
                events(.poisoned(sequence: aside.ticket.sequence, spans: aside.spans.count))
            }
            asides += poisoned
        } catch {
            readDue = time + .seconds(1)
        }
    }

    private func expire(at time: ContinuousClock.Instant) {
        guard let maxAge = configuration.maxAge else { return }
        let wall = wallClock()
        let limit = UInt64(max(0, maxAge / .milliseconds(1)))
        // A clock that jumps makes nothing old: the steady clock has to agree, which for what was found
        // at the start began then.
        while let amount = log.skipOldest(where: {
            wall >= limit && $0 <= wall - limit && time - ($1 ?? startedAt) >= maxAge
        }) {
            queue.lost(amount, as: .expired)
            events(.dropped(spans: amount.spans, reason: .expired))
        }
    }
}

// MARK: - Ending

extension LogWorker {
    private func writeCursor(at time: ContinuousClock.Instant) {
        guard log.hasUnwrittenCursor else { return }
        cursorDue = time + configuration.cursorInterval
        do throws(StorageError) {
            try log.writeCursor()
            cursorFailed = false
        } catch {
            log.noteOther(error)
            endIfAsked(by: error)
            if !cursorFailed { events(.cursorFailed(error)) }
            cursorFailed = true
        }
    }
}

// MARK: - Looking at itself

extension LogWorker {
    private func publish() {
        figures.log = log.figures
        figures.deadLetters = deadLetters?.figures ?? LogFigures()
        let unread = log.unread
        figures.unreadSpans = unread.spans
        queue.publish(figures, unread: unread)
    }

    /// Counts the spans again, from the log and from the window, and compares them with the books.
    private func selfCheck() {
        let (held, books) = queue.spansInMemory()
        let counted = held + log.unread.spans
        guard counted != books.queuedSpans || !books.isBalanced else { return }
        figures.mismatches += 1
        events(.mismatch(counted: counted, booked: books.queuedSpans))
    }
}
