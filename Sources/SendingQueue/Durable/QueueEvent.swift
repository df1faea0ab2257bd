/// What an operator should read.
package enum QueueEvent: Hashable, Sendable {
    /// Requests are refused from now on.
    case stopped(DurableQueue.Standstill)
    /// They are taken again.
    case recovered
    case dropped(spans: UInt64, reason: DropReason)
    case poisoned(sequence: UInt64, spans: Int)
    /// Dead letters went for newer ones.
    case evicted(spans: UInt64)
    /// Spans ended without a dead letter, since the disk has taken none for too long.
    case uncopied(spans: UInt64)
    /// What is done is not written down; it would be sent again after a crash.
    case cursorFailed(StorageError)
    case mismatch(counted: UInt64, booked: UInt64)
    /// The process is to end.
    case fatal(StorageError)
}
