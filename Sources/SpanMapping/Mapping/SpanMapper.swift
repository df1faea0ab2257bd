package import MastraRecords
package import OTLP

/// Makes a Mastra span record of each OTLP span. Mapping always answers: an odd value becomes a
/// left-over or a finding on the record, so that a strange span costs itself alone.
///
/// One mapper belongs to one sender and keeps its tables from span to span, so that a span costs no
/// allocation. Reading and writing go hand in hand: each value is taken from the request's bytes
/// and put straight into the batch.
package struct SpanMapper: Sendable {
    package let dialect: RecordDialect
    /// Put into every record where set (MASTRA-CONTRACT 2.3).
    let projectID: String?
    let hash: KeyHash
    let keys: KeyTable

    var view = SpanView()
    var attributes = AttributeIndex()
    var context = ContextCache()
    var selection = Selection()
    var tree = JSONTree()
    /// Holds the messages while the instructions before them are read.
    var setAside = JSONTree()
    /// For JSON inside a string inside JSON.
    var nestedTree = JSONTree()
    /// Text of a string inside a JSON string, or JSON of a structured value.
    var scratch: [UInt8] = []
    var findings: [Finding] = []
    var type = SpanType.generic
    /// The time of reception, which all spans of a request share, and its text.
    var createdAt: (milliseconds: UInt64, text: [UInt8]) = (0, [])
    /// In milliseconds, and nil where the span has not ended.
    var startedAt: UInt64 = 0
    var endedAt: UInt64?
    var parent = Slice.empty

    package init(
        dialect: RecordDialect, projectID: String? = nil,
        hashSeed: UInt64 = .random(in: .min ... .max)
    ) {
        self.dialect = dialect
        self.projectID = projectID
        hash = KeyHash(seed: hashSeed)
        keys = KeyTable(hash: hash)
    }

    /// Has to be called before the first span of each request.
    package mutating func beginRequest() {
        context.beginRequest()
    }

    /// Moves `cursor` over the first `count` spans that would become records.
    package mutating func skip(
        _ count: Int, with cursor: inout RequestCursor, in bytes: Span<UInt8>
    ) {
        var left = count
        while left > 0, let range = cursor.next(in: bytes) {
            view.read(range, in: bytes)
            if view.rejection == nil { left -= 1 }
        }
    }

    /// Writes the record of the span at `range`, which `cursor` has just answered; false, and nothing
    /// written, where the span is one that the walk rejected.
    ///
    /// - Parameter receivedAt: milliseconds since 1970; the record's `createdAt`, and the same at
    ///   every attempt.
    package mutating func write(
        _ range: Slice, of cursor: RequestCursor, in bytes: Span<UInt8>, receivedAt: UInt64,
        to writer: inout JSONWriter
    ) -> Bool {
        view.read(range, in: bytes)
        guard view.rejection == nil else { return false }
        findings.removeAll(keepingCapacity: true)
        writer.replacedInvalidUTF8 = false
        context.prepare(for: cursor, in: bytes)
        if createdAt.milliseconds != receivedAt || createdAt.text.isEmpty {
            setCreatedAt(receivedAt)
        }
        if context.replacedInvalidUTF8 { writer.replacedInvalidUTF8 = true }
        attributes.read(view.attributes, in: bytes, keys: keys, hash: hash)
        settleParent(bytes)
        settleTimes(receivedAt)
        type = decideType(bytes)
        switch dialect {
        case .platform: writePlatform(bytes, &writer)
        case .cloud: writeCloud(bytes, &writer)
        }
        return true
    }

    private mutating func setCreatedAt(_ milliseconds: UInt64) {
        var writer = JSONWriter(capacity: 64)
        writer.time(milliseconds: milliseconds)
        createdAt = (milliseconds, writer.bytes(from: 0))
    }

    /// An empty or all-zero parent makes a root; so does one that cannot be a parent, with a finding
    /// (MAPPING 9).
    private mutating func settleParent(_ bytes: Span<UInt8>) {
        parent = view.parentSpanID
        guard !parent.isEmpty else { return }
        guard parent.count == 8 else {
            findings.append(Finding(kind: .parentIgnored, about: parent))
            parent = .empty
            return
        }
        let id = bytes.load64(parent.start)
        if id == 0 {
            parent = .empty
        } else if id == bytes.load64(view.spanID.start) {
            findings.append(Finding(kind: .selfParent))
            parent = .empty
        }
    }

    private mutating func settleTimes(_ receivedAt: UInt64) {
        let start = view.startTimeUnixNano / 1_000_000
        let end = view.endTimeUnixNano / 1_000_000
        if view.startTimeUnixNano == 0 {
            findings.append(Finding(kind: .startMissing))
            startedAt = view.endTimeUnixNano == 0 ? receivedAt : end
        } else {
            startedAt = start
        }
        if view.endTimeUnixNano == 0 {
            // Without a status the span may still be running.
            endedAt = view.statusCode == 1 || view.statusCode == 2 ? startedAt : nil
        } else if view.endTimeUnixNano < view.startTimeUnixNano {
            findings.append(Finding(kind: .endBeforeStart))
            endedAt = startedAt
        } else {
            endedAt = end
        }
    }
}

