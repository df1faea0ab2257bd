import Glibc
import Logging
import Synchronization
import Threads

/// Looks every second whether all that has to make progress does. Where something has stopped for too
/// long the process ends, so that a supervisor starts it anew: a restart loses nothing that is on disk,
/// a gateway that hangs loses what its senders give up.
///
/// It counts its own looks and not the time between them: after a pause of the whole machine everything
/// is late, and nothing hangs.
final class Watchdog: Sendable {
    /// Those that there are now.
    private let hearts: @Sendable () -> [Heartbeat]
    /// Asks for beats that somebody else has to give, see `GatewayRun`.
    private let ask: @Sendable () -> Void
    private let everySecond: @Sendable () -> Void
    /// Looks without a beat; 0 for no limit.
    private let limit: Int
    private let logger: Logger
    private let notifier: ServiceNotifier?
    private let isStopped = Atomic<Bool>(false)
    /// Looks since the last beat of the one that is worst.
    private let worst = Atomic<Int>(0)

    init(
        hearts: @escaping @Sendable () -> [Heartbeat], limit: Duration, logger: Logger,
        notifier: ServiceNotifier?,
        ask: @escaping @Sendable () -> Void, everySecond: @escaping @Sendable () -> Void
    ) {
        self.hearts = hearts
        self.limit = Int((limit / .seconds(1)).rounded(.up))
        self.logger = logger
        self.notifier = notifier
        self.ask = ask
        self.everySecond = everySecond
    }

    /// For `watchdog_age_seconds`.
    var age: Int { worst.load(ordering: .relaxed) }

    /// The thread is not joined: it sleeps for up to a second, and has nothing left to do by then.
    func start() throws(StartError) {
        do throws(SystemThread.Unavailable) {
            _ = try SystemThread { [self] in run() }
        } catch {
            throw StartError(description: "the watchdog's thread cannot be started")
        }
    }

    func stop() {
        isStopped.store(true, ordering: .relaxed)
    }

    private func run() {
        var looks: [ObjectIdentifier: (beats: UInt64, silence: Int)] = [:]
        while !isStopped.load(ordering: .relaxed) {
            ask()
            everySecond()
            usleep(1_000_000)
            var now: [ObjectIdentifier: (beats: UInt64, silence: Int)] = [:]
            for heart in hearts() {
                let beats = heart.beats
                let last = looks[ObjectIdentifier(heart)]
                let silence = last?.beats == beats ? (last?.silence ?? 0) + 1 : 0
                now[ObjectIdentifier(heart)] = (beats, silence)
                if limit > 0, silence >= limit { end(heart, after: silence) }
            }
            looks = now
            let longest = looks.values.map(\.silence).max() ?? 0
            worst.store(longest, ordering: .relaxed)
            // systemd ends what stops to write, should this thread be the one that hangs.
            if longest < max(limit / 2, 5) { notifier?.send("WATCHDOG=1") }
        }
    }

    private func end(_ heart: Heartbeat, after seconds: Int) {
        logger.critical(
            "Ending, since a part of the gateway makes no progress",
            metadata: ["part": "\(heart.name)", "seconds": "\(seconds)"])
        heart.blame?()
        abort()
    }
}
