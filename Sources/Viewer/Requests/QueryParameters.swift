import LocalStore

/// The query of a request (WHATWG URL, `application/x-www-form-urlencoded`): names and values, decoded.
struct QueryParameters {
    private var pairs: [(name: String, value: String)] = []

    /// More of them than anybody has a use for.
    private static let maxCount = 100

    init(_ query: String) {
        for pair in query.split(separator: "&").prefix(Self.maxCount) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            pairs.append(
                (
                    PercentCoding.decoded(parts[0], plusIsSpace: true),
                    parts.count > 1 ? PercentCoding.decoded(parts[1], plusIsSpace: true) : ""
                ))
        }
    }

    /// The first value; nil where it is missing or empty.
    subscript(name: String) -> String? {
        pairs.first { $0.name == name && !$0.value.isEmpty }?.value
    }

    func all(_ name: String) -> [String] {
        pairs.filter { $0.name == name && !$0.value.isEmpty }.map(\.value)
    }

    /// Those that begin so: what is behind it, and the value.
    func beginning(with prefix: String) -> [(rest: String, value: String)] {
        pairs.filter { $0.name.hasPrefix(prefix) }.map {
            (String($0.name.dropFirst(prefix.count)), $0.value)
        }
    }
}

/// RFC 3986 2.1. What is no escape stands for itself; what is no UTF-8 becomes U+FFFD.
enum PercentCoding {
    static func decoded(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "+"), plusIsSpace {
                bytes.append(UInt8(ascii: " "))
            } else if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16),
                rest.prefix(2).allSatisfy({ $0 != UInt8(ascii: "+") })
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Why a request is answered with an error: the text names the parameter, what it may be, and what was there.
struct RequestProblem: Error {
    let status: Int
    let message: String

    static func badRequest(_ message: String) -> RequestProblem {
        RequestProblem(status: 400, message: message)
    }

    static func notFound(_ message: String) -> RequestProblem {
        RequestProblem(status: 404, message: message)
    }

    /// More bytes than `StoreReader.maxAnswerBytes`.
    static func tooLarge(_ what: String, _ advice: String) -> RequestProblem {
        RequestProblem(
            status: 413,
            message: "\(what) has more than \(StoreReader.maxAnswerBytes >> 20) MiB; \(advice)")
    }

    static func parameter(_ name: String, _ expected: String, _ value: String) -> RequestProblem {
        .badRequest("\(name): expected \(expected), not \(value.prefix(100))")
    }
}

extension QueryParameters {
    func integer(_ name: String, in range: ClosedRange<Int>) throws(RequestProblem) -> Int? {
        guard let text = self[name] else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw .parameter(
                name, "a whole number from \(range.lowerBound) to \(range.upperBound)", text)
        }
        return value
    }

    /// Milliseconds, perhaps with decimals, as nanoseconds.
    func milliseconds(_ name: String) throws(RequestProblem) -> Int? {
        guard let text = self[name] else { return nil }
        guard let value = Double(text), value >= 0, value < 9e12 else {
            throw .parameter(name, "milliseconds from 0 to 9e12", text)
        }
        return Int(value) * 1_000_000 + Int((value - value.rounded(.down)) * 1_000_000)
    }

    func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, of type: Choice.Type
    ) throws(RequestProblem) -> Choice? where Choice.RawValue == String {
        guard let text = self[name] else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw .parameter(name, "one of \(all)", text)
        }
        return choice
    }

    /// The beginning of a trace id, in small letters.
    func traceID(_ name: String) throws(RequestProblem) -> String? {
        guard let text = self[name] else { return nil }
        return try TraceID.prefix(text, of: name, atLeast: 1)
    }

    /// Texts are at most so long, so that a query is no way to make the store work.
    func text(_ name: String, maxBytes: Int = 1000) throws(RequestProblem) -> String? {
        try self[name].map { text throws(RequestProblem) in
            try Self.checked(text, of: name, maxBytes: maxBytes)
        }
    }

    static func checked(
        _ text: String, of name: String, maxBytes: Int = 1000
    ) throws(RequestProblem) -> String {
        guard text.utf8.count <= maxBytes else {
            throw .parameter(name, "at most \(maxBytes) bytes", "\(text.utf8.count)")
        }
        return text
    }
}

enum TraceID {
    static func prefix(
        _ text: String, of name: String, atLeast digits: Int
    ) throws(RequestProblem) -> String {
        let lowered = text.lowercased()
        guard (digits...32).contains(lowered.utf8.count), lowered.utf8.allSatisfy(isHexDigit)
        else { throw .parameter(name, "\(digits) to 32 hex digits", text) }
        return lowered
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
