/// What lists say of a trace: a row of `gateway_traces`, kept up with each span that comes.
package struct TraceSummary: Hashable, Sendable {
    let id: Int
    package let traceID: String
    /// Of the span that stands for the trace: its first root, or its first span where no root is there yet.
    package internal(set) var name = ""
    package internal(set) var service: String?
    package internal(set) var type = ""
    package internal(set) var entity: String?
    package internal(set) var thread: String?
    /// Of the first model call that came.
    package internal(set) var model: String?
    var leaderStart = Int.max
    /// Nanoseconds since 1970.
    package internal(set) var start = Int.max
    package internal(set) var end = Int.min
    package internal(set) var spans = 0
    package internal(set) var errors = 0
    package internal(set) var roots = 0
    package internal(set) var inputTokens: Int?
    package internal(set) var outputTokens: Int?
    /// US dollars.
    package internal(set) var cost: Double?
    package internal(set) var preview: String?
    var previewRank = PreviewRank.none
    var previewStart = Int.max
    /// When it last got a span, in milliseconds since 1970; 0 while it is being pruned.
    var written = 0
    /// Spans by what has become of them, in the order of `Delivery`'s cases.
    package internal(set) var deliveries = [Int](repeating: 0, count: Delivery.allCases.count)

    enum PreviewRank: Int, Comparable {
        case root, model, other, none

        static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    init(id: Int, traceID: String) {
        self.id = id
        self.traceID = traceID
    }

    /// - Parameter preview: made where the span's would be shown.
    mutating func add(_ span: SpanFacts, preview: () -> String?) {
        let isRoot = span.parent == nil
        let leads =
            isRoot
            ? roots == 0 || span.start < leaderStart : roots == 0 && span.start < leaderStart
        if leads {
            name = span.name
            type = span.type
            service = span.service ?? service
            entity = span.entity ?? entity
            leaderStart = span.start
        }
        service = service ?? span.service
        thread = thread ?? span.thread
        model = model ?? (span.type == "model_generation" ? span.model : nil)
        start = min(start, span.start)
        end = max(end, span.start.addingClamped(span.duration ?? 0))
        spans += 1
        errors += span.isError ? 1 : 0
        roots += isRoot ? 1 : 0
        if span.countsTokens {
            inputTokens = inputTokens.adding(span.inputTokens)
            outputTokens = outputTokens.adding(span.outputTokens)
            if let cost = span.cost { self.cost = (self.cost ?? 0) + cost }
        }
        deliveries[span.delivery.rawValue] += 1
        let rank: PreviewRank =
            isRoot
            ? .root
            : span.type == "model_generation" || span.type == "agent_run" ? .model : .other
        if rank < previewRank || rank == previewRank && span.start < previewStart,
            let line = preview()
        {
            self.preview = line
            previewRank = rank
            previewStart = span.start
        }
    }

    /// A span that came again says something else to the line by which people know the trace.
    mutating func renewPreview(_ span: SpanFacts, _ line: () -> String?) {
        guard span.start == previewStart || span.parent == nil && previewRank != .root else {
            return
        }
        guard let line = line() else { return }
        preview = line
        previewRank = span.parent == nil ? .root : previewRank
        previewStart = span.start
    }

    mutating func move(from old: Delivery, to new: Delivery) {
        deliveries[old.rawValue] -= 1
        deliveries[new.rawValue] += 1
    }

    /// As before the first span, but for what can only be had from contents.
    mutating func clearForRecount() {
        var empty = TraceSummary(id: id, traceID: traceID)
        empty.preview = preview
        empty.previewRank = previewRank
        empty.previewStart = previewStart
        empty.written = written
        self = empty
    }
}

/// What lists know of a span: a row of `gateway_spans`.
struct SpanFacts {
    var span: Int
    var parent: Int?
    var name: String
    var type: String
    /// Nanoseconds since 1970.
    var start: Int
    var duration: Int?
    var isEvent: Bool
    var isError: Bool
    var service: String?
    var entity: String?
    var thread: String?
    var model: String?
    var inputTokens: Int?
    var outputTokens: Int?
    var cost: Double?
    var delivery: Delivery

    /// Tokens are counted once: steps and inferences inside of a generation repeat what it says.
    var countsTokens: Bool { type == "model_generation" || type == "rag_embedding" }
}

extension Int {
    func addingClamped(_ other: Int) -> Int {
        let (sum, isOver) = addingReportingOverflow(other)
        return isOver ? .max : sum
    }
}

extension Int? {
    fileprivate func adding(_ other: Int?) -> Int? {
        guard let other else { return self }
        return (self ?? 0).addingClamped(other)
    }
}
