import Testing

@testable import MastraRecords

struct UTF8CheckTests {
    @Test func `each character has its length`() {
        for value in UInt32(0x80)...0x10_ffff where value % 7 == 0 || value < 0x3000 {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let bytes = Array(String(Character(scalar)).utf8)
            let length = UTF8Check.length(of: bytes.span, at: 0, before: bytes.count)
            if length != bytes.count { Issue.record("U+\(String(value, radix: 16))") }
        }
    }

    @Test func `every two bytes are judged as the standard library judges them`() {
        for first in UInt8(0x80)...0xff {
            for second in UInt8.min...UInt8.max {
                let bytes = [first, second]
                let isOne = String(validating: bytes, as: UTF8.self)?.unicodeScalars.count == 1
                let length = UTF8Check.length(of: bytes.span, at: 0, before: 2)
                if (length == 2) != isOne { Issue.record("\(bytes): \(length)") }
            }
        }
    }

    @Test func `a character does not reach past the end`() {
        let bytes = Array("a€".utf8)
        let lengths = [2, 3, 4].map { UTF8Check.length(of: bytes.span, at: 1, before: $0) }
        #expect(lengths == [0, 0, 3])
    }
}
