/// A record that was read.
package struct StoredRecord: Hashable, Sendable {
    package let sequence: UInt64
    package let spanCount: Int
    package let receivedAt: UInt64
    package let payload: [UInt8]
}

/// Where the reader is: in a segment by its own sequence, before the record at an offset.
struct ReadPosition {
    var segment: UInt64 = 0
    var offset: UInt64 = UInt64(SegmentHeader.size)
    /// The last one that was read or passed.
    var sequence: UInt64 = 0
    /// Of the segment, once it was opened.
    var file: (any LogFile)?

    mutating func enter(_ segment: Segment) {
        self = ReadPosition()
        self.segment = segment.header.firstSequence
        sequence = segment.header.firstSequence
    }

    /// Moves behind all that is in the segment.
    mutating func pass(_ segment: Segment) {
        if self.segment != segment.header.firstSequence { enter(segment) }
        offset = segment.end
        sequence = segment.lastSequence
    }
}

extension SegmentLog {
    /// What `read` found.
    package struct Found: Sendable {
        package var records: [StoredRecord] = []
        /// Records that were there, and cannot be read any more.
        package var corrupt = Amount()
        /// By how much `records` are more than the segment's footer had said.
        package var surplus = Amount()
        /// Whether the next record was left for being too large.
        package var meetsTooLarge = false
    }

    private static let maxReadFailures = 3

    /// The next records that are not done, as many as have so many bytes, and at least one where there
    /// is one. An error means that the process lacks something; the same is to be read again later.
    ///
    /// - Parameter largest: bytes that a record may have; one that has more is left, and told of.
    package func read(
        maxBytes: Int, maxRecords: Int, largest: Int = .max
    ) throws(StorageError) -> Found {
        var found = Found()
        var bytes = 0
        while bytes < maxBytes, found.records.count < maxRecords, let index = segmentToRead() {
            if segments[index].unread.isZero {
                leave(index)
                continue
            }
            do throws(StorageError) {
                let record = try nextRecord(in: index, largest: largest, &found)
                readFailures = 0
                if found.meetsTooLarge { return found }
                guard let record else { continue }
                bytes += record.payload.count
                found.records.append(record)
            } catch {
                if isReadOnly, error.isMissing {
                    // The gateway that works here is done with it.
                    segments[index].unread = Amount()
                    doneRest(of: index)
                    continue
                }
                noteOther(error)
                readFailures += 1
                // A disk may fail once and not again.
                let mayPass = readFailures <= Self.maxReadFailures && !error.isMissing
                if error.isLackOfResources || mayPass {
                    position.file = nil
                    if found.records.isEmpty, found.corrupt.isZero { throw error }
                    break
                }
                segments[index].isUnreadable = true
                loseRest(of: index, &found)
            }
        }
        return found
    }

    /// The oldest segment that has something to read, entered.
    private func segmentToRead() -> Int? {
        if let index = segments.firstIndex(where: {
            $0.header.firstSequence >= position.segment
        }) {
            if segments[index].header.firstSequence == position.segment {
                let hasMore = !segments[index].unread.isZero
                if hasMore { return index }
                guard index + 1 < segments.count else { return nil }
                position.enter(segments[index + 1])
                return index + 1
            }
            position.enter(segments[index])
            return segments[index].unread.isZero && index == segments.count - 1 ? nil : index
        }
        return nil
    }

    private func leave(_ index: Int) {
        position.pass(segments[index])
    }

    private func nextRecord(
        in index: Int, largest: Int, _ found: inout Found
    ) throws(StorageError) -> StoredRecord? {
        let segment = segments[index]
        let file: any LogFile
        if let open = position.file {
            file = open
        } else {
            file = try directory.open(segment.name, forWriting: false)
            position.file = file
        }
        var reader = SegmentReader(
            file, salt: segment.header.salt, from: position.offset, upTo: segment.end,
            after: position.sequence, last: segment.lastSequence)
        let item = try reader.next(payloads: true, largest: largest)
        position.offset = reader.offset
        switch item {
        case .damage:
            if !segment.isSurveyed { figures.corruptRecords += 1 }
            return nil
        case .end:
            loseRest(of: index, &found)
            return nil
        case .tooLarge(let header):
            // What is done is passed over, however large it is.
            if done.contains(header.sequence) || header.kind != configuration.kind.recordKind {
                return try nextRecord(in: index, largest: .max, &found)
            }
            found.meetsTooLarge = true
            return nil
        case .badPayload(let header):
            figures.corruptRecords += 1
            come(to: header, in: index)
            guard !done.contains(header.sequence) else { return nil }
            found.surplus += segments[index].unread.subtract(header)
            found.corrupt.add(header)
            done.insert(header.sequence)
            return nil
        case .record(let header, let payload):
            come(to: header, in: index)
            guard !done.contains(header.sequence), let payload else { return nil }
            guard header.kind == configuration.kind.recordKind, header.sequence > lastRead else {
                // Not for this log, or a copy.
                found.surplus += segments[index].unread.subtract(header)
                found.corrupt.add(header)
                done.insert(header.sequence)
                return nil
            }
            lastRead = header.sequence
            found.surplus += segments[index].unread.subtract(header)
            return StoredRecord(
                sequence: header.sequence, spanCount: Int(header.spanCount),
                receivedAt: header.receivedAt, payload: payload)
        }
    }

    /// Sequences between two records belong to damaged ones.
    private func come(to header: RecordHeader, in index: Int) {
        if header.sequence > position.sequence + 1 {
            done.insert(position.sequence + 1...header.sequence - 1)
        }
        position.sequence = header.sequence
    }

    /// What should still be in the segment is not.
    private func loseRest(of index: Int, _ found: inout Found) {
        found.corrupt += segments[index].unread
        segments[index].unread = Amount()
        doneRest(of: index)
    }

    private func doneRest(of index: Int) {
        let segment = segments[index]
        if position.segment < segment.header.firstSequence { position.enter(segment) }
        if position.segment == segment.header.firstSequence {
            if segment.lastSequence > position.sequence {
                done.insert(position.sequence + 1...segment.lastSequence)
            }
            position.pass(segment)
        }
    }

    /// Gives up what has not been read of the oldest segment that has something, and is not written to
    /// any more.
    ///
    /// - Parameter isDue: whether a segment may go, by the times at which its newest record came.
    /// - Returns: what it comes to, or nil where there is no such segment.
    package func skipOldest(
        where isDue: (_ received: UInt64, _ appended: ContinuousClock.Instant?) -> Bool
    ) -> Amount? {
        guard
            let index = segments.firstIndex(where: { !$0.unread.isZero }),
            isDue(segments[index].newestReceived, segments[index].newestAppended)
        else { return nil }
        if segments[index].file != nil {
            do throws(StorageError) {
                try closeActive()
            } catch {
                // Not to be written to again; what is to go can go without a footer.
                noteOther(error)
                abandon()
            }
        }
        let amount = segments[index].unread
        segments[index].unread = Amount()
        doneRest(of: index)
        return amount
    }
}
