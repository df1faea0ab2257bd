import OTLPJSON
import TestKit
import Testing

func transcode(_ json: [UInt8], base64IDs: Bool = false) throws(OTLPJSONError) -> [UInt8] {
    try OTLPJSON.transcode(json.span, options: .init(acceptsBase64IDs: base64IDs))
}

func transcode(_ json: String, base64IDs: Bool = false) throws(OTLPJSONError) -> [UInt8] {
    try transcode(Array(json.utf8), base64IDs: base64IDs)
}

/// Requests in which a test states only what it cares about, as JSON and as protobuf.
extension String {
    /// A request of one span with these members.
    static func span(_ members: String) -> String {
        #"{"resourceSpans":[{"scopeSpans":[{"spans":[{\#(members)}]}]}]}"#
    }

    /// A request of one span with one attribute, whose value is this `AnyValue`.
    static func value(_ value: String) -> String {
        span(#""attributes":[{"key":"k","value":\#(value)}]"#)
    }

    /// A request of one resource with these members.
    static func resource(_ members: String) -> String {
        #"{"resourceSpans":[{"resource":{\#(members)}}]}"#
    }
}

extension [UInt8] {
    static func span(_ content: [UInt8]) -> [UInt8] {
        field(1, bytes: field(2, bytes: field(2, bytes: content)))
    }

    static func value(_ content: [UInt8]) -> [UInt8] {
        span(field(9, bytes: keyValue("k", content)))
    }

    static func resource(_ content: [UInt8]) -> [UInt8] {
        field(1, bytes: field(1, bytes: content))
    }

    /// Fields one after the other. Long sums of `+` take the compiler too long.
    static func fields(_ parts: [UInt8]...) -> [UInt8] { parts.flatMap(\.self) }

    static func keyValue(_ key: String, _ value: [UInt8]) -> [UInt8] {
        field(1, text: key) + field(2, bytes: value)
    }
}

/// Expects that `json` is refused, for a reason that `matches` names, at the place `offset`.
func expectRefusal(
    _ json: String, at offset: Int? = nil, path: String? = nil,
    _ matches: (OTLPJSONError.Reason) -> Bool, _ location: SourceLocation = #_sourceLocation
) {
    expectRefusal(Array(json.utf8), at: offset, path: path, matches, location)
}

func expectRefusal(
    _ json: [UInt8], at offset: Int? = nil, path: String? = nil,
    _ matches: (OTLPJSONError.Reason) -> Bool, _ location: SourceLocation = #_sourceLocation
) {
    let text = String(decoding: json.prefix(200), as: UTF8.self)
    do throws(OTLPJSONError) {
        let bytes = try transcode(json)
        Issue.record("\(text) became \(bytes)", sourceLocation: location)
    } catch {
        #expect(matches(error.reason), "\(text): \(error)", sourceLocation: location)
        if let offset { #expect(error.offset == offset, "\(error)", sourceLocation: location) }
        if let path { #expect(error.path == path, "\(error)", sourceLocation: location) }
    }
}

extension OTLPJSONError.Reason {
    var isWrongValue: Bool { if case .wrongValue = self { true } else { false } }
    var isNotJSON: Bool {
        switch self {
        case .notJSON, .truncated: true
        default: false
        }
    }
    var isTooDeep: Bool { if case .tooDeep = self { true } else { false } }
}
