/// RFC 8259, read strictly and apart from the program's own reader: the oracle of these tests.
package struct JSONParser {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package enum Duplicates {
        /// RFC 8259 4: names should be unique, and readers differ in what they make of others.
        case refused
        case lastWins
    }

    private let bytes: [UInt8]
    private let duplicates: Duplicates
    private var position = 0
    /// Every scalar that was read, those behind repeated names included.
    package private(set) var leaves: [JSON] = []
    /// The names that lead to each object in which a name comes again.
    package private(set) var objectsWithDuplicates: Set<[String]> = []
    private var path: [String] = []

    package init(_ bytes: [UInt8], duplicates: Duplicates = .refused) {
        self.bytes = bytes
        self.duplicates = duplicates
    }

    package static func parse(_ text: String) throws -> JSON {
        var parser = JSONParser(Array(text.utf8))
        return try parser.parse()
    }

    package mutating func parse() throws -> JSON {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw failure("no UTF-8") }
        let value = try value()
        skipSpace()
        guard position == bytes.count else { throw failure("something after the value") }
        return value
    }

    private func failure(_ reason: String) -> Failure {
        let around = bytes[max(0, position - 40)..<min(bytes.count, position + 40)]
        return Failure(
            description: "\(reason) at byte \(position): \(String(decoding: around, as: UTF8.self))"
        )
    }

    private mutating func value() throws -> JSON {
        skipSpace()
        guard let first = peek else { throw failure("no value") }
        switch first {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return leaf(.string(try string()))
        case UInt8(ascii: "t"): return leaf(try word("true", .bool(true)))
        case UInt8(ascii: "f"): return leaf(try word("false", .bool(false)))
        case UInt8(ascii: "n"): return leaf(try word("null", .null))
        default: return leaf(try number())
        }
    }

    private mutating func leaf(_ value: JSON) -> JSON {
        leaves.append(value)
        return value
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let next = peek, [0x20, 0x0a, 0x0d, 0x09].contains(next) { position += 1 }
    }

    private mutating func word(_ word: String, _ value: JSON) throws -> JSON {
        guard bytes[position...].starts(with: word.utf8) else { throw failure("no \(word)") }
        position += word.utf8.count
        return value
    }

    private mutating func array() throws -> JSON {
        position += 1
        var items: [JSON] = []
        skipSpace()
        if take("]") { return .array([]) }
        while true {
            items.append(try value())
            skipSpace()
            if take("]") { return .array(items) }
            guard take(",") else { throw failure("no comma in a list") }
        }
    }

    private mutating func object() throws -> JSON {
        position += 1
        var members: [String: JSON] = [:]
        // By their bytes: Swift calls an accented letter and its two parts the same.
        var names: Set<[UInt8]> = []
        skipSpace()
        if take("}") { return .object([:]) }
        while true {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw failure("no name") }
            let name = try string()
            skipSpace()
            guard take(":") else { throw failure("no colon") }
            if !names.insert(Array(name.utf8)).inserted {
                if duplicates == .refused { throw failure("the name \(name) comes twice") }
                objectsWithDuplicates.insert(path)
            }
            path.append(name)
            members[name] = try value()
            path.removeLast()
            skipSpace()
            if take("}") { return .object(members) }
            guard take(",") else { throw failure("no comma in an object") }
        }
    }
}

extension JSONParser {
    private mutating func number() throws -> JSON {
        let start = position
        _ = take("-")
        if !take("0") { try digits() }
        var isInteger = true
        if take(".") {
            isInteger = false
            try digits()
        }
        if take("e") || take("E") {
            isInteger = false
            if !take("+") { _ = take("-") }
            try digits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger { return Int64(text).map { .int($0) } ?? .digits(text) }
        guard let number = Double(text) else { throw failure("no number") }
        return .double(number)
    }

    private mutating func digits() throws {
        let start = position
        while let next = peek, (0x30...0x39).contains(next) { position += 1 }
        guard position > start else { throw failure("no digit") }
    }

    private mutating func string() throws -> String {
        position += 1
        var text: [UInt16] = []
        var plain = position
        func run() -> [UInt16] {
            Array(String(decoding: bytes[plain..<position], as: UTF8.self).utf16)
        }
        while let next = peek {
            switch next {
            case UInt8(ascii: "\""):
                text += run()
                position += 1
                return String(decoding: text, as: UTF16.self)
            case UInt8(ascii: "\\"):
                text += run()
                position += 1
                text.append(try escaped())
                plain = position
            case 0..<0x20: throw failure("a control character in a string")
            default: position += 1
            }
        }
        throw failure("a string without an end")
    }

    private mutating func escaped() throws -> UInt16 {
        let letters: [UInt8: UInt16] = [
            0x22: 0x22, 0x5c: 0x5c, 0x2f: 0x2f, 0x62: 8, 0x66: 12, 0x6e: 10, 0x72: 13, 0x74: 9,
        ]
        guard let letter = peek else { throw failure("an escape without an end") }
        position += 1
        if let unit = letters[letter] { return unit }
        guard letter == UInt8(ascii: "u"), position + 4 <= bytes.count,
            // `UInt16` takes a sign.
            bytes[position] != UInt8(ascii: "+"), bytes[position] != UInt8(ascii: "-"),
            let unit = UInt16(
                String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw failure("no escape") }
        position += 4
        return unit
    }
}
