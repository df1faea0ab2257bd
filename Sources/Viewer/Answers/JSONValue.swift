import MastraRecords

/// JSON as a value, where a request or a record is taken apart; what the store answers is passed on as it is.
indirect enum JSONValue {
    case null
    case truth(Bool)
    /// As it is written.
    case number(String)
    case text(String)
    case list([JSONValue])
    case object([(name: String, value: JSONValue)])

    /// Nil where it is not JSON, or larger than `JSONTree` takes.
    init?(parsing bytes: [UInt8]) {
        self.init(parsing: bytes.span, 0..<bytes.count)
    }

    init?(parsing bytes: Span<UInt8>, _ range: Range<Int>) {
        var tree = JSONTree()
        guard tree.parse(bytes, range.lowerBound, range.upperBound) else { return nil }
        self.init(tree, 0, bytes)
    }

    private init(_ tree: JSONTree, _ index: Int, _ bytes: Span<UInt8>) {
        let node = tree.nodes[index]
        switch node.kind {
        case .null: self = .null
        case .bool: self = .truth(bytes[Int(node.start)] == UInt8(ascii: "t"))
        case .number: self = .number(Self.raw(bytes, Int(node.start), Int(node.end)))
        case .string: self = .text(Self.content(bytes, Int(node.start) + 1, Int(node.end) - 1))
        case .array:
            var items: [JSONValue] = []
            var item = tree.firstChild(of: index)
            while let current = item {
                items.append(JSONValue(tree, current, bytes))
                item = tree.sibling(of: current)
            }
            self = .list(items)
        case .object:
            var members: [(String, JSONValue)] = []
            var item = tree.firstChild(of: index)
            while let current = item {
                let child = tree.nodes[current]
                members.append(
                    (
                        Self.content(bytes, Int(child.keyStart), Int(child.keyEnd)),
                        JSONValue(tree, current, bytes)
                    ))
                item = tree.sibling(of: current)
            }
            self = .object(members)
        }
    }

    private static func content(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> String {
        var content: [UInt8] = []
        JSONUnescape.append(bytes, start, end, to: &content)
        return String(decoding: content, as: UTF8.self)
    }

    private static func raw(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> String {
        String(decoding: (start..<end).map { bytes[$0] }, as: UTF8.self)
    }

    // MARK: Reading

    var object: [(name: String, value: JSONValue)]? {
        if case .object(let it) = self { it } else { nil }
    }
    var list: [JSONValue]? { if case .list(let it) = self { it } else { nil } }
    var text: String? { if case .text(let it) = self { it } else { nil } }
    var truth: Bool? { if case .truth(let it) = self { it } else { nil } }
    var isNull: Bool { if case .null = self { true } else { false } }

    /// The last of this name, as JSON readers have it.
    subscript(name: String) -> JSONValue? { object?.last { $0.name == name }?.value }

    // MARK: Writing

    func write(_ writer: inout JSONWriter) {
        switch self {
        case .null: writer.literal("null")
        case .truth(let truth): writer.truth(truth)
        case .number(let text): writer.raw(Array(text.utf8))
        case .text(let text): writer.string(text)
        case .list(let items): writer.list(items) { $0.write(&$1) }
        case .object(let members):
            writer.byte(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { writer.byte(UInt8(ascii: ",")) }
                writer.string(member.name)
                writer.byte(UInt8(ascii: ":"))
                member.value.write(&writer)
            }
            writer.byte(UInt8(ascii: "}"))
        }
    }

    /// As compact JSON.
    var json: String {
        var writer = JSONWriter(capacity: 256)
        write(&writer)
        return String(decoding: writer.bytes(from: 0), as: UTF8.self)
    }
}
