import HTTPServing
import MastraRecords

/// Responses of the viewer: whatever somebody may have smuggled into a span, nothing is loaded from or sent to anywhere else,
/// and no other page may look.
enum ViewerAnswer {
    static let contentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

    private static let safety = [
        ("content-security-policy", contentSecurityPolicy),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ].map(HTTPField.init(name:value:))

    static func bytes(
        _ status: Int, _ type: String, _ body: [UInt8], fields: [(String, String)] = [],
        stream: HTTPStream? = nil
    ) -> HTTPResponse {
        HTTPResponse(
            status: status,
            fields: [HTTPField(name: "content-type", value: type)] + safety
                + fields.map(HTTPField.init(name:value:)), body: body, stream: stream)
    }

    /// What somebody may see now, and no cache may keep.
    static func json(
        _ status: Int = 200, fields: [(String, String)] = [],
        _ write: (inout JSONWriter) -> Void
    ) -> HTTPResponse {
        var writer = JSONWriter(capacity: 4096)
        write(&writer)
        return bytes(
            status, "application/json", writer.bytes(from: 0),
            fields: [("cache-control", "no-store")] + fields)
    }

    static func problem(
        _ problem: RequestProblem, fields: [(String, String)] = []
    ) -> HTTPResponse {
        json(problem.status, fields: fields) { writer in
            writer.literal("{\"error\":{\"message\":")
            writer.string(problem.message)
            writer.literal("}}")
        }
    }
}

extension JSONWriter {
    mutating func member(_ name: StaticString, isFirst: Bool = false) {
        if !isFirst { byte(UInt8(ascii: ",")) }
        byte(UInt8(ascii: "\""))
        literal(name)
        literal("\":")
    }

    mutating func text(_ text: String?) {
        guard let text else { return literal("null") }
        string(text)
    }

    mutating func number(_ value: Int?) {
        guard let value else { return literal("null") }
        signed(Int64(value))
    }

    mutating func truth(_ value: Bool) { literal(value ? "true" : "false") }

    /// Nanoseconds as milliseconds with three decimals, as many as a double has for times of today.
    mutating func milliseconds(nanoseconds: Int?) {
        guard let nanoseconds else { return literal("null") }
        let microseconds = nanoseconds / 1000
        if microseconds < 0 { byte(UInt8(ascii: "-")) }
        let (whole, rest) = microseconds.magnitude.quotientAndRemainder(dividingBy: 1000)
        unsigned(UInt64(whole))
        guard rest > 0 else { return }
        let digits = String(1000 + rest).dropFirst()
        byte(UInt8(ascii: "."))
        for digit in digits.utf8 { byte(digit) }
    }

    mutating func decimal(_ value: Double?) {
        guard let value, value.isFinite else { return literal("null") }
        double(value)
    }

    mutating func list<Item>(_ items: [Item], _ write: (Item, inout JSONWriter) -> Void) {
        byte(UInt8(ascii: "["))
        for (index, item) in items.enumerated() {
            if index > 0 { byte(UInt8(ascii: ",")) }
            write(item, &self)
        }
        byte(UInt8(ascii: "]"))
    }
}
