import MastraRecords
import OTLP

@testable import SpanMapping

/// Error, metadata, left-overs, families and bounds.
extension MappingDocument {
    static var restSections: [String] { [error, metadata, leftOvers, families, bounds] }

    // MARK: Error

    private static var error: String {
        func key(_ slot: KeySlot) -> String { code(slot.key.rawValue) }
        let messages = [
            "status message", "`exception.message`", key(ErrorRule.message),
            key(ErrorRule.langfuseMessage), key(ErrorRule.type),
            "`HTTP status` with \(key(ErrorRule.httpStatus))",
            "`gRPC status` with \(key(ErrorRule.grpcStatus))", "the word `error`",
        ]
        let codes = "\(key(ErrorRule.httpStatus)), \(key(ErrorRule.grpcStatus))"
        let fields = [
            ["`message`", messages.joined(separator: ", ")],
            [
                "`name`",
                "`exception.type`, \(key(ErrorRule.type)); of `<class 'ValueError'>` the name",
            ],
            ["`stack`", "`exception.stacktrace`, \(key(ErrorRule.stack))"],
            [
                "`id`",
                "\(key(ErrorRule.code)); on Mastra \(key(ErrorRule.type)), unless it is `unknown`",
            ],
            ["`domain`, `category`", "\(key(ErrorRule.domain)), \(key(ErrorRule.category))"],
            ["`details.exceptions`", "number of `exception` events, where there are several"],
            [
                "`details.httpStatusCode`, `details.grpcStatusCode`",
                codes + ", which stay left-overs too",
            ],
        ]
        return """
            ## Error

            A span has failed where its status is ERROR, or where the status is unset and
            \(key(ErrorRule.type)) is a string that is not empty, or where
            \(key(ErrorRule.langfuseLevel)) is `ERROR`, \(key(ErrorRule.liveKitIsError)) is true,
            or a span of LangSmith's exporter has an `exception` event, since that exporter always
            sets the status to ok. Otherwise an exception alone is no failure, and neither is an
            HTTP status of 500.

            \(table(["field of `error`", "from, best first"], fields))

            The last event called `exception` speaks for the span. What stands in `error` is left
            out of that event. A LangSmith message is its first line; what follows is the stack.
            """
    }

    // MARK: Metadata

    private static var metadata: String {
        let user = KeyFamily.allCases.filter(\.isMetadata).map { code("\($0.prefix)NAME") }
        let objects = MetadataObjectRule.all.map { code($0.key.rawValue) + only($0.only) }
        let tags = TagRule.all.map { code($0.key.rawValue) + only($0.only) }
        return """
            ## Metadata

            The first source that is a non-empty string:

            \(table(["field of `metadata`", "sources, best first"], MetadataRule.all.map(row)))

            `environment` falls back to the resource's `deployment.environment.name` and
            `deployment.environment`. `serviceName` is the resource's `service.name`. `resource`,
            `scope` and `otel` hold what OTLP has besides: see [records](records.md#metadata).

            Tags are the first of \(tags.joined(separator: ", ")) that is a list of strings,
            one as JSON in a string, or text with commas. Each is trimmed and comes once.

            ### The user's own

            - \(user.joined(separator: ", ")) become `metadata.NAME`. JSON objects and lists in a
              string become that JSON; Langfuse's values are all JSON.
            - The members of \(objects.joined(separator: ", ")) become members of `metadata`.
            - A name that is taken gets `user.` before it: \(codes(ReservedMetadata.own)), a name
              that comes twice, and \(codes(ReservedMetadata.lifted)) where the value is no
              string, since Mastra has columns of strings for these.
            - With at most \(SpanMapper.maxUserMetadata) names; more are left-overs.
            """
    }

    private static func row(_ rule: MetadataRule) -> [String] {
        let sources = rule.sources.map { $0.summary + only($0.only) }
        return [code(rule.name), sources.joined(separator: ", ")]
    }

    // MARK: Left-overs

    private static var leftOvers: String {
        let content = AttributeKey.allCases.filter(\.isContent).map { code($0.rawValue) }
        return """
            ## Left-overs

            An attribute that no field has used up stands in `attributes` under its own key, with
            its own value.

            - A key without a dot that is the name of a field gets `otel.` before it, on spans of
              any type: \(codes(reserved)).
            - Of a key that comes more than once the last value counts. Earlier ones stand in
              `metadata.otel.duplicates`.
            - On a span of a convention JSON in the string of a content-bearing key is shown as
              JSON: \(content.joined(separator: ", ")). So are attributes that
              `\(AttributeKey.logfireJsonSchema.rawValue)` calls an object or an array.
            - All other strings stay strings, whatever they look like.

            Token counts of agents, workflows and tools are left-overs on purpose. So are
            `gen_ai.prompt.name`, a total of tokens, and blobs of which single members fill
            fields.
            """
    }

    private static var reserved: [StaticString] {
        var names: [StaticString] = []
        for name in ReservedNames.attributes where !names.contains(where: { "\($0)" == "\(name)" })
        {
            names.append(name)
        }
        return names
    }

    // MARK: Families

    private static var families: String {
        let indexed = KeyFamily.allCases.filter(\.isIndexed).map { family in
            [code("\(family.prefix)N.…"), family.convention.names.joined(separator: "; ")]
        }
        return """
            ## Families of keys

            One list as one attribute a leaf. N is a number up to \(KeyFamily.maxIndex); items are
            put in the order of their numbers, and gaps close up. A name in a further segment is a
            member, a number an item, to \(SpanMapper.maxPathDepth) levels. Keys that fit nowhere
            stay left-overs, and so does a value where members make an object.

            \(table(["keys", "convention"], indexed))
            """
    }

    // MARK: Bounds

    private static var bounds: String {
        let policy = ContentPolicy()
        let settings = [
            ["UTF-16 units of a string", "\(policy.maxStringLength)", "`max_string_length`"],
            ["levels of objects and lists", "\(policy.maxDepth)", "`max_value_depth`"],
            ["items of a sender's list", "\(policy.maxArrayItems)", "`max_array_items`"],
            ["members of a sender's object", "\(policy.maxObjectKeys)", "`max_object_keys`"],
        ]
        let others = [
            ["bytes of a string in which JSON is looked for", "\(ValueTree.maxParsedBytes)"],
            ["levels of JSON in a string; deeper JSON stays a string", "\(ValueTree.maxDepth)"],
            [
                "values of one span in the draft; JSON beyond them stays a string",
                "\(ValueTree.maxNodes)",
            ],
            ["index of an indexed key", "\(KeyFamily.maxIndex)"],
            ["levels of an indexed key", "\(SpanMapper.maxPathDepth)"],
            ["names of the user's metadata", "\(SpanMapper.maxUserMetadata)"],
            ["tags in one attribute", "\(SpanMapper.maxTags)"],
        ].map { $0 + ["fixed"] }
        let words = SensitiveKeys.builtIn.map { code($0) }
        return """
            ## Bounds

            \(table(["what", "at most", "setting"], settings + others))

            What is over a bound is cut with a mark, or stays the string that it was;
            [records](records.md#limits-and-redaction) tells how. The setting `redaction`
            (`\(policy.redaction)`) says what stands for sensitive values. Sensitive are members
            whose name, with letters and digits alone and in either case, is
            \(words.joined(separator: ", ")), or one of `redact_keys`.
            """
    }
}
