import MastraRecords

/// The metrics of a batch's records, each record's apart, so that a piece of a batch has its own.
struct DerivedMetrics: Sendable {
    /// Shared by the pieces of a batch.
    private final class Storage: Sendable {
        /// Metrics with commas between them.
        let block: ByteBlock
        /// Where each metric ends.
        let ends: [UInt32]
        /// How many metrics there are before each record, and after the last.
        let firsts: [UInt32]

        init(block: ByteBlock, ends: [UInt32], firsts: [UInt32]) {
            self.block = block
            self.ends = ends
            self.firsts = firsts
        }
    }

    private let storage: Storage
    private let records: Range<Int>

    /// - Parameters:
    ///   - start: where the first record begins in `body`.
    ///   - recordEnds: where each one ends; a comma is between two.
    init(ofRecordsIn body: ByteBlock, after start: Int, ends recordEnds: [UInt32]) {
        var writer = JSONWriter()
        var ends: [UInt32] = []
        var firsts: [UInt32] = [0]
        firsts.reserveCapacity(recordEnds.count + 1)
        unsafe body.withUnsafeBytes { bytes in
            // The buffer is only read, and outlives the span.
            let span = unsafe bytes.bindMemory(to: UInt8.self).span
            var start = start
            for end in recordEnds {
                RecordMetrics.derive(from: span, start..<Int(end), to: &writer, ends: &ends)
                firsts.append(UInt32(ends.count))
                start = Int(end) + 1
            }
        }
        storage = Storage(block: writer.finish(), ends: ends, firsts: firsts)
        records = 0..<recordEnds.count
    }

    private init(storage: Storage, records: Range<Int>) {
        self.storage = storage
        self.records = records
    }

    /// Of some of the records, counted from the first of these.
    func slice(_ records: Range<Int>) -> DerivedMetrics {
        let first = self.records.lowerBound
        return DerivedMetrics(
            storage: storage, records: first + records.lowerBound..<first + records.upperBound)
    }

    private var metrics: Range<Int> {
        Int(storage.firsts[records.lowerBound])..<Int(storage.firsts[records.upperBound])
    }

    var count: Int { metrics.count }

    /// Bodies of at most so many metrics and bytes, unless one metric alone has more.
    func batches(maxMetrics: Int, maxBytes: Int) -> [MetricBatch] {
        var batches: [MetricBatch] = []
        var rest = metrics
        while !rest.isEmpty {
            let start = rest.lowerBound == 0 ? 0 : Int(storage.ends[rest.lowerBound - 1]) + 1
            let room = maxBytes - MetricBatch.emptySize
            let upper = min(rest.upperBound, rest.lowerBound + maxMetrics)
            let over = (rest.lowerBound..<upper).first { Int(storage.ends[$0]) - start > room }
            let cut = max(over ?? upper, rest.lowerBound + 1)
            batches.append(MetricBatch(storage.block, start, storage.ends[rest.lowerBound..<cut]))
            rest = cut..<rest.upperBound
        }
        return batches
    }
}

/// Metrics that are published in one POST.
struct MetricBatch: Sendable {
    private let list: ItemList
    /// When the first attempt began.
    var firstAttempt: ContinuousClock.Instant?

    static let opening: StaticString = "{\"metrics\":["
    static let emptySize = opening.utf8CodeUnitCount + ItemList.closing.utf8CodeUnitCount

    /// Metrics of `block` from `start` on, which end there.
    fileprivate init(_ block: ByteBlock, _ start: Int, _ ends: ArraySlice<UInt32>) {
        let last = ends.last.map { Int($0) } ?? start
        list = ItemList(
            opening: Self.opening, wrapping: start..<last, of: block,
            ends: ends.map { $0 - UInt32(start) + UInt32(Self.opening.utf8CodeUnitCount) })
    }

    private init(_ list: ItemList, _ firstAttempt: ContinuousClock.Instant?) {
        self.list = list
        self.firstAttempt = firstAttempt
    }

    /// `{"metrics":[…]}`.
    var body: ByteBlock { list.body }
    var count: Int { list.count }

    /// The batch in two, at the metric nearest to the middle by bytes; nil for a single one.
    func halves() -> [MetricBatch]? {
        list.middle.map { middle in
            [0..<middle, middle..<count].map { MetricBatch(list.slice($0), firstAttempt) }
        }
    }
}
