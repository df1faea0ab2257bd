import CloudExport
import LocalStore
import MastraRecords

/// Where the records of a lane are kept on this machine.
struct StoreTarget: BatchTarget {
    var isUpstream: Bool { false }
    let store: LocalStore
    /// What is still to become of them.
    let delivery: Delivery
    /// Where they are printed as well, once they are kept.
    var then: ConsoleTarget?

    func attempt(_ body: ByteBlock, records: Int) async -> AttemptOutcome {
        // The question whether a quota has been renewed.
        guard records > 0 else { return .delivered }
        do throws(StoreWriteError) {
            try await store.writer.write(body, records: records, as: delivery)
        } catch {
            return .unavailable("the local store cannot be written to: \(error)", retryAfter: nil)
        }
        // They are kept: a console that nobody reads is no reason to write them again.
        _ = await then?.attempt(body, records: records)
        return .delivered
    }
}
