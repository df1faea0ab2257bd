import TestKit
import Testing

@testable import OTLPJSON

/// J4, J5, J9, J10, J13, J20, J23: numbers and enums.
struct NumberTests {
    static let integers: [(String, Int64)] = [
        ("0", 0), ("-0", 0), ("7", 7), ("-1", -1), ("1e3", 1000), ("1000.0", 1000), ("12.0", 12),
        ("1.5e1", 15), ("1500e-2", 15), ("0.0", 0), ("0e99999999999999999999", 0),
        ("-2.50E+2", -250),
        ("9007199254740993", 9_007_199_254_740_993), ("9223372036854775807", .max),
        ("-9223372036854775808", .min), ("922337203685477580.7e1", .max),
        ("9223372036854775807.000", .max), ("92233720368547758070e-1", .max),
        ("10000000000000000000000e-4", 1_000_000_000_000_000_000),
    ]

    @Test(arguments: integers)
    func `J9, J10, J23: an int64 is exact, as number and as string`(
        text: String, value: Int64
    ) throws {
        let expected: [UInt8] = .value(.field(3, varint: UInt64(bitPattern: value)))
        #expect(try transcode(.value(#"{"intValue":\#(text)}"#)) == expected)
        #expect(try transcode(.value(#"{"intValue":"\#(text)"}"#)) == expected)
    }

