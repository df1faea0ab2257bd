import SpanMapping

extension SettingSection {
    static let selection = SettingSection(
        "Selection",
        preface:
            "Which of the accepted spans go upstream. All of them do by default; [selection](selection.md) tells how each is decided and counted.",
        [
            Setting(
                ofRoute: "drop_spans",
                """
                rules, separated by commas; a span that one of them matches is dropped. A rule is \
                `FIELD=PATTERN`, or several joined by `&` that all have to match. Fields are \
                `service`, `scope`, `name`, `span_type`, `attributes.KEY` and `resource.KEY`; in \
                a pattern `*` is any text and `?` any one character
                """,
                bounds: "at most 64 rules of 8 terms, 256 bytes a pattern"
            ) { (text, route) throws(Expected) in
                do throws(DropRule.Invalid) {
                    route.mappingOptions.selection.dropRules = try DropRule.list(text)
                } catch {
                    throw Expected(
                        "rules such as name=GET /health* & service=web, separated by commas: \(error)"
                    )
                }
            },
            Setting(
                ofRoute: "keep_ratio",
                """
                share of traces that is kept; the trace id decides, so that a trace is kept or \
                left out as a whole
                """,
                bounds: "0 to 1",
                default: "1"
            ) { (text, route) throws(Expected) in
                route.mappingOptions.selection.keepRatio = try ValueParsing.number(
                    text, in: 0...1)
            },
            Setting(
                ofRoute: "ai_only",
                """
                whether spans of the type `generic` are left out. Spans below one that is left out \
                keep its id as their parent
                """,
                bounds: "`true`, `false`",
                default: "false"
            ) { (text, route) throws(Expected) in
                route.mappingOptions.selection.aiOnly = try ValueParsing.boolean(text)
            },
        ])
}
