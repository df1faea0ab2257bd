@testable import SendingQueue

/// What a log has promised. Requests are known by a number in their bytes.
struct LogModel {
    private(set) var offered: [UInt64: QueuedRequest] = [:]
    /// Acknowledged: the number of the request, by sequence.
    private(set) var promised: [UInt64: UInt64] = [:]
    private(set) var fileOf: [UInt64: String] = [:]
    /// Finished, and a cursor was begun that may say so; or lost in a way that the log has told of.
    private(set) var released: Set<UInt64> = []
    /// Finished, and the cursor that says so is durable.
    private(set) var settled: Set<UInt64> = []
    /// Finished in this life.
    private var finished: Set<UInt64> = []
    /// Read in this life, or handed on from memory.
    private var seen: Set<UInt64> = []
    /// Seen, and not finished.
    private(set) var open: [UInt64] = []
    private var lastRead: UInt64 = 0
    private var highest: UInt64 = 0
    private(set) var problem: String?

    mutating func note(_ problem: String) {
        if self.problem == nil { self.problem = problem }
    }

    mutating func offer(_ request: QueuedRequest, as number: UInt64) {
        offered[number] = request
    }

    mutating func acknowledge(
        _ numbers: [UInt64], from first: UInt64, in file: String, behind: Bool
    ) {
        if first <= highest { note("sequence \(first) was given twice") }
        for (index, number) in numbers.enumerated() {
            let sequence = first + UInt64(index)
            if let old = promised[sequence], !released.contains(sequence) {
                note("\(sequence) is for request \(number), and was for \(old)")
            }
            released.remove(sequence)
            promised[sequence] = number
            fileOf[sequence] = file
            highest = sequence
            guard behind else { continue }
            seen.insert(sequence)
            open.append(sequence)
            lastRead = sequence
        }
    }

    mutating func read(_ record: StoredRecord) {
        let number = record.payload.number
        guard let number, let request = offered[number], request.body == record.payload,
            request.spanCount == record.spanCount, request.receivedAt == record.receivedAt
        else { return note("record \(record.sequence) was never offered") }
        if let promised = promised[record.sequence], promised != number {
            note("record \(record.sequence) is request \(number), and was \(promised)")
        }
        if record.sequence <= lastRead { note("record \(record.sequence) after \(lastRead)") }
        if !seen.insert(record.sequence).inserted { note("\(record.sequence) was read twice") }
        if settled.contains(record.sequence) { note("\(record.sequence) was done and came again") }
        lastRead = record.sequence
        open.append(record.sequence)
    }

    mutating func finish(at index: Int) -> UInt64 {
        let sequence = open.remove(at: index)
        finished.insert(sequence)
        return sequence
    }

    /// Records of a segment that nobody has read will not be read.
    mutating func skip(upTo last: UInt64) {
        for sequence in promised.keys where sequence <= last && !seen.contains(sequence) {
            seen.insert(sequence)
            finished.insert(sequence)
        }
    }

    /// The log has said that they are lost.
    mutating func release(_ isLost: (_ sequence: UInt64, _ file: String) -> Bool) {
        for (sequence, file) in fileOf where !seen.contains(sequence) && isLost(sequence, file) {
            seen.insert(sequence)
            released.insert(sequence)
        }
    }

    mutating func beginCursor() { released.formUnion(finished) }

    mutating func endCursor(ranges: Int) {
        if ranges <= CursorSlot.maxRanges { settled.formUnion(finished) }
    }

    /// The cursor could not be read, so that all may come again, and nobody knows what was before.
    mutating func forgetCursor() {
        settled = []
        highest = 0
    }

    mutating func endLife() {
        finished = []
        seen = []
        open = []
        lastRead = 0
    }

    /// Nothing is left to read.
    mutating func checkAllSeen() {
        let missing = promised.keys.filter { !released.contains($0) && !seen.contains($0) }
        if let first = missing.min() { note("\(first) is lost, with \(missing.count - 1) others") }
    }

    /// In this life.
    func hasFinished(_ sequence: UInt64) -> Bool { finished.contains(sequence) }

    func promised(in file: String) -> [UInt64] {
        fileOf.filter { $0.value == file }.map(\.key)
    }
}

extension [UInt8] {
    /// Of the request, at both ends of its bytes.
    var number: UInt64? {
        guard count >= 16 else { return nil }
        let number = littleEndian(UInt64.self, at: 0)
        return number == littleEndian(UInt64.self, at: count - 8) ? number : nil
    }
}

extension QueuedRequest {
    static func numbered(_ number: UInt64, bytes: Int, spans: Int, receivedAt: UInt64) -> Self {
        var body: [UInt8] = []
        body.append(littleEndian: number)
        body += [UInt8](repeating: UInt8(truncatingIfNeeded: number &* 31), count: bytes)
        body.append(littleEndian: number)
        return QueuedRequest(body: body, spanCount: spans, receivedAt: receivedAt)
    }
}
