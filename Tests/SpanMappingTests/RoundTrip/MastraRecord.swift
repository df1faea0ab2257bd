/// A span record as Mastra itself had it, before any exporter (MASTRA-CONTRACT 2.3).
struct MastraRecord: Hashable, Sendable {
    var traceID = "0af7651916cd43dd8448eb211c80319c"
    var id = "00f067aa0ba902b7"
    var parent: String?
    var name: String
    var type: String
    var entityType: String?
    var entityID: String?
    var entityName: String?
    var isEvent = false
    /// Milliseconds since 1970, which is all that Mastra knows of a time.
    var start: UInt64 = 1_700_000_000_120
    /// Nil for events.
    var end: UInt64? = 1_700_000_002_300
    var attributes: [String: JSON] = [:]
    var input: JSON?
    var output: JSON?
    var error: [String: JSON]?
    var metadata: [String: JSON] = [:]
    var tags: [String] = []

    init(_ type: String, name: String) {
        self.type = type
        self.name = name
    }

    /// A record of which a test states only what it cares about.
    static func record(
        _ type: String, name: String, _ change: (inout MastraRecord) -> Void = { _ in }
    ) -> MastraRecord {
        var record = MastraRecord(type, name: name)
        change(&record)
        return record
    }

    /// The fields that a round trip compares.
    var json: JSON {
        var members: [String: JSON] = [
            "id": .string(id), "traceId": .string(traceID), "name": .string(name),
            "parentSpanId": parent.map { .string($0) } ?? .null, "spanType": .string(type),
            "isEvent": .bool(isEvent), "startedAt": .string(isoTime(start)),
            "endedAt": end.map { .string(isoTime($0)) } ?? .null,
            "attributes": .object(attributes), "metadata": .object(metadata),
            "error": error.map { .object($0) } ?? .null,
        ]
        members["entityType"] = entityType.map { .string($0) }
        members["entityId"] = entityID.map { .string($0) }
        members["entityName"] = entityName.map { .string($0) }
        members["input"] = input
        members["output"] = output
        if !tags.isEmpty { members["tags"] = .array(tags.map { .string($0) }) }
        return .object(members)
    }
}

/// `Date.toISOString()` of a time within one hour of 2023-11-14T22:00:00Z.
func isoTime(_ milliseconds: UInt64) -> String {
    let inHour = milliseconds - 1_699_999_200_000
    precondition(inHour < 3_600_000)
    func padded(_ number: UInt64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: width - digits.count) + digits
    }
    return "2023-11-14T22:\(padded(inHour / 60_000, 2)):\(padded(inHour / 1000 % 60, 2))"
        + ".\(padded(inHour % 1000, 3))Z"
}

extension JSON {
    /// What is under a path of names, or nil.
    subscript(path: [String]) -> JSON? {
        get { path.reduce(Optional(self)) { $0?[$1] } }
        set {
            guard let first = path.first, case .object(var members) = self else { return }
            let rest = Array(path.dropFirst())
            if rest.isEmpty {
                members[first] = newValue
            } else if var inner = members[first] {
                inner[rest] = newValue
                // An object below a field that has lost its last member is not there any more.
                let isGone = inner == .object([:]) && newValue == nil
                let isField = first == "attributes" || first == "metadata"
                members[first] = isGone && !isField ? nil : inner
            }
            self = .object(members)
        }
    }

    var asText: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// As an exporter writes contents: a string as it is, all else as JSON.
    var exported: String { asText ?? text }

    /// The object or list that a string is the JSON of.
    var structureInside: JSON? {
        guard let text = asText, let first = text.first, first == "{" || first == "[" else {
            return nil
        }
        return try? JSONParser.parse(text)
    }
}
