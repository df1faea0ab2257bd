/// What a durable queue has on disk and has met, beside its books.
package struct QueueFigures: Hashable, Sendable {
    package var log = LogFigures()
    package var deadLetters = LogFigures()
    /// Spans that are kept as dead letters, since the start.
    package var deadLetterSpans: UInt64 = 0
    /// Spans of dead letters that went for newer ones.
    package var deadLettersEvicted: UInt64 = 0
    /// Spans that ended without a dead letter, since the disk took none.
    package var spansWithoutLetter: UInt64 = 0
    /// On disk and not in memory.
    package var unreadSpans: UInt64 = 0
    /// Counted by the self-check, and as the books had it; they are the same.
    package var mismatches: UInt64 = 0
    package var standstill: DurableQueue.Standstill?

    package init() {}
}
