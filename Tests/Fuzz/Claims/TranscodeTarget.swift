import OTLP
import OTLPJSON
import OracleKit

/// `OTLPJSON.transcode`, with and without base64 ids.
///
/// - What it takes is JSON, and what it refuses as no JSON is none: `JSONParser` says the same.
/// - Its result is what protobuf's own encoders write (`CanonicalForm`), at most 5/4 of the body.
/// - The walk takes the result, or one of its limits on counts and sizes is passed.
/// - The result in its plainest spelling (`JSONSpelling`) becomes the same result again.
/// - Base64 ids decide nothing but ids: both ways take and refuse the same bodies.
/// - An error names a place in the body, and is short and printable.
package enum TranscodeTarget: FuzzTarget {
    package static let name = "transcode"

    package static func check(_ input: [UInt8]) throws(BrokenClaim) {
        let plain = try transcoded(input, OTLPJSON.Options())
        let lenient = try transcoded(input, OTLPJSON.Options(acceptsBase64IDs: true))
        switch (plain, lenient) {
        case (.success(let bytes), .success(let lenientBytes)):
            try claim(isJSON(input), "it takes what is no JSON")
            try check(result: bytes, of: input)
            if lenientBytes != bytes { try check(result: lenientBytes, of: input) }
        case (.failure(let error), .failure(let lenientError)):
            try claim(error == lenientError, "\(error), and with base64 ids \(lenientError)")
            try check(error, of: input)
        default:
            throw BrokenClaim("base64 ids decide: \(plain), and with them \(lenient)")
        }
    }

    private static func transcoded(
        _ input: [UInt8], _ options: OTLPJSON.Options
    ) throws(BrokenClaim) -> Result<[UInt8], OTLPJSONError> {
        do throws(OTLPJSONError) {
            return .success(try OTLPJSON.transcode(input.span, options: options))
        } catch {
            return .failure(error)
        }
    }

    private static func check(result: [UInt8], of input: [UInt8]) throws(BrokenClaim) {
        try claim(
            result.count <= input.count + input.count / 4,
            "\(input.count) bytes become \(result.count)")
        let canonical = CanonicalForm.of(result)
        try claim(result == canonical, "\(result) is not canonical: \(canonical)")
        do throws(WireError) {
            _ = try walkRequest(result.span)
        } catch {
            try claim(error.isLimit, "the walk refuses the result: \(error)")
        }
        guard let spelling = JSONSpelling.of(result) else {
            throw BrokenClaim("the result holds strings that are not UTF-8")
        }
        guard case .success(let again) = try transcoded(spelling, OTLPJSON.Options()),
            again == result
        else {
            throw BrokenClaim("another result for \(String(decoding: spelling, as: UTF8.self))")
        }
    }

    private static func check(_ error: OTLPJSONError, of input: [UInt8]) throws(BrokenClaim) {
        try claim((0...input.count).contains(error.offset), "no such place: \(error)")
        try claim(error.description.utf8.count < 600, "a long error: \(error)")
        try claim(!error.description.utf8.contains { $0 < 0x20 }, "not printable: \(error)")
        switch error.reason {
        case .notJSON, .truncated, .notUTF8:
            try claim(!isJSON(input), "it refuses JSON: \(error)")
        case .wrongValue, .tooDeep, .tooLarge: break
        }
    }

    private static func isJSON(_ input: [UInt8]) -> Bool {
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        var parser = JSONParser(
            input.starts(with: mark) ? Array(input.dropFirst(3)) : input, duplicates: .lastWins)
        return (try? parser.parse()) != nil
    }
}

extension WireError {
    /// A limit on counts or sizes, which bytes of any form may pass.
    fileprivate var isLimit: Bool {
        switch reason {
        case .tooManySpans, .tooLarge: true
        default: false
        }
    }
}
