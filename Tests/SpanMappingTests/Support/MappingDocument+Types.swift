import MastraRecords

@testable import SpanMapping

/// Conventions, span types and what comes of them.
extension MappingDocument {
    static var conventions: String {
        """
        ## Conventions

        A convention is a way of writing AI work into spans. Each of these signs turns its rules
        on. Several conventions may be on at one span, and none turns another's rules off. A key
        is a sign where it is one of [Every key](#every-key) or of a [family](#families-of-keys);
        a [content event](#messages) is a sign of OpenTelemetry GenAI.

        \(table(["convention", "scope of the instrumentation", "keys that begin with"], signs))

        A span without a sign is plain. It is `generic`, unless its name decides (T17). What of it
        becomes fields is its [error](#error) and [metadata](#metadata); all other attributes are
        left-overs.
        """
    }

    private static var signs: [[String]] {
        Convention.names.map { convention, name in
            let scopes = Convention.scopes.filter { $0.convention == convention }
                .map { code($0.isPrefix ? "\($0.name)…" : "\($0.name)") }
            let prefixes = Convention.keyPrefixes.filter { $0.1 == convention }.map(\.0)
            let families = KeyFamily.allCases.filter { family in
                family.convention == convention
                    && !prefixes.contains { "\(family.prefix)".hasPrefix($0) }
            }.map { "\($0.prefix)" }
            return [
                name, scopes.joined(separator: ", "),
                (prefixes + families).map { code($0) }.joined(separator: ", "),
            ]
        }
    }

    static var typeSections: [String] {
        [
            """
            ## Span type

            The first row that gives a type decides; without one the span is `generic`. Values are
            compared without space or quotes around them and without regard to case. A value that
            a row does not list lets the next row speak.

            \(table(["row", "what is looked at", "gives"], SpanTypeRule.all.map(row)))

            *At an entry* means that the span has no parent, or one that its flags call remote.
            *With MCP* means that a key begins with `mcp.`, or that the scope is that of an MCP
            instrumentation. The names of types that rows T1 and T10 know are
            \(types(Set(SpanType.allCases), grouped: false)), and the old names `llm_generation`,
            `llm_chunk` and `llm_step`.

            So a span is a `model_generation` where its instrumentation says so (T1 to T12), or
            where it names a model and shows that the model was called (T16). A model's name alone
            does not do: agents, tools and sessions have one too.
            """,
            """
            ### Nested calls

            Two instrumentations may tell one model call, as a span inside the other's. Where a
            `model_generation` has a parent in the same request that is one too, with the same
            token counts, the inner span becomes a `model_step`, and its counts stay left-overs
            (A31). Else tokens would count twice. `merge_nested_calls` turns this off.

            ### Types of the first release

            With `span_types: core` these types fall back, and
            `attributes["mastra.intended_span_type"]` has the one that was meant:

            \(table(["type", "becomes"], fallbacks))
            """,
            """
            ## Entity

            What a span is about: `entityType`, `entityId` and `entityName`. Without an id the
            name is the id, and the other way round. A model call has an entity only where it
            names an agent; a generic span only where its operation is `create_agent`, as an
            agent.

            \(table(["type", "id from", "name from", "else the span's name, without"], entities))
            """,
        ]
    }

    private static var fallbacks: [[String]] {
        SpanType.allCases.compactMap { type in
            type.coreFallback.map { [code(type.name), code($0.name)] }
        }
    }

    private static var entities: [[String]] {
        groups { type in
            EntityRule.byType[Int(type.rawValue)].map { [entityCells($0)] } ?? []
        }.filter { !$0.rows.isEmpty }.map { [types($0.types)] + $0.rows[0] }
    }

    private static func entityCells(_ rule: EntityRule) -> [String] {
        func list(_ sources: [EntityRule.Source]) -> String {
            sources.map { code($0.key.rawValue) + only($0.only) }.joined(separator: ", ")
        }
        let forms = rule.nameForms.map { form in
            code(
                ["\(form.before)", "…", "\(form.after)"].filter { !$0.isEmpty }.joined())
        }
        return [list(rule.id), list(rule.name), forms.joined(separator: ", ")]
    }

    // MARK: Rows of the type table

    private static func row(_ rule: SpanTypeRule) -> [String] {
        let (source, result) = cells(rule.test)
        return ["\(rule.label)", source + only(rule.only), result]
    }

    private static func cells(_ test: SpanTypeRule.Test) -> (source: String, result: String) {
        switch test {
        case .value(let slot, let choices):
            (code(slot.key.rawValue), list(choices))
        case .word(let slot, let choices):
            ("\(code(slot.key.rawValue)), up to a space", list(choices))
        case .shape(let slot, let before, let after, let choice):
            ("\(code(slot.key.rawValue)) is `\(before)…\(after)`", choice.summary)
        case .anyValue(let slot, let choice):
            ("\(code(slot.key.rawValue)) has any value", choice.summary)
        case .name(let name, let convention, let keys, let choice):
            (
                words(name)
                    + (keys.isEmpty
                        ? ""
                        : " with " + keys.map { code($0.key.rawValue) }.joined(separator: ", "))
                    + only(convention), choice.summary
            )
        case .presence(let anyOf, let evidence, let choice):
            (
                "any of " + list(anyOf)
                    + (evidence.isEmpty ? "" : "; and any of " + list(evidence)), choice.summary
            )
        }
    }

    private static func words(_ name: SpanTypeRule.Name) -> String {
        switch name {
        case .any: "a span"
        case .equals(let word): "span name `\(word)`"
        case .begins(let word): "span name `\(word)…`"
        case .operation(let word): "span name `\(word) …` with one word behind, on a client's span"
        }
    }

    /// Values by what they give; the types themselves are listed below the table.
    private static func list(_ choices: [(StaticString, SpanTypeChoice)]) -> String {
        let names = Set(SpanType.allCases.map { "\($0.name)" })
        let hasTypes = names.isSubset(of: choices.map { "\($0.0)" })
        var groups: [(result: String, values: [String])] = []
        for (value, choice) in choices {
            if hasTypes, names.contains("\(value)") { continue }
            let result = choice.summary
            if let index = groups.firstIndex(where: { $0.result == result }) {
                groups[index].values.append(code(value))
            } else {
                groups.append((result, [code(value)]))
            }
        }
        let lines = groups.map { $0.values.joined(separator: ", ") + " → " + $0.result }
        return (lines + (hasTypes ? ["the name of a type → that type"] : [])).joined(
            separator: " · ")
    }

    private static func list(_ presences: [SpanTypeRule.Presence]) -> String {
        var parts: [String] = []
        for presence in presences {
            switch presence {
            case .key(let slot) where UsageRule.slots.contains(slot):
                let counts = "a source of [Usage](#usage)"
                if !parts.contains(counts) { parts.append(counts) }
            case .key(let slot): parts.append(code(slot.key.rawValue))
            case .family(let family): parts.append(code("\(family.prefix)N.…"))
            case .contentEvent: parts.append("a GenAI content event")
            case .value(let slot, let words):
                parts.append(
                    code(slot.key.rawValue) + " = "
                        + words.map { code($0) }.joined(separator: " or "))
            }
        }
        return parts.joined(separator: ", ")
    }
}