    @Test(arguments: [
        "9223372036854775808", "-9223372036854775809", "1.5", "1e-1", "1e19", "1e400", "-1e400",
        "0.1e0", "18446744073709551616", "123456789012345678901234567890", "1e99999999999999999999",
        "12345678901234567890.5",
    ])
    func `J20: an integer that does not fit is refused`(text: String) {
        expectRefusal(.value(#"{"intValue":\#(text)}"#), \.isWrongValue)
        expectRefusal(.value(#"{"intValue":"\#(text)"}"#), \.isWrongValue)
    }

    @Test(arguments: [
        "", " 1", "1 ", "+1", "01", "0x10", "1.", ".5", "1e", "1e+", "-", "--1", "1_000", "1,0",
        "one", "NaN", "Infinity", "１", "1\\n",
    ])
    func `J20: a string that is no number is no integer`(text: String) {
        expectRefusal(.value(#"{"intValue":"\#(text)"}"#), \.isWrongValue)
        expectRefusal(.span(#""startTimeUnixNano":"\#(text)""#), \.isWrongValue)
    }

    @Test func `an escaped digit is a digit`() throws {
        #expect(
            try transcode(.value(#"{"intValue":"\u00312"}"#)) == .value(.field(3, varint: 12)))
    }

    @Test(arguments: ["18446744073709551615", "1.8446744073709551615e19"])
    func `J10: times reach to 2^64 - 1`(text: String) throws {
        let expected: [UInt8] = .span(.field(7, fixed64: .max))
        #expect(try transcode(.span(#""startTimeUnixNano":\#(text)"#)) == expected)
        #expect(try transcode(.span(#""startTimeUnixNano":"\#(text)""#)) == expected)
    }

    @Test(arguments: ["-1", "18446744073709551616", "0.5", "true", "{}", "[]", "\"soon\""])
    func `J20: a time that is none is refused`(text: String) {
        expectRefusal(.span(#""endTimeUnixNano":\#(text)"#), \.isWrongValue)
    }

    @Test func `32-bit fields take 32 bits, as number or string`() throws {
        let json = #""flags":4294967295,"droppedEventsCount":"4294967295","droppedLinksCount":0"#
        let span: [UInt8] = .field(12, varint: 0xffff_ffff) + .field(16, fixed32: 0xffff_ffff)
        #expect(try transcode(.span(json)) == .span(span))
        expectRefusal(.span(#""flags":4294967296"#), \.isWrongValue)
        expectRefusal(.span(#""droppedLinksCount":-1"#), \.isWrongValue)
        expectRefusal(.span(#""droppedLinksCount":4294967296"#), \.isWrongValue)
    }

    @Test(arguments: [
        ("0", 0.0), ("-0", -0.0), ("-0.0", -0.0), ("1.5", 1.5), ("3", 3), ("1e22", 1e22),
        ("1e23", 1e23), ("123456789012345678", 1.2345678901234568e17),
        ("1.7976931348623157e308", .greatestFiniteMagnitude), ("5e-324", .leastNonzeroMagnitude),
        ("2.2250738585072011e-308", Double.leastNormalMagnitude.nextDown), ("1e-400", 0),
        ("1e-99999999999999999999", 0),
        ("-12345678901234567890e-9999999", -0.0),
        ("9007199254740993", 9_007_199_254_740_992), ("0.1", 0.1),
        ("179769313486231580793e288", .greatestFiniteMagnitude), ("3.141592653589793", .pi),
    ])
    func `J13: a double is the nearest one, as number and as string`(
        text: String, value: Double
    ) throws {
        let expected: [UInt8] = .value(.field(4, fixed64: value.bitPattern))
        #expect(try transcode(.value(#"{"doubleValue":\#(text)}"#)) == expected)
        #expect(try transcode(.value(#"{"doubleValue":"\#(text)"}"#)) == expected)
    }

    @Test func `J13: random doubles come back bit by bit`() throws {
        var random = SplitMix64(seed: 13)
        for _ in 0..<2000 {
            let value = Double(bitPattern: random.next())
            guard value.isFinite else { continue }
            #expect(
                try transcode(.value(#"{"doubleValue":\#(value)}"#))
                    == .value(.field(4, fixed64: value.bitPattern)), "\(value)")
        }
    }

    @Test func `J13: digits without end are rounded once`() throws {
        // Half between 1 and the next double, and then the least bit more, 5000 digits behind.
        let half = "1.00000000000000011102230246251565404236316680908203125"
        let more = half + String(repeating: "0", count: 5000) + "1"
        for (text, value) in [(half, 1.0), (more, 1.0.nextUp)] {
            #expect(
                try transcode(.value(#"{"doubleValue":\#(text)}"#))
                    == .value(.field(4, fixed64: value.bitPattern)))
        }
        let long = "1" + String(repeating: "0", count: 5000)
        #expect(
            try transcode(.value(#"{"doubleValue":\#(long)e-5000}"#))
                == .value(.field(4, fixed64: 1.0.bitPattern)))
        #expect(
            try transcode(.value(#"{"doubleValue":0.\#(long)e1}"#))
                == .value(.field(4, fixed64: 1.0.bitPattern)))
        #expect(
            try transcode(.value(#"{"intValue":\#(long)e-4999}"#))
                == .value(.field(3, varint: 10)))
    }

    @Test(arguments: [("NaN", Double.nan), ("Infinity", .infinity), ("-Infinity", -.infinity)])
    func `J13: what is not finite is a string`(text: String, value: Double) throws {
        #expect(
            try transcode(.value(#"{"doubleValue":"\#(text)"}"#))
                == .value(.field(4, fixed64: value.bitPattern)))
        expectRefusal(.value(#"{"doubleValue":\#(text)}"#)) { $0.isNotJSON || $0.isWrongValue }
    }

    @Test(arguments: [
        "1e309", "-1e309", "1e99999999999999999999", "12345678901234567890e400", "\"1e309\"",
        "true", "\"nan\"", "\"\"", "{}", "\"inf\"",
    ])
    func `J20: what is no double is refused`(text: String) {
        expectRefusal(.value(#"{"doubleValue":\#(text)}"#), \.isWrongValue)
    }

    @Test(arguments: [
        ("3", 3), ("\"3\"", 3), ("3.0", 3), ("2147483647", 2_147_483_647), ("99", 99),
        ("\"SPAN_KIND_CLIENT\"", 3), ("\"SPAN_KIND_CONSUMER\"", 5),
        ("\"SPAN_KIND\\u005fSERVER\"", 2),
    ])
    func `J4, J5: a kind is any number, or a name`(text: String, number: UInt64) throws {
        #expect(try transcode(.span(#""kind":\#(text)"#)) == .span(.field(6, varint: number)))
    }

    @Test func `a default is not written`() throws {
        for kind in ["0", "\"SPAN_KIND_UNSPECIFIED\"", "\"0\"", "null"] {
            let json = #""kind":\#(kind),"name":"","startTimeUnixNano":"0","flags":0"#
            #expect(try transcode(.span(json)) == .span([]))
        }
    }

    @Test func `a negative enum has ten bytes, as protobuf writes it`() throws {
        let expected: [UInt8] = .field(15, bytes: .field(3, varint: UInt64(bitPattern: -2)))
        #expect(try transcode(.span(#""status":{"code":-2}"#)) == .span(expected))
    }

    @Test func `J5: status codes have names`() throws {
        let expected: [UInt8] = .span(.field(15, bytes: .field(3, varint: 2)))
        #expect(try transcode(.span(#""status":{"code":"STATUS_CODE_ERROR"}"#)) == expected)
    }

    @Test(arguments: [
        "\"SPAN_KIND_NONE\"", "\"client\"", "2147483648", "-2147483649", "1.5", "true", "\"\"",
        "\"STATUS_CODE_OK\"",
    ])
    func `J20: what is no kind is refused`(text: String) {
        expectRefusal(.span(#""kind":\#(text)"#), \.isWrongValue)
    }
}
