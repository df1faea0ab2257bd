/// What has ended: the cursor, and the segments that it has passed.
extension SegmentLog {
    package func finish(_ sequence: UInt64) {
        done.insert(sequence)
    }

    /// Whether the cursor on disk is behind, or segments that it has passed are still there.
    package var hasUnwrittenCursor: Bool {
        isCursorBehind || segments.contains { isRemovable($0) }
    }

    private var isCursorBehind: Bool {
        done.limited(to: CursorSlot.maxRanges) != durableDone
    }

    private func isRemovable(_ segment: Segment) -> Bool {
        segment.file == nil
            && durableDone.covers(segment.header.firstSequence...segment.lastSequence)
    }

    /// Writes the cursor, and removes the segments that it has passed. The other way round only where
    /// there is no room for a cursor.
    package func writeCursor() throws(StorageError) {
        if isCursorBehind {
            try writeSlot()
            durableDone = done.limited(to: CursorSlot.maxRanges)
        }
        try removeDone()
    }

    /// A new cursor file needs room, and on a full disk the only room may be that of segments that are
    /// done. Without a cursor nothing is lost with them, since all that they hold has ended.
    private func writeSlot() throws(StorageError) {
        while true {
            do throws(StorageError) {
                return try cursor.write(done)
            } catch {
                guard error.isLackOfSpace,
                    let index = segments.firstIndex(where: { isEnded($0) && !$0.isUnreadable })
                else { throw error }
                try remove(segments[index])
                segments.remove(at: index)
                countFiles()
            }
        }
    }

    private func isEnded(_ segment: Segment) -> Bool {
        segment.file == nil
            && done.covers(segment.header.firstSequence...segment.lastSequence)
    }

    /// One that cannot be removed is tried again, and keeps none of the others.
    private func removeDone() throws(StorageError) {
        var failure: StorageError?
        for segment in segments where isRemovable(segment) {
            do throws(StorageError) {
                try remove(segment)
                segments.removeAll { $0.name == segment.name }
            } catch {
                failure = error
            }
        }
        countFiles()
        if let failure { throw failure }
    }

    private func remove(_ segment: Segment) throws(StorageError) {
        do throws(StorageError) {
            if segment.isUnreadable {
                try directory.rename(segment.name, to: segment.name + ".bad")
                figures.badSegments += 1
            } else {
                try directory.remove(segment.name)
            }
        } catch {
            // Somebody else has taken it away.
            guard error.isMissing else { throw error }
        }
    }

    /// Closes the segment that is written to, and writes the cursor. What could not be written is read
    /// again at the next start.
    package func close() {
        attempt { () throws(StorageError) in try closeActive() }
        attempt { () throws(StorageError) in try writeCursor() }
        attempt { () throws(StorageError) in try directory.sync() }
    }

    private func attempt(_ step: () throws(StorageError) -> Void) {
        do throws(StorageError) { try step() } catch { noteOther(error) }
    }
}
