import MastraRecords
import OTLP

/// The drop rules of one mapper. What a rule says of resource and scope is looked at once for all spans
/// of a group, so that a span pays only for rules that can still match it.
struct RuleMatcher: Sendable {
    private struct Rule: Sendable {
        var context: [DropRule.Term] = []
        var span: [SpanTerm] = []
    }

    private enum SpanTerm: Sendable {
        case name(GlobPattern)
        case spanType(Set<SpanType>)
        case attribute(key: [UInt8], hash: UInt64, GlobPattern)
    }

    private let rules: [Rule]
    /// Those whose terms on resource and scope match the group below.
    private var candidates: [Int] = []
    private var resourceGroup = Slice.empty
    private var scopeGroup = Slice.empty
    private var isFresh = false
    /// The digits of a number.
    private var scratch: [UInt8] = []

    init(_ rules: [DropRule], hash: KeyHash) {
        self.rules = rules.map { rule in
            var sorted = Rule()
            for term in rule.terms {
                switch term {
                case .scope, .resource: sorted.context.append(term)
                case .name(let pattern): sorted.span.append(.name(pattern))
                case .spanType(let types): sorted.span.append(.spanType(types))
                case .attribute(let key, let pattern):
                    let keyHash = hash(key.span, 0, key.count)
                    sorted.span.append(.attribute(key: key, hash: keyHash, pattern))
                }
            }
            return sorted
        }
    }

    /// Another request: its offsets mean something else.
    mutating func beginRequest() {
        isFresh = false
    }

    /// The index of the first rule that matches a span, or nil.
    mutating func match(
        _ view: SpanView, _ attributes: AttributeIndex, _ type: SpanType,
        of cursor: RequestCursor, in bytes: Span<UInt8>
    ) -> Int? {
        if !isFresh || resourceGroup != cursor.resourceSpans || scopeGroup != cursor.scopeSpans {
            findCandidates(cursor, bytes)
        }
        for index in candidates {
            var isMatch = true
            for term in rules[index].span
            where isMatch && !matches(term, view, attributes, type, bytes) {
                isMatch = false
            }
            if isMatch { return index }
        }
        return nil
    }

    private mutating func findCandidates(_ cursor: RequestCursor, _ bytes: Span<UInt8>) {
        resourceGroup = cursor.resourceSpans
        scopeGroup = cursor.scopeSpans
        isFresh = true
        candidates.removeAll(keepingCapacity: true)
        for index in rules.indices {
            var isMatch = true
            for term in rules[index].context where isMatch && !matches(term, bytes) {
                isMatch = false
            }
            if isMatch { candidates.append(index) }
        }
    }

    private mutating func matches(
        _ term: SpanTerm, _ view: SpanView, _ attributes: AttributeIndex, _ type: SpanType,
        _ bytes: Span<UInt8>
    ) -> Bool {
        switch term {
        case .name(let pattern): return Self.matches(pattern, view.name, bytes)
        case .spanType(let types): return types.contains(type)
        case .attribute(let key, let hash, let pattern):
            let position = attributes.position(
                of: key.span, hash: hash, among: view.attributes, in: bytes)
            return position.map { matches(pattern, view.attributes[$0].value, bytes) } ?? false
        }
    }

    private mutating func matches(_ term: DropRule.Term, _ bytes: Span<UInt8>) -> Bool {
        switch term {
        case .scope(let pattern): return Self.matches(pattern, scopeName(bytes), bytes)
        case .resource(let key, let pattern):
            return matches(pattern, resourceValue(of: key, bytes), bytes)
        case .name, .spanType, .attribute: return false
        }
    }

    private func scopeName(_ bytes: Span<UInt8>) -> Slice {
        var name = Slice.empty
        var scopes = ContextView.messages(of: scopeGroup)
        while let scope = scopes.next(in: bytes) {
            let found = ContextView.scopeName(scope, in: bytes)
            if !found.isEmpty { name = found }
        }
        return name
    }

    /// The last value of a key (OTLP-REQUIREMENTS D13), or an empty one.
    private func resourceValue(of key: [UInt8], _ bytes: Span<UInt8>) -> ValueView {
        var value = ValueView()
        var resources = ContextView.messages(of: resourceGroup)
        while let resource = resources.next(in: bytes) {
            var items = RepeatedCursor(field: ContextView.resourceAttributesField, of: resource)
            while let item = items.next(in: bytes) {
                let attribute = AttributeView(item, in: bytes)
                let start = attribute.key.start
                if attribute.key.count == key.count,
                    bytes.equals(start, key.span, 0, key.count)
                {
                    value = attribute.value
                }
            }
        }
        return value
    }

    /// A name; one that is empty is not there.
    private static func matches(
        _ pattern: GlobPattern, _ name: Slice, _ bytes: Span<UInt8>
    ) -> Bool {
        !name.isEmpty && pattern.matches(bytes, name.start, name.end)
    }

    /// The text that stands in the record for a value; lists, objects and bytes have none.
    private mutating func matches(
        _ pattern: GlobPattern, _ value: ValueView, _ bytes: Span<UInt8>
    ) -> Bool {
        scratch.removeAll(keepingCapacity: true)
        switch value.kind {
        case .string: return pattern.matches(bytes, value.slice.start, value.slice.end)
        case .int: scratch.append(contentsOf: String(value.int).utf8)
        case .bool: scratch.append(contentsOf: (value.bool ? "true" : "false").utf8)
        case .double: scratch.append(contentsOf: Self.text(of: value.double).utf8)
        case .empty, .array, .keyValueList, .bytes: return false
        }
        return pattern.matches(scratch)
    }

    private static func text(of number: Double) -> String {
        if number.isFinite { return number.description }
        return number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity"
    }
}
