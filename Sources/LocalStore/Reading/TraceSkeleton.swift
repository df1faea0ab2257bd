/// All that a timeline draws of a trace, in columns: contents are asked for span by span.
package struct TraceSkeleton: Sendable {
    /// A trace of more shows its first so many.
    package static let maxSpans = 100_000

    package internal(set) var ids: [Int] = []
    /// Index of the parent, or -1.
    package internal(set) var parents: [Int] = []
    /// Ids of parents that are not in the trace, by index of the child.
    package internal(set) var missingParents: [(index: Int, parent: Int)] = []
    /// Indexes into `names`, `types` and `models`; -1 where a span has no model.
    package internal(set) var name: [Int] = []
    package internal(set) var type: [Int] = []
    package internal(set) var model: [Int] = []
    package internal(set) var names: [String] = []
    package internal(set) var types: [String] = []
    package internal(set) var models: [String] = []
    /// Nanoseconds since 1970.
    package internal(set) var starts: [Int] = []
    package internal(set) var durations: [Int?] = []
    package internal(set) var isError: [Bool] = []
    package internal(set) var isEvent: [Bool] = []
    package internal(set) var inputTokens: [Int?] = []
    package internal(set) var outputTokens: [Int?] = []
    package internal(set) var delivery: [Delivery] = []

    package var count: Int { ids.count }

    package static func hex(_ id: Int) -> String { SpanID.hex(id) }

    init(_ rows: Statement) throws(SQLiteError) {
        var parentIDs: [Int?] = []
        var indexes: [Int: Int] = [:]
        var nameIndexes: [String: Int] = [:]
        var typeIndexes: [String: Int] = [:]
        var modelIndexes: [String: Int] = [:]
        func index(_ text: String, _ known: inout [String: Int], _ list: inout [String]) -> Int {
            if let index = known[text] { return index }
            known[text] = list.count
            list.append(text)
            return list.count - 1
        }
        while try rows.step() {
            indexes[rows.integer(0)] = ids.count
            ids.append(rows.integer(0))
            parentIDs.append(rows.integerOrNil(1))
            name.append(index(rows.text(2), &nameIndexes, &names))
            type.append(index(rows.text(3), &typeIndexes, &types))
            starts.append(rows.integer(4))
            durations.append(rows.integerOrNil(5))
            isEvent.append(rows.integer(6) == 1)
            isError.append(rows.integer(7) == 1)
            model.append(rows.textOrNil(8).map { index($0, &modelIndexes, &models) } ?? -1)
            inputTokens.append(rows.integerOrNil(9))
            outputTokens.append(rows.integerOrNil(10))
            delivery.append(Delivery(rawValue: rows.integer(11)) ?? .local)
        }
        for (child, parent) in parentIDs.enumerated() {
            let known = parent.flatMap { indexes[$0] }
            parents.append(known ?? -1)
            if let parent, known == nil { missingParents.append((child, parent)) }
        }
    }

    static let sql = """
        SELECT span, parent, name, type, start, duration, isEvent, isError, model, inputTokens,
          outputTokens, delivery
        FROM gateway_spans WHERE trace = ? ORDER BY start, id LIMIT \(maxSpans)
        """
}
