import MastraRecords

extension DropRule {
    /// Why a text is no rule. The description goes on where the text has been named.
    package struct Invalid: Error, Hashable, CustomStringConvertible {
        package let description: String

        init(_ description: String) {
            self.description = description
        }
    }

    /// `FIELD=PATTERN`, or several joined by `&`.
    package init(_ text: String) throws(Invalid) {
        let parts = text.split(separator: "&", omittingEmptySubsequences: false)
        guard parts.count <= Self.maxTerms else {
            throw Invalid("has \(parts.count) terms; at most \(Self.maxTerms) are possible")
        }
        var terms: [Term] = []
        for part in parts { terms.append(try Term(Self.trim(part))) }
        self.text = String(Self.trim(text[...]))
        self.terms = terms
    }

    /// Rules with commas between them.
    package static func list(_ text: String) throws(Invalid) -> [DropRule] {
        var rules: [DropRule] = []
        for part in text.split(separator: ",") {
            let text = String(trim(part))
            guard !text.isEmpty else { continue }
            do throws(Invalid) {
                rules.append(try DropRule(text))
            } catch {
                throw Invalid("\"\(text)\" \(error)")
            }
        }
        guard rules.count <= maxRules else {
            throw Invalid("there are \(rules.count), and at most \(maxRules) are possible")
        }
        return rules
    }

    fileprivate static func trim(_ text: Substring) -> Substring {
        var text = text
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return text
    }
}

extension DropRule.Term {
    private typealias Invalid = DropRule.Invalid

    fileprivate init(_ text: Substring) throws(DropRule.Invalid) {
        guard let equals = text.firstIndex(of: "=") else {
            throw Invalid(
                text.isEmpty
                    ? "has an empty term; terms are FIELD=PATTERN, joined by &"
                    : "has the term \"\(text)\"; terms are FIELD=PATTERN, joined by &")
        }
        let field = DropRule.trim(text[..<equals])
        let pattern = DropRule.trim(text[text.index(after: equals)...])
        guard !pattern.isEmpty else { throw Invalid("has no pattern behind \(field)=") }
        let length = max(pattern.utf8.count, field.utf8.count)
        guard length <= DropRule.maxPatternBytes else {
            throw Invalid(
                "has a term of \(length) bytes on one side; at most \(DropRule.maxPatternBytes) are possible"
            )
        }
        let glob = GlobPattern(pattern)
        switch field {
        case "service": self = .resource(key: Array("service.name".utf8), glob)
        case "scope": self = .scope(glob)
        case "name": self = .name(glob)
        case "span_type": self = .spanType(try Self.types(pattern, glob))
        default:
            if let key = Self.key(field, behind: "attributes.") {
                self = .attribute(key: key, glob)
            } else if let key = Self.key(field, behind: "resource.") {
                self = .resource(key: key, glob)
            } else {
                throw Invalid(
                    "names the field \"\(field)\"; fields are service, scope, name, span_type, attributes.KEY and resource.KEY"
                )
            }
        }
    }

    private static func key(_ field: Substring, behind prefix: String) -> [UInt8]? {
        guard field.hasPrefix(prefix), field.count > prefix.count else { return nil }
        return Array(field.dropFirst(prefix.count).utf8)
    }

    /// A word that is no type would match nothing for ever, and nobody would notice.
    private static func types(
        _ pattern: Substring, _ glob: GlobPattern
    ) throws(DropRule.Invalid) -> Set<SpanType> {
        let types = SpanType.allCases.filter { glob.matches(Array("\($0.name)".utf8)) }
        guard !types.isEmpty else {
            let names = SpanType.allCases.map { "\($0.name)" }.joined(separator: ", ")
            throw Invalid("names the span type \"\(pattern)\"; types are \(names)")
        }
        return Set(types)
    }
}
