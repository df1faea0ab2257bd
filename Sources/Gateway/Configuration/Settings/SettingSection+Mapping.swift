import SpanMapping

extension SettingSection {
    static let mapping = SettingSection(
        "Mapping",
        preface:
            "What goes upstream of the values that senders put in. The defaults are those of Mastra's own exporters; [records](records.md#limits-and-redaction) tells what each does.",
        [
            Setting(
                ofRoute: "span_types",
                """
                types that a record may have: all that Mastra knows today, or those of its first \
                release; another type then falls back, and \
                `attributes["mastra.intended_span_type"]` says what it was
                """,
                bounds: "`full`, `core`",
                default: "full"
            ) { (text, route) throws(Expected) in
                route.mappingOptions.spanTypes = try ValueParsing.choice(
                    text, of: MappingOptions.SpanTypes.self)
            },
            Setting(
                ofRoute: "redaction",
                """
                what stands for the value of a sensitive key: `[REDACTED]`, its first and last \
                three characters, or the value itself
                """,
                bounds: "`full`, `partial`, `off`",
                default: "full"
            ) { (text, route) throws(Expected) in
                route.mappingOptions.policy.redaction = try ValueParsing.choice(
                    text, of: ContentPolicy.Redaction.self)
            },
            Setting(
                ofRoute: "redact_keys",
                """
                more sensitive keys, separated by commas; letters and digits of the whole name \
                count, in either case
                """,
                bounds: "names with a letter or a digit"
            ) { (text, route) throws(Expected) in
                route.mappingOptions.policy.addSensitiveKeys(try ValueParsing.words(text))
            },
            Setting(
                ofRoute: "max_string_length",
                "UTF-16 units of one string; the rest is `…[truncated]`",
                bounds: "64 to 16777216",
                default: "131072"
            ) { (text, route) throws(Expected) in
                route.mappingOptions.policy.maxStringLength = try ValueParsing.integer(
                    text, in: 64...(1 << 24))
            },
            Setting(
                ofRoute: "max_value_depth",
                "levels of objects and lists; what is deeper is `[MaxDepth]`",
                bounds: "1 to 64",
                default: "8"
            ) { (text, route) throws(Expected) in
                route.mappingOptions.policy.maxDepth = try ValueParsing.integer(
                    text, in: 1...64)
            },
            Setting(
                ofRoute: "max_array_items",
                "items of one list of a sender's; one more says how many are left out",
                bounds: "1 to 65536",
                default: "50"
            ) { (text, route) throws(Expected) in
                route.mappingOptions.policy.maxArrayItems = try ValueParsing.integer(
                    text, in: 1...65_536)
            },
            Setting(
                ofRoute: "max_object_keys",
                "members of one object of a sender's; `__truncated` says how many are left out",
                bounds: "1 to 65536",
                default: "50"
            ) { (text, route) throws(Expected) in
                route.mappingOptions.policy.maxObjectKeys = try ValueParsing.integer(
                    text, in: 1...65_536)
            },
            Setting(
                ofRoute: "keep_embedding_vectors",
                "whether embedding vectors go upstream themselves; else their number and dimensions",
                bounds: "`true`, `false`",
                default: "false"
            ) { (text, route) throws(Expected) in
                route.mappingOptions.keepsVectors = try ValueParsing.boolean(text)
            },
            Setting(
                ofRoute: "merge_nested_calls",
                """
                whether a model call inside a model call of the same request, with the same \
                token counts, becomes a step of it: two instrumentations have told one call
                """,
                bounds: "`true`, `false`",
                default: "true"
            ) { (text, route) throws(Expected) in
                route.mappingOptions.mergesNestedCalls = try ValueParsing.boolean(text)
            },
        ])
}
