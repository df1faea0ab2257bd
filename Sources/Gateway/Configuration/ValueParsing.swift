import CloudExport
import OTLPReceiving

/// Why a text is no value, as what was expected: "expected …".
struct Expected: Error {
    let description: String

    init(_ description: String) {
        self.description = "expected " + description
    }
}

/// Texts of settings to values. Spellings are those of OpenTelemetry Collector configurations.
enum ValueParsing {
    /// `5s`, `500ms`, `1m30s`, `2h`; a bare 0 too.
    static func duration(_ text: String, in range: ClosedRange<Duration>) throws(Expected)
        -> Duration
    {
        let expected = Expected(
            "a duration from \(describe(range.lowerBound)) to \(describe(range.upperBound)), such as 5s, 500ms or 1m30s"
        )
        guard let value = parseDuration(text), range.contains(value) else { throw expected }
        return value
    }

    private static func parseDuration(_ text: String) -> Duration? {
        if text == "0" { return .zero }
        var rest = Substring(text)
        var total = Duration.zero
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            guard let number = Double(digits), number <= 1e9 else { return nil }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            switch unit {
            case "ms": total += .milliseconds(number)
            case "s": total += .seconds(number)
            case "m": total += .seconds(number * 60)
            case "h": total += .seconds(number * 3600)
            default: return nil
            }
        }
        return total
    }

    static func describe(_ duration: Duration) -> String {
        let milliseconds = Int(duration / .milliseconds(1))
        if milliseconds % 1000 != 0 { return "\(milliseconds)ms" }
        let seconds = milliseconds / 1000
        if seconds >= 3600, seconds % 3600 == 0 { return "\(seconds / 3600)h" }
        if seconds >= 60, seconds % 60 == 0 { return "\(seconds / 60)m" }
        return "\(seconds)s"
    }

    /// `4MiB`, `64MB`, `512KiB`, `1GiB` or bytes.
    static func size(_ text: String, in range: ClosedRange<Int>) throws(Expected) -> Int {
        let expected = Expected(
            "a size from \(describeSize(range.lowerBound)) to \(describeSize(range.upperBound)), such as 4MiB or 1048576"
        )
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits), let factor = units[String(text.dropFirst(digits.count))],
            case let (size, overflow) = number.multipliedReportingOverflow(by: factor), !overflow,
            range.contains(size)
        else { throw expected }
        return size
    }

    private static let units: [String: Int] = [
        "": 1, "B": 1, "KB": 1000, "MB": 1_000_000, "GB": 1_000_000_000, "KiB": 1024,
        "MiB": 1024 * 1024, "GiB": 1024 * 1024 * 1024, "TB": 1_000_000_000_000, "TiB": 1 << 40,
    ]

    static func describeSize(_ size: Int) -> String {
        for (name, factor) in [
            ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
        ]
        where size >= factor && size % factor == 0 {
            return "\(size / factor)\(name)"
        }
        return String(size)
    }

    static func integer(_ text: String, in range: ClosedRange<Int>) throws(Expected) -> Int {
        guard let value = Int(text), range.contains(value) else {
            throw Expected("a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    static func number(_ text: String, in range: ClosedRange<Double>) throws(Expected) -> Double {
        guard let value = Double(text), range.contains(value) else {
            throw Expected("a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    static func boolean(_ text: String) throws(Expected) -> Bool {
        switch text.lowercased() {
        case "true", "yes", "1": return true
        case "false", "no", "0": return false
        default: throw Expected("true or false")
        }
    }

    /// Words separated by commas, each with a letter or a digit in it.
    static func words(_ text: String) throws(Expected) -> [String] {
        let words = list(text)
        guard words.allSatisfy({ $0.contains { $0.isASCII && ($0.isLetter || $0.isNumber) } })
        else {
            throw Expected("names separated by commas, such as creditCard,session-id")
        }
        return words
    }

    /// The first of them that is none is told by its place: it may be a key in the place of its digest.
    static func credentials(_ text: String) throws(Expected) -> [Credential] {
        let items = list(text)
        guard (1...64).contains(items.count) else { throw Expected("1 to 64 credentials") }
        var credentials: [Credential] = []
        for (index, item) in items.enumerated() {
            do throws(Credential.Invalid) {
                credentials.append(try Credential(item))
            } catch {
                let place = items.count == 1 ? "" : " (number \(index + 1))"
                throw Expected(error.description + place)
            }
        }
        return credentials
    }

    static func choice<Value: RawRepresentable & CaseIterable>(
        _ text: String, of type: Value.Type
    ) throws(Expected) -> Value where Value.RawValue == String {
        guard let value = Value(rawValue: text) else {
            throw Expected(
                "one of " + Value.allCases.map { $0.rawValue }.joined(separator: ", "))
        }
        return value
    }

    /// `127.0.0.1:4318`, `[::1]:4318`, `localhost:0`. An address without a host is refused: what it
    /// would listen on should be written out.
    static func listen(_ text: String) throws(Expected) -> ListenAddress {
        let expected = Expected(
            "an address and a port, such as 127.0.0.1:4318, [::1]:4318 or 0.0.0.0:4318; port 0 is any free one"
        )
        guard let colon = text.lastIndex(of: ":"),
            case let digits = text[text.index(after: colon)...],
            digits.allSatisfy({ $0.isASCII && $0.isNumber }), let port = Int(digits),
            (0...65_535).contains(port)
        else { throw expected }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw expected
        }
        guard !host.isEmpty else { throw expected }
        return ListenAddress(host: String(host), port: port)
    }

    /// One path or more, separated by commas.
    static func paths(_ text: String) throws(Expected) -> [String] {
        let paths = list(text)
        let isGood = paths.allSatisfy { path in
            path.hasPrefix("/")
                && path.utf8.allSatisfy { (0x21...0x7e).contains($0) }
                && !path.contains { $0 == "?" || $0 == "#" || $0 == "%" }
        }
        guard !paths.isEmpty, isGood else {
            throw Expected("paths of ASCII that begin with /, such as /v1/traces")
        }
        return paths
    }

    /// Origins of pages (RFC 6454 7), `*`, or origins with one `*` in their host.
    static func origins(_ text: String) throws(Expected) -> [String] {
        // Browsers leave out the port that the scheme implies.
        let origins = list(text).map { origin in
            let port = origin.hasPrefix("https:") ? ":443" : ":80"
            return origin.hasSuffix(port) ? String(origin.dropLast(port.count)) : origin
        }
        for origin in origins where origin != "*" {
            let parts = origin.split(
                separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0] == "http" || parts[0] == "https", !parts[1].isEmpty,
                parts[1].filter({ $0 == "*" }).count <= 1,
                parts[1].allSatisfy({
                    $0.isASCII && ($0.isLetter || $0.isNumber || ".-:[]*".contains($0))
                })
            else {
                throw Expected(
                    "origins separated by commas, such as https://app.example.com or https://*.example.com, or *"
                )
            }
        }
        return origins
    }

    /// Names or addresses, in lower case.
    static func hosts(_ text: String) throws(Expected) -> [String] {
        let hosts = list(text).map { $0.lowercased() }
        let isGood = hosts.allSatisfy { host in
            let name =
                host.hasPrefix("[") && host.hasSuffix("]") ? host.dropFirst().dropLast() : host[...]
            return !name.isEmpty
                && name.allSatisfy {
                    $0.isASCII
                        && ($0.isLetter || $0.isNumber || "-._".contains($0)
                            || $0 == ":" && name != host[...])
                }
        }
        guard isGood, hosts.count <= 64 else {
            throw Expected(
                "at most 64 names without ports, separated by commas, such as traces.example.com")
        }
        return hosts
    }

    /// Names of header fields (RFC 9110 5.1), in lower case.
    static func headerNames(_ text: String) throws(Expected) -> [String] {
        let names = list(text)
        let isGood = names.allSatisfy { name in
            name.allSatisfy {
                $0.isASCII && ($0.isLetter || $0.isNumber || "!#$%&'*+-.^_`|~".contains($0))
            }
        }
        guard isGood else { throw Expected("names of header fields separated by commas") }
        return names.map { $0.lowercased() }
    }

    /// What stands between commas, without spaces around it; nothing for nothing.
    private static func list(_ text: String) -> [String] {
        text.split(separator: ",").map(\.trimmed).filter { !$0.isEmpty }
    }
}

extension StringProtocol {
    /// Without spaces around it.
    var trimmed: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
