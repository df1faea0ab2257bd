import TestKit
import Testing

@testable import OTLPJSON

/// J6 to J8, J14, J15, J24: members, their names, their order.
struct MemberTests {
    @Test(arguments: [
        "{}", " \t\r\n{ } ", #"{"resourceSpans":[]}"#, #"{"resourceSpans":null}"#, "\u{feff}{}",
    ])
    func `J15: an empty request is a request`(json: String) throws {
        #expect(try transcode(json) == [])
    }

    @Test func `H39: empty envelopes are kept`() throws {
        #expect(try transcode(#"{"resourceSpans":[{}]}"#) == .field(1, bytes: []))
        #expect(
            try transcode(#"{"resourceSpans":[{"resource":{},"scopeSpans":[{"scope":{}}]}]}"#)
                == .field(
                    1, bytes: .field(1, bytes: []) + .field(2, bytes: .field(1, bytes: []))))
    }

    static let unknown = [
        "1", "-1.5e-3", #""text \u0041 é""#, "true", "false", "null", "{}", "[]", "[[],{},[{}]]",
        #"{"a":{"b":[1,"x",{"c":null}]},"d":[]}"#, #"{"name":"inner"}"#, "[ 1 , 2 ]",
    ]

    @Test(arguments: unknown)
    func `J6: unknown members are skipped at every depth`(value: String) throws {
        let unknown = #""unheard":\#(value)"#
        let json = #"""
            {\#(unknown),"resourceSpans":[{\#(unknown),"resource":{\#(unknown)},"scopeSpans":[
            {\#(unknown),"scope":{\#(unknown)},"spans":[{\#(unknown),"name":"n","attributes":[
            {"key":"k",\#(unknown),"value":{\#(unknown),"intValue":1,\#(unknown)}}],"events":[
            {\#(unknown)}],"links":[{\#(unknown)}],"status":{\#(unknown)}}],\#(unknown)}]}],
            \#(unknown)}
            """#
        let attribute: [UInt8] = .keyValue("k", .field(3, varint: 1))
        let span: [UInt8] = .fields(
            .field(5, text: "n"), .field(9, bytes: attribute), .field(11, bytes: []),
            .field(13, bytes: []), .field(15, bytes: []))
        let scopeSpans: [UInt8] = .field(1, bytes: []) + .field(2, bytes: span)
        #expect(
            try transcode(json)
                == .field(1, bytes: .field(1, bytes: []) + .field(2, bytes: scopeSpans)))
    }

    @Test(arguments: [
        "01", "1.", "tru", "nul", "{", "[1,]", "{,}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, "'x'",
        #""\x""#, "\"\u{1}\"", "[1 2]", "[}", "{]", "+1", ".5", "NaN", "-", "1e", #"{1:2}"#, "",
        #""\u00g0""#, "[1,,2]",
    ])
    func `J19: what is skipped has to be JSON`(value: String) {
        expectRefusal(.span(#""unheard":\#(value)"#), \.isNotJSON)
    }

    @Test func `names that look like a known one are unknown`() throws {
        for name in [
            "Name", "nam", "names", "NAME", "name\\u0000", "n", "", "trace-id", "traceID",
            "trace_Id",
            "droppedAttributesCountX", "dropped_attributes_count_", "é",
        ] {
            #expect(try transcode(.span(#""\#(name)":"x""#)) == .span([]), "\(name)")
        }
    }

    @Test func `an escaped name is that name`() throws {
        #expect(
            try transcode(.span(#""\u006e\u0061me":"x""#)) == .span(.field(5, text: "x")))
    }

    @Test func `J8: original names are read as well`() throws {
        let json = #"""
            {"resource_spans":[{"schema_url":"r","scope_spans":[{"schema_url":"s","spans":[{
            "trace_id":"01","span_id":"02","trace_state":"t","parent_span_id":"03","name":"n",
            "kind":1,"start_time_unix_nano":1,"end_time_unix_nano":2,"attributes":[{"key":"k","value":
            {"kvlist_value":{"values":[{"key":"a","value":{"array_value":{"values":[{"int_value":1},
            {"string_value":"s"},{"bool_value":true},{"double_value":1},{"bytes_value":"AQ"}]}}}]}
            }}],
            "dropped_attributes_count":1,"events":[{"time_unix_nano":9}],"dropped_events_count":2,
            "dropped_links_count":3}]}],"resource":{"entity_refs":[{"schema_url":"u","id_keys":["i",
            ""],"description_keys":["d"]}]}}]}
            """#
        let modern =
            json
            .replacing("resource_spans", with: "resourceSpans")
            .replacing(/_([a-z])/) { $0.output.1.uppercased() }
        #expect(modern.contains("startTimeUnixNano"))
        #expect(try transcode(json) == transcode(modern))
        #expect(try transcode(json).count > 100)
    }

    @Test func `J24: members in any order become fields in theirs`() throws {
        var members = [
            #""traceId":"01""#, #""spanId":"02""#, #""traceState":"t""#, #""parentSpanId":"03""#,
            #""name":"n""#, #""kind":1"#, #""startTimeUnixNano":1"#, #""endTimeUnixNano":2"#,
            #""attributes":[{"value":{"intValue":1},"key":"k"}]"#, #""droppedAttributesCount":1"#,
            #""events":[{"name":"e","timeUnixNano":1},{}]"#, #""droppedEventsCount":2"#,
            #""links":[{"flags":1,"spanId":"04"}]"#, #""droppedLinksCount":3"#,
            #""status":{"code":2,"message":"m"}"#, #""flags":257"#,
        ]
        let event: [UInt8] = .fields(.field(1, fixed64: 1), .field(2, text: "e"))
        let link: [UInt8] = .fields(.field(2, bytes: [4]), .field(6, fixed32: 1))
        let status: [UInt8] = .fields(.field(2, text: "m"), .field(3, varint: 2))
        let attribute: [UInt8] = .keyValue("k", .field(3, varint: 1))
        let expected: [UInt8] = .span(
            .fields(
                .field(1, bytes: [1]), .field(2, bytes: [2]), .field(3, text: "t"),
                .field(4, bytes: [3]), .field(5, text: "n"), .field(6, varint: 1),
                .field(7, fixed64: 1), .field(8, fixed64: 2), .field(9, bytes: attribute),
                .field(10, varint: 1), .field(11, bytes: event), .field(11, bytes: []),
                .field(12, varint: 2), .field(13, bytes: link), .field(14, varint: 3),
                .field(15, bytes: status), .field(16, fixed32: 257)))
        #expect(try transcode(.span(members.joined(separator: ","))) == expected)
        var random = SplitMix64(seed: 24)
        for _ in 0..<200 {
            members.shuffle(using: &random)
            #expect(try transcode(.span(members.joined(separator: ","))) == expected)
        }
    }

    @Test func `of members with one name the last wins`() throws {
        let twice = #""name":"a","kind":1,"attributes":[{"key":"a"}],"name":"b","attributes":[]"#
        #expect(
            try transcode(.span(twice)) == .span(.field(5, text: "b") + .field(6, varint: 1)))
        #expect(try transcode(.span(#""name":"a","name":null"#)) == .span([]))
        #expect(try transcode(.span(#""name":"a","name":"""#)) == .span([]))
        #expect(try transcode(.span(#""name":null,"name":"a""#)) == .span(.field(5, text: "a")))
        #expect(
            try transcode(.span(#""trace_state":"a","traceState":"b""#))
                == .span(.field(3, text: "b")))
        #expect(
            try transcode(.resource(#""attributes":[{"key":"a"}],"attributes":[{"key":"b"}]"#))
                == .resource(.field(1, bytes: .field(1, text: "b"))))
        #expect(
            try transcode(#"{"resourceSpans":[{"schemaUrl":"a"}],"resourceSpans":[{}]}"#)
                == .field(1, bytes: []))
    }

    @Test(arguments: [
        "traceId", "spanId", "traceState", "parentSpanId", "name", "kind", "startTimeUnixNano",
        "endTimeUnixNano", "attributes", "droppedAttributesCount", "events", "droppedEventsCount",
        "links", "droppedLinksCount", "status", "flags",
    ])
    func `J14: null stands for a field that is not set`(name: String) throws {
        #expect(try transcode(.span(#""\#(name)":null"#)) == .span([]))
    }

    @Test func `J14: null is no element of a list`() {
        expectRefusal(.span(#""attributes":[null]"#), \.isWrongValue)
        expectRefusal(.value(#"{"arrayValue":{"values":[null]}}"#), \.isWrongValue)
        expectRefusal(.resource(#""entityRefs":[{"idKeys":[null]}]"#), \.isWrongValue)
    }

    @Test func `entity references keep empty keys`() throws {
        #expect(
            try transcode(
                .resource(#""entityRefs":[{"idKeys":["a",""],"type":"t"}]"#))
                == .resource(
                    .field(
                        3,
                        bytes: .fields(
                            .field(2, text: "t"), .field(3, text: "a"), .field(3, text: "")))))
    }
}
