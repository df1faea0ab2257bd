package struct SegmentLogConfiguration: Hashable, Sendable {
    package enum Durability: String, CaseIterable, Sendable {
        /// An answer waits until the disk has it: survives a power cut.
        case fsync
        /// An answer waits until the system has it: survives the end of the process alone.
        case write
    }

    package var lane = "default"
    package var kind = Kind.requests
    /// Bytes of all segments together, one segment more or less.
    package var maxBytes: UInt64 = 1 << 30
    /// Room on the file system that is left to others.
    package var minFree: UInt64 = 256 << 20
    package var durability = Durability.fsync

    package enum Kind: Sendable {
        case requests
        case deadLetters

        var recordKind: UInt16 {
            self == .requests ? RecordHeader.Kind.request : RecordHeader.Kind.deadLetter
        }
    }

    /// Room is reserved in steps of that many bytes.
    var segmentBytes: UInt64 { min(64 << 20, max(256 << 10, maxBytes / 8)) }

    package init() {}
}

/// What a log holds and has met, for metrics.
package struct LogFigures: Hashable, Sendable {
    package var segments = 0
    /// Of all segments, as the file system counts them.
    package var fileBytes: UInt64 = 0
    package var syncs: UInt64 = 0
    /// By `StorageError.symbol`.
    package var errors: [String: UInt64] = [:]
    /// Records whose header or payload is damaged, and stretches of bytes that are no record.
    package var corruptRecords: UInt64 = 0
    /// Ends of segments that were being written when the machine or the process ended.
    package var tornTails: UInt64 = 0
    /// Files set aside as `.bad`, since nothing in them can be read.
    package var badSegments: UInt64 = 0
    /// Records of segments that are gone, as far as the segments after them tell.
    package var missingRecords: UInt64 = 0
    /// Segments of a later version, which are left alone.
    package var foreignFiles = 0
    /// The cursor was unreadable, so that all that is there is sent again.
    package var cursorResets: UInt64 = 0

    package init() {}
}
