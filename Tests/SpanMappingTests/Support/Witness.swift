import Foundation

/// What a value of a span may have become in its record (MAPPING 8: its leaf values are found there
/// again, save for the conversions that MAPPING 2 to 6 name).
indirect enum Witness {
    case leaf(JSON)
    case allOf([Witness])
    case anyOf([Witness])

    static let nothing = Witness.allOf([])

    static func text(_ text: String) -> Witness { .leaf(.string(text)) }

    /// - Parameter isOpen: whether a rule reads this value, and may convert it.
    static func value(_ value: AttributeValue, isOpen: Bool) -> Witness {
        switch value {
        case .string(let text): isOpen ? .opened(text) : .text(text)
        case .text(let bytes): .text(String(decoding: bytes, as: UTF8.self))
        case .int(let number):
            .leaf(number.magnitude < 1 << 53 ? .int(number) : .string("\(number)"))
        case .double(let number): .double(number, isOpen: isOpen)
        case .bool(let flag): .leaf(.bool(flag))
        case .bytes(let bytes): .text(Data(bytes).base64EncodedString())
        case .array(let items): .allOf(items.map { .value($0, isOpen: isOpen) })
        case .map(let pairs):
            .allOf(pairs.map { .member($0.key, .value($0.value, isOpen: isOpen)) })
        case .empty: .leaf(.null)
        }
    }

    private static func double(_ number: Double, isOpen: Bool) -> Witness {
        guard number.isFinite else {
            return .text(number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity")
        }
        if isOpen, let integer = Int64(exactly: number) {
            return .anyOf([.leaf(.double(number)), .leaf(.int(integer))])
        }
        return .leaf(.double(number))
    }

    /// Text as it is, or what a rule reads in it: JSON, a number, a flag, tags.
    private static func opened(_ text: String) -> Witness {
        var readings: [Witness] = [.text(text)]
        if let json = try? JSONParser.parse(text) { readings.append(.json(json)) }
        readings.append(
            .allOf(text.split(separator: ",").map { .text(trimmed(String($0))) }))
        return .anyOf(readings)
    }

    private static func json(_ json: JSON) -> Witness {
        switch json {
        case .array(let items): .allOf(items.map { .json($0) })
        case .object(let members): .allOf(members.map { .member($0.key, .json($0.value)) })
        case .string(let text): .opened(text)
        default: .leaf(json)
        }
    }

    /// Types of parts are told in Mastra's words, and a lone answer is an assistant's.
    private static func member(_ name: String, _ value: Witness) -> Witness {
        (name == "type" || name == "role") && value.isConvertedName ? .nothing : value
    }

    private var isConvertedName: Bool {
        let names: Set<JSON> = [
            "text", "reasoning", "tool_call", "tool_call_response", "blob", "uri", "file",
            "assistant",
        ]
        switch self {
        case .leaf(let leaf): return names.contains(leaf)
        case .anyOf(let readings): return readings.first?.isConvertedName == true
        case .allOf: return false
        }
    }

    /// Without what the program takes for white space at either end.
    private static func trimmed(_ text: String) -> String {
        text.trimmingCharacters(in: CharacterSet(charactersIn: "\0"..."\u{20}"))
    }
}

/// The leaf values of a record, to look witnesses up in.
struct RecordLeaves {
    private let values: Set<JSON>
    private let texts: String

    init(_ leaves: [JSON]) {
        values = Set(leaves)
        texts = leaves.compactMap { leaf in
            if case .string(let text) = leaf { text } else { nil }
        }.joined(separator: "\0")
    }

    /// Text may stand inside a longer one: the texts of one answer are joined.
    func hold(_ witness: Witness) -> Bool {
        switch witness {
        case .leaf(.string(let text)): text.isEmpty || texts.contains(text)
        case .leaf(let leaf): values.contains(leaf)
        case .allOf(let parts): parts.allSatisfy(hold)
        case .anyOf(let readings): readings.contains(where: hold)
        }
    }

    /// What of a witness is not there; of a value with several readings, what is missing where it is
    /// read as JSON, and of any other the value.
    func missing(_ witness: Witness) -> [JSON] {
        if hold(witness) { return [] }
        return switch witness {
        case .leaf(let leaf): [leaf]
        case .allOf(let parts): parts.flatMap(missing)
        case .anyOf(let readings): missing(readings[readings.count > 2 ? 1 : 0])
        }
    }
}