// MARK: - Records

extension SpanMapper {
    /// The exported span and the aliases beside it (MASTRA-CONTRACT 2.3). `parentSpanId` and `error`
    /// are there as null where there is none: the importer's shape asks for them (2.4).
    private mutating func writePlatform(_ bytes: Span<UInt8>, _ writer: inout JSONWriter) {
        writer.literal("{\"id\":")
        writer.hex(bytes, view.spanID.start, view.spanID.end)
        writeIdentity(bytes, &writer)
        writer.literal(",\"type\":\"")
        writer.literal(type.name)
        writer.literal(parent.isEmpty ? "\",\"isRootSpan\":true" : "\",\"isRootSpan\":false")
        writer.literal(",\"isEvent\":false,\"startTime\":")
        let times = writer.count
        writer.time(milliseconds: startedAt)
        let afterStart = writer.count
        if endedAt != nil { writer.literal(",\"endTime\":") }
        let beforeEnd = writer.count
        if let endedAt { writer.time(milliseconds: endedAt) }
        let afterEnd = writer.count
        writeEntity(bytes, &writer)
        let error = findError(bytes)
        writeAttributes(bytes, error != nil, &writer)
        writeContent(bytes, &writer)
        writeTags(bytes, &writer)
        writer.literal(",\"error\":")
        let errorStart = writer.count
        writeError(error, bytes, &writer)
        let errorEnd = writer.count
        if error != nil {
            writer.literal(",\"errorInfo\":")
            writer.repeatBytes(from: errorStart, to: errorEnd)
        }
        writer.literal(",\"spanId\":")
        writer.hex(bytes, view.spanID.start, view.spanID.end)
        writer.literal(",\"spanType\":\"")
        writer.literal(type.name)
        writer.literal("\",\"startedAt\":")
        writer.repeatBytes(from: times, to: afterStart)
        writer.literal(",\"endedAt\":")
        if endedAt != nil {
            writer.repeatBytes(from: beforeEnd, to: afterEnd)
        } else {
            writer.literal("null")
        }
        writeLastFields(bytes, error, &writer)
    }

    /// The 15 fields of the original exporter (MASTRA-CONTRACT 2.2): `error` only where there is one;
    /// entity and tags, which have no field there, in attributes and metadata.
    private mutating func writeCloud(_ bytes: Span<UInt8>, _ writer: inout JSONWriter) {
        writer.literal("{\"spanId\":")
        writer.hex(bytes, view.spanID.start, view.spanID.end)
        writeIdentity(bytes, &writer)
        writer.literal(",\"spanType\":\"")
        writer.literal(type.name)
        writer.literal("\",\"startedAt\":")
        writer.time(milliseconds: startedAt)
        writer.literal(",\"endedAt\":")
        if let endedAt {
            writer.time(milliseconds: endedAt)
        } else {
            writer.literal("null")
        }
        let error = findError(bytes)
        writeAttributes(bytes, error != nil, &writer)
        writeContent(bytes, &writer)
        if error != nil {
            writer.literal(",\"error\":")
            writeError(error, bytes, &writer)
        }
        writer.literal(",\"isEvent\":false")
        writeLastFields(bytes, error, &writer)
    }

    private func writeIdentity(_ bytes: Span<UInt8>, _ writer: inout JSONWriter) {
        writer.literal(",\"traceId\":")
        writer.hex(bytes, view.traceID.start, view.traceID.end)
        writer.literal(",\"parentSpanId\":")
        if parent.isEmpty {
            writer.literal("null")
        } else {
            writer.hex(bytes, parent.start, parent.end)
        }
        writer.literal(",\"name\":")
        if view.name.isEmpty {
            writer.literal("\"unknown\"")
        } else {
            writer.string(view.name, in: bytes)
        }
    }

    private mutating func writeLastFields(
        _ bytes: Span<UInt8>, _ error: SpanError?, _ writer: inout JSONWriter
    ) {
        if dialect == .platform, let projectID {
            writer.literal(",\"projectId\":")
            writer.string(projectID)
        }
        writer.literal(",\"createdAt\":")
        writer.raw(createdAt.text)
        writer.literal(",\"updatedAt\":null")
        // Last, so that it can tell what was found on the way.
        writeMetadata(bytes, error, &writer)
        writer.byte(UInt8(ascii: "}"))
    }
}
