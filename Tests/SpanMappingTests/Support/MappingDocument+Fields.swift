import MastraRecords

@testable import SpanMapping

/// Typed fields, token counts and price.
extension MappingDocument {
    static var fieldSections: [String] {
        [
            """
            ## Fields of `attributes`

            `success` of tool calls is whether the span has not failed. *Serving MCP* is a
            server's span with `mcp.method.name`.

            \(table(["field", "on", "sources, best first", "decoded as"], rows(of: .attributes)))

            ### `attributes.parameters`

            \(table(["field", "on", "sources, best first", "decoded as"], rows(of: .parameters)))
            """,
            """
            ### Decoders

            A value that does not decode leaves the field to the next source and itself to the
            left-overs.

            \(table(["decoder", "takes"], decoders))

            Names of frameworks, which bill nobody:
            \(ProviderName.frameworks.sorted().map { code($0) }.joined(separator: ", ")). Endings
            that providers lose:
            \(ProviderName.suffixes.map { code($0) }.joined(separator: ", ")).

            Events that tell of the first token: \(codes(SpanMapper.firstChunkEvents)).

            ### Finish reasons

            Without regard to case, and without a word and a dot before them. Where no key tells,
            `finish_reason` of the output does, or of its first message.

            \(table(["becomes", "from"], finishReasons))
            """,
            """
            ### Fields of Mastra's own spans

            `mastra.TYPE.SUFFIX`, with the span's `mastra.span.type` for TYPE, fills the field
            that Mastra's exporter wrote it from. It goes before the sources above.

            \(table(["suffix", "field", "decoded as"], MastraFieldRule.all.map(row)))
            """,
            usage,
        ]
    }

    private static func rows(of place: FieldPlace) -> [[String]] {
        FieldRule.all.filter { $0.place == place }.map { rule in
            let decoders = Set(rule.sources.filter { $0.isDecoded }.map(\.decoder))
            let sources = rule.sources.map { source in
                let decoder =
                    decoders.count > 1 && source.isDecoded ? " as \(source.decoder.summary)" : ""
                let (keys, members) = words(source.origin)
                return Source(keys: keys, members: members, rest: decoder + only(source.only))
            }
            return [
                code(rule.name), (rule.types.map { types($0) } ?? "all") + words(rule.condition),
                list(sources),
                decoders.count == 1 ? decoders.first?.summary ?? "" : "",
            ]
        }
    }

    private static func words(
        _ origin: FieldOrigin
    ) -> (keys: [String], members: [String]) {
        guard case .member(let key, let path) = origin else { return ([origin.summary], []) }
        return ([code(key.rawValue)], [code(path.joined(separator: "."))])
    }

    private static func words(_ condition: FieldRule.Condition) -> String {
        switch condition {
        case .always: ""
        case .servesMCP: ", serving MCP"
        }
    }

    private static func row(_ rule: MastraFieldRule) -> [String] {
        [code(rule.suffix), code(rule.name), rule.decoder.summary]
    }

    // MARK: Decoders

    /// Of all tables, in the order in which they come.
    private static var decoders: [[String]] {
        let used =
            FieldRule.all.flatMap(\.sources).filter { $0.isDecoded }.map(\.decoder)
            + MastraFieldRule.all.map(\.decoder)
        var rows: [[String]] = []
        for decoder in used {
            let row = [name(of: decoder), words(decoder)]
            if !rows.contains(row) { rows.append(row) }
        }
        return rows
    }

    private static func name(of decoder: FieldDecoder) -> String {
        if case .integer = decoder { return "integer ≥ n" }
        return decoder.summary
    }

