import CloudExport
import LocalStore
import Logging
import MastraRecords
import SendingQueue
import SpanMapping
import Synchronization

/// A route's second way, into the local store: a lane with a small queue of its own, so that neither the store nor the cloud
/// waits for the other. It is off where the route has no other destination than the store.
///
/// What it holds at a crash is not in the store yet; it comes there with the note of its delivery.
final class RouteCopy: DeliveryWitness {
    let queue: MemoryQueue
    private let lane: Lane
    private let local: LocalParts
    private let isOn = Atomic<Bool>(false)
    private let sending = Mutex<Task<Void, Never>?>(nil)

    init(
        _ route: RouteConfiguration, in configuration: GatewayConfiguration, _ local: LocalParts,
        logger: Logger
    ) {
        self.local = local
        queue = MemoryQueue(configuration: Self.queue(in: configuration))
        var logger = logger
        logger[metadataKey: "component"] = "local_store"
        lane = Lane(
            configuration: Self.lane(of: route), queue: queue,
            mapper: SpanMapper(options: route.mapping),
            target: StoreTarget(store: local.store, delivery: .queued), logger: logger)
        adopt(isOn: route)
    }

    private static func queue(in configuration: GatewayConfiguration) -> MemoryQueue.Configuration {
        var queue = MemoryQueue.Configuration()
        queue.maxBytes = max(1 << 16, configuration.copyBytes / configuration.routes.count)
        return queue
    }

    /// There are more routes, or fewer, or the first token has come.
    func resize(in configuration: GatewayConfiguration) {
        queue.adopt(Self.queue(in: configuration))
    }

    /// Spans that could not be written in time.
    var droppedSpans: UInt64 {
        queue.books().dropped.reduce(0) { sum, entry in
            entry.key.isByDesign ? sum : sum + entry.value
        }
    }

    func start() {
        let task = Task { [lane] in await lane.run() }
        sending.withLock { $0 = task }
    }

    func adopt(_ route: RouteConfiguration) async {
        adopt(isOn: route)
        await lane.adopt(
            LaneSetup(
                configuration: Self.lane(of: route), mapper: SpanMapper(options: route.mapping),
                target: StoreTarget(store: local.store, delivery: .queued), metricsTarget: nil,
                changesUpstream: false))
    }

    private func adopt(isOn route: RouteConfiguration) {
        isOn.store(route.accessToken != nil, ordering: .relaxed)
    }

    /// - Parameter request: one that the route's queue has accepted; its bytes are shared with it.
    func take(_ request: QueuedRequest) {
        guard isOn.load(ordering: .relaxed) else { return }
        queue.offer(request, rejected: 0) { [local] outcome in
            if outcome != .accepted { local.miss(UInt64(request.spanCount)) }
        }
    }

    func ended(_ body: ByteBlock, as settlement: Settlement, because cause: DropCause) {
        local.note(body) { writer in
            switch settlement {
            case .delivered: try await writer.note(body, as: .sent)
            case .dropped(let reason):
                try await writer.note(
                    body, as: .refused, reason: Self.text(reason, because: cause))
            }
        }
    }

    private static func text(_ reason: DropReason, because cause: DropCause) -> String {
        guard let status = cause.status else { return reason.rawValue }
        return "\(reason.rawValue): HTTP \(status)"
            + (cause.answer.isEmpty ? "" : ": \(cause.answer)")
    }

    func stop(by deadline: ContinuousClock.Instant) async {
        queue.close()
        await lane.drain(until: deadline)
        await sending.withLock { $0 }?.value
        // Counted on, where the route goes.
        local.miss(droppedSpans)
    }

    private static func lane(of route: RouteConfiguration) -> LaneConfiguration {
        var lane = LaneConfiguration()
        lane.limits.maxRecords = route.maxBatchSize
        lane.limits.maxBytes = route.maxBatchBytes
        // Somebody waits to see them.
        lane.limits.maxWait = LocalStoreTiming.maxWait
        lane.backoff.initialInterval = .milliseconds(100)
        lane.backoff.maxInterval = .seconds(5)
        lane.maxConcurrency = 1
        return lane
    }
}

enum LocalStoreTiming {
    /// From a span's acceptance to its row: a transaction for each span would cost ten times as much.
    static let maxWait = Duration.milliseconds(200)
}

/// A route's queue, of whose accepted requests the copy is told.
final class CopiedQueue: SendingQueue {
    private let base: any SendingQueue
    private let copy: RouteCopy

    init(_ base: any SendingQueue, to copy: RouteCopy) {
        self.base = base
        self.copy = copy
    }

    func offer(
        _ request: QueuedRequest, rejected: Int,
        completion: @escaping @Sendable (OfferOutcome) -> Void
    ) {
        base.offer(request, rejected: rejected) { [copy] outcome in
            if outcome == .accepted { copy.take(request) }
            completion(outcome)
        }
    }

    func noteRefused(_ spans: Int) { base.noteRefused(spans) }

    func delayIfFull(bytes: Int) -> (seconds: Int, shortage: Shortage)? {
        base.delayIfFull(bytes: bytes)
    }

    func take() -> QueueItem? { base.take() }

    func settle(_ ticket: Ticket, spans: Int, as settlement: Settlement) {
        base.settle(ticket, spans: spans, as: settlement)
    }

    func setAside(
        _ ticket: Ticket, spans: Range<Int>, as reason: DropReason, because cause: DropCause
    ) {
        base.setAside(ticket, spans: spans, as: reason, because: cause)
    }

    func beginMapping(_ ticket: Ticket) { base.beginMapping(ticket) }
    func endMapping() { base.endMapping() }
    var isDurable: Bool { base.isDurable }
    func putBack(_ ticket: Ticket, spans: Range<Int>) { base.putBack(ticket, spans: spans) }
    func backlog() -> Backlog { base.backlog() }
    func close() { base.close() }

    func onChange(_ wake: @escaping @Sendable (_ waitingSpans: Int, _ waitingBytes: Int) -> Void) {
        base.onChange(wake)
    }

    func books() -> Books { base.books() }
}
