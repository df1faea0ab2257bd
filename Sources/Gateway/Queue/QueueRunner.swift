import Glibc
import Logging
import OTLP
import SendingQueue
import Synchronization
import Threads

/// Runs the queue on disk: opens its directory, gives it a thread, and sees it to its last write.
final class QueueRunner: Sendable {
    let queue: DurableQueue
    let heartbeat: Heartbeat
    private let worker: LogWorker
    private let hasEnded = Atomic<Bool>(false)

    /// Opens the lane of a route.
    ///
    /// - Parameter directory: held for longer than this.
    init(
        of route: RouteConfiguration, in directory: QueueDirectory,
        _ configuration: GatewayConfiguration, logger: Logger
    ) throws(StartError) {
        let setup = configuration.durableQueue(of: route)
        heartbeat = Heartbeat(name: "queue", of: route)
        do throws(StorageError) {
            let lane = try directory.lane(route.name)
            let (log, deadLetters) = try directory.logs(
                of: route.name, setup.log, deadLetterBytes: setup.deadLetterBytes)
            queue = try DurableQueue(
                configuration: setup.queue, mark: Self.mark(in: lane, logger))
            let excerpt = RequestExcerpt.bytes(of:in:)
            worker = LogWorker(
                configuration: setup.worker, queue: queue, log: log,
                deadLetters: setup.deadLetterBytes > 0 ? deadLetters : nil,
                cut: { excerpt($1, $0) }, wallClock: WallClock.milliseconds,
                events: { Self.tell($0, logger) })
            Self.tell(log.figures, of: log.unread, logger)
        } catch {
            throw StartError(
                description: "queue_directory: the lane \(route.name) cannot be used: \(error)",
                code: .configuration)
        }
    }

    /// A crash is noted from any thread; the queue, and the file with it, is there to the end.
    private static func mark(in lane: PosixDirectory, _ logger: Logger) -> MappingMark {
        do throws(StorageError) {
            return try MappingMark(in: lane)
        } catch {
            logger.warning(
                "A request that crashes the gateway would not be known at the next start",
                metadata: ["cause": "\(error)"])
            return MappingMark()
        }
    }

    /// Whether the thread has done its last.
    var isOver: Bool { hasEnded.load(ordering: .acquiring) }

    /// The thread is not joined: it may be at a disk that does not answer.
    func start() throws(StartError) {
        do throws(SystemThread.Unavailable) {
            _ = try SystemThread { [self] in
                worker.run(beat: heartbeat.beat)
                hasEnded.store(true, ordering: .releasing)
            }
        } catch {
            throw StartError(
                description:
                    "the queue's thread cannot be started: \(StorageError.text(error.code))"
            )
        }
    }
}

extension QueueRunner {
    /// Has the thread write what is left to write, and end. A disk that does not answer is not waited for
    /// beyond the deadline: what was acknowledged is on it.
    func end(by deadline: ContinuousClock.Instant, _ logger: Logger) async {
        queue.end()
        while !hasEnded.load(ordering: .acquiring) {
            guard ContinuousClock.now < deadline else {
                return logger.error(
                    "The disk does not answer; what was delivered last may be sent again")
            }
            try? await Task.sleep(for: .milliseconds(2))
        }
    }
}

// MARK: - What an operator reads

extension QueueRunner {
    private static func tell(_ figures: LogFigures, of held: Amount, _ logger: Logger) {
        let metadata: Logger.Metadata = [
            "spans": "\(held.spans)", "requests": "\(held.records)", "bytes": "\(held.bytes)",
            "segments": "\(figures.segments)",
        ]
        if held.records > 0 { logger.info("Found spans of lives before", metadata: metadata) }
        let damage: [(String, UInt64)] = [
            ("corrupt_records", figures.corruptRecords), ("bad_segments", figures.badSegments),
            ("missing_records", figures.missingRecords), ("cursor_resets", figures.cursorResets),
            ("foreign_files", UInt64(figures.foreignFiles)),
        ].filter { $0.1 > 0 }
        guard !damage.isEmpty else { return }
        logger.error(
            "The queue directory is damaged; what can be read is sent",
            metadata: Logger.Metadata(
                uniqueKeysWithValues: damage.map { ($0.0, .string("\($0.1)")) }))
    }

    private static func tell(_ event: QueueEvent, _ logger: Logger) {
        switch event {
        case .stopped(let standstill):
            logger.error(
                "The queue takes no more spans; senders are told to come again",
                metadata: [
                    "reason": "\(standstill.shortage.rawValue)", "cause": "\(standstill.cause)",
                ])
        case .recovered: logger.info("The queue takes spans again")
        case .dropped(let spans, let reason):
            logger.error(
                "Dropped spans from the queue",
                metadata: ["spans": "\(spans)", "reason": "\(reason.rawValue)"])
        case .poisoned(let sequence, let spans):
            logger.error(
                "Set aside a request whose mapping has crashed the gateway",
                metadata: ["sequence": "\(sequence)", "spans": "\(spans)"])
        case .evicted(let spans):
            logger.warning("Dropped the oldest dead letters", metadata: ["spans": "\(spans)"])
        case .uncopied(let spans):
            logger.error(
                "Dropped spans without keeping a copy: the disk takes no dead letters",
                metadata: ["spans": "\(spans)"])
        case .cursorFailed(let error):
            logger.error(
                "What is delivered cannot be written down; it would be sent again after a crash",
                metadata: ["cause": "\(error)"])
        case .mismatch(let counted, let booked):
            logger.error(
                "The books of the queue do not close",
                metadata: ["counted": "\(counted)", "booked": "\(booked)"])
        case .fatal(let error):
            logger.critical(
                "Ending, since the disk did not keep what it was given",
                metadata: ["cause": "\(error)"])
            exit(74)
        }
    }
}

extension DurableQueue.Standstill {
    fileprivate var cause: String {
        switch self {
        case .full: "queue_max_bytes"
        case .lowSpace: "queue_min_free"
        case .hanging: "a call to the disk does not return"
        case .failed(let error): error.description
        }
    }
}