    private static func words(_ decoder: FieldDecoder) -> String {
        switch decoder {
        case .text: "a string that is not empty"
        case .provider:
            "a string of at most 256 bytes, trimmed, in lower case and without the name of an API "
                + "behind a dot; no framework"
        case .number: "a finite number, integers below 2^53, or a string that is a JSON number"
        case .integer:
            "an integer of at least n and below 2^53, an integral double, or decimal digits in a "
                + "string"
        case .boolean: "a boolean, or `true` and `false` in a string in any case"
        case .textList: "a list of strings, one as JSON in a string, or one string"
        case .finishReason: "a string, or the first of a list, in Mastra's words"
        case .json:
            "any value; a string that is a JSON object or list as a whole is that JSON, others "
                + "stay strings"
        case .jsonText: "as JSON, and of a JSON string its text"
        case .instructions: "a string, the one text of a list, or a longer list as message parts"
        case .tools:
            "a list of definitions of any SDK, each as `{type, name, description, parameters}` "
                + "and what else it has"
        case .toolNames: "of a list of definitions their names, or a list of names"
        case .host: "a host name, or the one in a URL"
        case .time:
            "a UTC time such as `2026-11-22T10:00:00.120Z`, not before the span's start nor after "
                + "its end"
        case .secondsAfterStart: "a number of seconds; the time must lie within the span"
        case .millisecondsAfterStart:
            "a number of milliseconds; the time must lie within the span"
        }
    }

    private static var finishReasons: [[String]] {
        FinishReason.table.map { word, sources in
            [code(word), sources.map { code($0) }.joined(separator: ", ")]
        } + [["itself in lower case", "anything else"]]
    }

    // MARK: Usage

    private static var usage: String {
        """
        ## Usage

        Numbers of tokens, integers from 0 and below 2^53, on \(types(UsageRule.types)). On other
        types they stay left-overs, since they are the sum of spans below. The first source of a
        row counts. Others with the same number are used up with it; others with another number
        stay left-overs.

        \(table(["field of `attributes.usage`", "sources, best first"], UsageRule.all.map(row)))

        - `inputTokens` and `outputTokens` are totals that include all details.
          `inputDetails.text` and `outputDetails.text` are what the known details leave of the
          total.
        - More cached tokens than tokens in all shows that the sender counts them apart, as Claude
          Code always does. They are added to `inputTokens`, and `attributes["mastra.usage_repaired"]` is true.
        - Without a count of the input it is the total (\(totals)) less the output. Totals are
          left-overs.
        - An `outputTokens` of 0 on an embedding is left out.
        - In `\(AttributeKey.langfuseUsage.rawValue)` without `prompt_tokens` and `input_tokens`
          the numbers do not contain each other: the input is the sum of members that begin with
          `input` or `cache_`, the output of those that begin with `output`. Details: \(additive).
        - A `model_generation` of Mastra's exporter without counts gets the sum of the
          `model_inference` spans below it in the same request.

        ### Price

        `attributes.costContext` is `{provider, model, estimatedCost, costUnit: "USD"}`, in US
        dollars, on the same types. The first that is above 0 counts: \(costs), else the member
        `total` of `\(CostRule.blob.key.rawValue)`, or the sum of its members.
        """
    }

    private static func row(_ rule: UsageRule) -> [String] {
        [
            code(rule.name),
            list(
                rule.sources.map { source in
                    let path = source.path.map { "\($0)" }.joined(separator: ".")
                    return Source(
                        keys: [code(source.key.rawValue)],
                        members: path.isEmpty ? [] : [code(path)],
                        rest: only(source.only))
                }),
        ]
    }

    private static var totals: String {
        UsageRule.totals.map { code($0.key.rawValue) }.joined(separator: ", ")
    }

    private static var costs: String {
        CostRule.sources.map { code($0.key.rawValue) }.joined(separator: ", ")
    }

    private static var additive: String {
        SpanMapper.additiveDetails.map { member, field in
            let rule = UsageRule.all.first { $0.field as AnyKeyPath == field as AnyKeyPath }
            return code(member) + " → " + code(rule?.name ?? "")
        }.joined(separator: ", ")
    }
}

extension FieldSource {
    /// What has a decoder that could fail.
    fileprivate var isDecoded: Bool {
        switch origin {
        case .constant, .firstChunkEvent, .operationInName, .streamInOperation: false
        case .key, .member, .family: true
        }
    }
}
