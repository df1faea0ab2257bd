import Foundation
import TestKit
import Testing

@testable import MastraRecords

struct JSONWriterNumberTests {
    @Test func `unsigned numbers are written at each power and at the ends`() {
        var values: [UInt64] = [0, 1, 9, .max, .max - 1]
        var power: UInt64 = 1
        for _ in 0..<19 {
            power *= 10
            values += [power - 1, power, power + 1]
        }
        for value in values { #expect(text { $0.unsigned(value) } == String(value)) }
    }

    @Test(arguments: [.min, .min + 1, -10, -9, -1, 0, 1, 10, .max] as [Int64])
    func `signed numbers are written with their sign`(value: Int64) {
        #expect(text { $0.signed(value) } == String(value))
    }

    @Test func `random integers are written as Swift writes them`() {
        var random = SplitMix64(seed: 1)
        for _ in 0..<2000 {
            let value = random.next() >> UInt64(random.below(64))
            #expect(text { $0.unsigned(value) } == String(value))
            let signed = Int64(bitPattern: random.next()) >> Int64(random.below(64))
            #expect(text { $0.signed(signed) } == String(signed))
        }
    }

    @Test func `finite doubles of random bits read back as themselves`() throws {
        var random = SplitMix64(seed: 2)
        var values: [Double] = [
            0, -0.0, 1, -1, 0.1, 1e15, 1e16, 1e17, 1e21, .leastNonzeroMagnitude, .pi,
            .greatestFiniteMagnitude,
            -.greatestFiniteMagnitude, .leastNormalMagnitude, 9_007_199_254_740_992,
        ]
        for _ in 0..<3000 { values.append(Double(bitPattern: random.next())) }
        for value in values where value.isFinite {
            let json = text { $0.double(value) }
            #expect(Double(json)?.bitPattern == value.bitPattern, "\(json)")
            #expect(json.wholeMatch(of: /-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/) != nil, "\(json)")
        }
    }

    @Test func `what is no number is written as OTLP JSON names it`() {
        #expect(text { $0.double(.nan) } == "\"NaN\"")
        #expect(text { $0.double(-.nan) } == "\"NaN\"")
        #expect(text { $0.double(.signalingNaN) } == "\"NaN\"")
        #expect(text { $0.double(.infinity) } == "\"Infinity\"")
        #expect(text { $0.double(-.infinity) } == "\"-Infinity\"")
    }

    @Test func `each byte has its two digits`() {
        let bytes = Array(UInt8.min...UInt8.max)
        let digits = bytes.map { String(format: "%02x", $0) }.joined()
        #expect(text { $0.hex(bytes.span, 0, bytes.count) } == "\"\(digits)\"")
        #expect(text { $0.hex(bytes.span, 254, 256) } == "\"feff\"")
        #expect(text { $0.hex(bytes.span, 7, 7) } == "\"\"")
    }

    @Test func `base64 is that of Foundation at each length`() {
        var random = SplitMix64(seed: 3)
        for length in 0...200 {
            let bytes = (0..<length).map { _ in random.byte() }
            let expected = Data(bytes).base64EncodedString()
            #expect(text { $0.base64(bytes.span, 0, length) } == "\"\(expected)\"")
        }
    }

    @Test func `base64 has all 64 digits in their order`() {
        let bytes = (0..<64).map { UInt8($0 << 2) }
        let firsts = bytes.map { byte in
            text { $0.base64([byte].span, 0, 1) }.dropFirst().first ?? "?"
        }
        #expect(
            String(firsts) == "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    }

    @Test func `base64 takes a part of the bytes`() {
        let bytes = Array("xhellox".utf8)
        #expect(text { $0.base64(bytes.span, 1, 6) } == "\"aGVsbG8=\"")
        #expect(text { $0.base64(bytes.span, 1, 1) } == "\"\"")
    }
}
