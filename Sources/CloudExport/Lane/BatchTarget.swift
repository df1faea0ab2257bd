package import MastraRecords

/// Where batches go. One call is one attempt; the lane decides what its outcome means.
package protocol BatchTarget: Sendable {
    func attempt(_ body: ByteBlock, records: Int) async -> AttemptOutcome

    /// Whether what is delivered there has left the machine, so that somebody wants to know.
    var isUpstream: Bool { get }
}

extension BatchTarget {
    package var isUpstream: Bool { true }
}

/// A batch without spans: the question whether the quota has been renewed.
package enum EmptyBatch {
    package static let body = ByteBlock(copying: Array("{\"spans\":[]}".utf8))
}
