import CloudExport
import LocalStore
import MastraRecords

/// Where the records of a lane are kept on this machine.
struct StoreTarget: BatchTarget {
    let store: LocalStore
    /// What is still to become of them.
    let delivery: Delivery
    /// Where they go as well, once they are kept; nothing more happens to them there than being shown.
    var then: ConsoleTarget?

    func attempt(_ body: ByteBlock, records: Int) async -> AttemptOutcome {
        // The question whether a quota has been renewed.
        guard records > 0 else { return .delivered }
        do throws(StoreWriteError) {
            try await store.writer.write(body, as: delivery)
        } catch {
            return .unavailable("the local store cannot be written to: \(error)", retryAfter: nil)
        }
        return await then?.attempt(body, records: records) ?? .delivered
    }
}
