/// HTML. What is interpolated as text is escaped; only the literals of the code, and markup made of
/// such, stand as they are.
struct Markup: ExpressibleByStringInterpolation {
    private(set) var html: String

    init(stringLiteral value: String) { html = value }
    init(stringInterpolation: StringInterpolation) { html = stringInterpolation.html }

    init(_ phrase: Phrase) {
        html = phrase.parts.map { part -> Markup in
            switch part {
            case .words(let text): "\(text)"
            case .time(let text, let machine): "<time datetime=\"\(machine)\">\(text)</time>"
            }
        }.map(\.html).joined()
    }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var html = ""

        init(literalCapacity: Int, interpolationCount: Int) {
            html.reserveCapacity(literalCapacity)
        }

        mutating func appendLiteral(_ literal: String) { html += literal }
        mutating func appendInterpolation(_ text: String) { html += Markup.escaped(text) }
        mutating func appendInterpolation(_ number: UInt64) { html += HumanText.number(number) }
        mutating func appendInterpolation(_ markup: Markup) { html += markup.html }
        mutating func appendInterpolation(_ phrase: Phrase) { html += Markup(phrase).html }

        mutating func appendInterpolation(_ parts: [Markup], separator: String = "\n") {
            html += parts.map(\.html).joined(separator: separator)
        }

        /// Nothing where there is nothing to show.
        mutating func appendInterpolation(_ markup: Markup?) { html += markup?.html ?? "" }
    }

    static func escaped(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { escaped, scalar in
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            case "\n", "\t": escaped += " "
            case let other where other.isControl || other.turnsText: escaped += "\u{fffd}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
    }
}

extension Unicode.Scalar {
    /// The marks of bidirectional text, by which a name could show what stands after it in another order.
    fileprivate var turnsText: Bool {
        (0x202a...0x202e).contains(value) || (0x2066...0x2069).contains(value)
    }
}
