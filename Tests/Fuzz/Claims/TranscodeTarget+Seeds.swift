import OracleKit

extension TranscodeTarget {
    package static func seeds() throws -> [[UInt8]] {
        // `Tests/Corpus` has each request in JSON as well; these are single spans of it.
        try Payloads.singleSpans(every: 4).compactMap { JSONSpelling.of(CanonicalForm.of($0)) }
            + byHand.map { Array($0.utf8) }
    }

    package static func words() -> [[UInt8]] {
        let names = Schema.allCases.flatMap(\.names.values).map { "\"\($0)\":" }
        return (Set(names).sorted() + tokens).map { Array($0.utf8) } + noUTF8
    }

    private static let tokens = [
        "{}", "[]", "null", "true", "false", "\"\"", "-0", "1e3", "-1", "0.5", "1e400", "1e-400",
        "18446744073709551615", "\"9223372036854775807\"", "\"NaN\"", "\"-Infinity\"", "\\u0000",
        "\\ud83e\\udd8a", "\\ud800", "\\\"", "\"start_time_unix_nano\":", "\"SPAN_KIND_CLIENT\"",
        "\"STATUS_CODE_ERROR\"", "\u{feff}", "\u{2028}", "[[[[[[[[", "{\"a\":{\"a\":",
    ]

    private static let noUTF8: [[UInt8]] = [
        [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf0, 0x9f],
    ]

    private static var byHand: [String] {
        let values = [
            #"{"stringValue":"\u00e9\n\ud83e\udd8a"}"#, #"{"boolValue":true}"#,
            #"{"intValue":"-9223372036854775808"}"#, #"{"intValue":1e3}"#,
            #"{"doubleValue":1.7976931348623157e308}"#, #"{"doubleValue":"NaN"}"#,
            #"{"arrayValue":{"values":[{"intValue":1},{},{"stringValue":""}]}}"#,
            #"{"kvlistValue":{"values":[{"key":"k","value":{"boolValue":false}}]}}"#,
            #"{"bytesValue":"AP_-"}"#, #"{"bytesValue":"AA=="}"#, "{}", "null",
            #"{"intValue":1,"stringValue":"a","intValue":null}"#,
        ]
        return values.map {
            #"{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"key":"a","value":\#($0)}]}]}]}]}"#
        } + [
            "{}", "\u{feff}{}", " {\"resourceSpans\" : [ ] } ", #"{"resourceSpans":[{},{}]}"#,
            #"{"resource_spans":[{"scope_spans":[{"spans":[{"end_time_unix_nano":"5"}]}]}]}"#,
            #"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0A","spanId":"q83vASNFZ4k="}]}]}]}"#,
            #"{"a":[1,-0.5e+9,true,null,{"b":"\u0000"}],"resourceSpans":null}"#,
            #"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"b","kind":"SPAN_KIND_SERVER","name":"a"}]}]}]}"#,
        ]
    }
}
