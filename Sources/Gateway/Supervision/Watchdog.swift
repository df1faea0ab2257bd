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
    private let hearts: [Heartbeat]
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
        hearts: [Heartbeat], limit: Duration, logger: Logger, notifier: ServiceNotifier?,
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
        var beats = hearts.map(\.beats)
        var silences = [Int](repeating: 0, count: hearts.count)
        while !isStopped.load(ordering: .relaxed) {
            ask()
            everySecond()
            usleep(1_000_000)
            for (index, heart) in hearts.enumerated() {
                let now = heart.beats
                silences[index] = now == beats[index] ? silences[index] + 1 : 0
                beats[index] = now
                if limit > 0, silences[index] >= limit { end(heart, after: silences[index]) }
            }
            let longest = silences.max() ?? 0
            worst.store(longest, ordering: .relaxed)
            // systemd ends what stops to write, should this thread be the one that hangs.
            if longest < max(limit / 2, 5) { notifier?.send("WATCHDOG=1") }
        }
    }

    private func end(_ heart: Heartbeat, after seconds: Int) {
        logger.critical(
            "Ending, since a part of the gateway makes no progress",
            metadata: ["part": "\(heart.name)", "seconds": "\(seconds)"])
        abort()
    }
}
