import OTLP

/// A member's name in three words, so that two are compared at once and none is allocated.
struct PackedName: Equatable {
    private var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
    private let count: Int

    /// No field has a longer name than `dropped_attributes_count`.
    static let maxBytes = 24

    /// Nil where the bytes are more than any field's name has.
    @inline(__always)
    init?(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) {
        count = end &- start
        guard count <= Self.maxBytes else { return nil }
        words.0 = Self.word(bytes, start, end)
        guard count > 8 else { return }
        words.1 = Self.word(bytes, start &+ 8, end)
        guard count > 16 else { return }
        words.2 = Self.word(bytes, start &+ 16, end)
    }

    /// Up to eight bytes before `end`, zeros behind them.
    @inline(__always)
    private static func word(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> UInt64 {
        let count = end &- start
        guard count < 8 else { return bytes.load64(start) }
        // Whatever follows the name is cut off; near the end of the body there is nothing to load.
        if bytes.count &- start >= 8 {
            return bytes.load64(start) & ~(~0 << UInt64(truncatingIfNeeded: 8 &* count))
        }
        var word: UInt64 = 0
        for index in 0..<max(count, 0) {
            word |= UInt64(bytes[start &+ index]) &<< UInt64(truncatingIfNeeded: 8 &* index)
        }
        return word
    }

    @inline(__always)
    static func == (left: Self, right: Self) -> Bool {
        left.words.0 == right.words.0 && left.words.1 == right.words.1
            && left.words.2 == right.words.2 && left.count == right.count
    }
}

/// All names of all messages in one list, each message's together.
struct FieldNames {
    private let names: [(name: PackedName, field: Field)]
    /// Where the names of each message begin, by `Message.rawValue`, and where the last end.
    private let starts: [Int]

    static let shared = FieldNames()

    private init() {
        var names: [(name: PackedName, field: Field)] = []
        var starts = [0]
        for message in Message.allCases {
            let fields = Schema.fields(of: message)
            let original = fields.map { (name: Self.snakeCase($0.name), $0.number, $0.form) }
            for (name, number, form) in fields + original {
                let bytes = Array(name.utf8)
                guard let packed = PackedName(bytes.span, 0, bytes.count) else {
                    preconditionFailure("\(name) is longer than \(PackedName.maxBytes) bytes")
                }
                names.append((packed, Field(number, form)))
            }
            starts.append(names.count)
        }
        self.names = names
        self.starts = starts
    }

    /// The first place to look for the names of `message`.
    @inline(__always)
    func hint(for message: Message) -> Int { starts[Int(message.rawValue)] }

    /// The field of `message` that is called so, or nil for an unknown name (OTLP J6).
    ///
    /// - Parameter hint: where the search begins, and afterwards the place behind the find: senders
    ///   write members in the order of the schema, so the next is near.
    @inline(__always)
    func field(_ name: PackedName, of message: Message, hint: inout Int) -> Field? {
        let start = starts[Int(message.rawValue)]
        let end = starts[Int(message.rawValue) &+ 1]
        var index = hint
        for _ in start..<end {
            if index >= end { index = start }
            if names[index].name == name {
                hint = index &+ 1
                return names[index].field
            }
            index &+= 1
        }
        return nil
    }

    /// `startTimeUnixNano` as it stands in the `.proto` file, `start_time_unix_nano`.
    private static func snakeCase(_ name: String) -> String {
        name.reduce(into: "") { text, letter in
            text += letter.isUppercase ? "_\(letter.lowercased())" : String(letter)
        }
    }
}
