import Testing

@testable import MastraRecords

struct JSONWriterMemoryTests {
    private static let odd = Array("\"\\\n\u{0}\u{1f600}é".utf8) + [0xff, 0xe2, 0x82, 0x22, 0x01]

    /// Every verb, each of which has to make its own room.
    private static let verbs: [(name: String, write: @Sendable (inout JSONWriter) -> Void)] = [
        ("byte", { $0.byte(0x78) }),
        ("literal", { $0.literal(",\"traceId\":") }),
        ("raw", { $0.raw(Array("0123456789012345678901234567890123456789".utf8)) }),
        ("repeatBytes", { $0.repeatBytes(from: 0, to: $0.count) }),
        ("string", { $0.string(odd.span, 0, odd.count) }),
        ("long string", { $0.string(String(repeating: "ab\u{1}", count: 300)) }),
        ("plain string", { $0.string(String(repeating: "x", count: 41)) }),
        ("empty string", { $0.string("") }),
        ("unsigned", { $0.unsigned(.max) }),
        ("signed", { $0.signed(.min) }),
        ("double", { $0.double(-2.2250738585072014e-308) }),
        ("NaN", { $0.double(.nan) }),
        ("hex", { $0.hex(odd.span, 0, odd.count) }),
        ("base64", { $0.base64(odd.span, 0, odd.count) }),
        ("time", { $0.time(milliseconds: 253_402_300_799_999) }),
    ]

    @Test(arguments: verbs.indices)
    func `each verb writes the same at each fill of a small writer`(verb: Int) {
        let (name, write) = Self.verbs[verb]
        for fill in 0...130 {
            let prefix = [UInt8](repeating: UInt8(ascii: "-"), count: fill)
            let expected = written(capacity: 1 << 16) {
                $0.raw(prefix)
                write(&$0)
            }
            let small = written(capacity: 0) {
                $0.raw(prefix)
                write(&$0)
            }
            #expect(small == expected, "\(name) at \(fill)")
            #expect(small.prefix(fill) == prefix[...], "\(name) at \(fill)")
        }
    }

    @Test func `a string of escapes alone grows with its text`() {
        for length in 0...300 {
            let zeros = [UInt8](repeating: 0, count: length)
            let expected = "\"" + String(repeating: "\\u0000", count: length) + "\""
            #expect(String(decoding: writtenString(zeros).json, as: UTF8.self) == expected)
            let broken = [UInt8](repeating: 0xff, count: length)
            #expect(writtenString(broken).json.count == 2 + 3 * length)
            let quotes = [UInt8](repeating: 0x22, count: length)
            #expect(writtenString(quotes).json.count == 2 + 2 * length)
        }
    }

    @Test func `a writer takes megabytes`() {
        let bytes = written { writer in
            for _ in 0..<40_000 { writer.literal("0123456789012345678901234567890123456789") }
        }
        #expect(bytes.count == 1_600_000)
        #expect(bytes.enumerated().allSatisfy { Int($1) == 0x30 + $0 % 10 })
    }

    @Test func `bytes are repeated from any place, across growth too`() {
        for length in 1...100 {
            let source = (0..<length).map { UInt8($0 % 26) + 0x61 }
            let middle = length / 2
            let bytes = written {
                $0.raw(source)
                $0.repeatBytes(from: middle, to: length)
                $0.repeatBytes(from: 0, to: 0)
                $0.repeatBytes(from: 0, to: middle)
            }
            #expect(bytes == source + source[middle...] + source[..<middle])
        }
    }

    @Test func `what is cut off is written over`() {
        var writer = JSONWriter()
        writer.literal("kept-dropped")
        writer.truncate(to: 5)
        let count = writer.count
        #expect(count == 5)
        writer.literal("new")
        let (all, tail, none) = (
            writer.bytes(from: 0), writer.bytes(from: 5), writer.bytes(from: 8)
        )
        #expect(all == Array("kept-new".utf8))
        #expect(tail == Array("new".utf8))
        #expect(none == [])
        writer.truncate(to: 0)
        let rest = writer.bytes(from: 0)
        #expect(rest == [])
    }

    @Test func `a part of raw bytes is written`() {
        let bytes = Array("[1,2]".utf8)
        #expect(text { $0.raw(bytes.span, 1, 4) } == "1,2")
        #expect(text { $0.raw(bytes.span, 2, 2) } == "")
        #expect(text { $0.raw([]) } == "")
    }

    @Test func `the flag stays up until it is taken down`() {
        var writer = JSONWriter()
        writer.string([0xff].span, 0, 1)
        writer.string("fine")
        let isUp = writer.replacedInvalidUTF8
        writer.replacedInvalidUTF8 = false
        writer.string("fine")
        let isUpAgain = writer.replacedInvalidUTF8
        #expect(isUp && !isUpAgain)
    }

    @Test func `a finished block holds the bytes that were written`() {
        for length in [0, 1, 64, 65, 1000] {
            var writer = JSONWriter(capacity: 64)
            for _ in 0..<length { writer.byte(0x79) }
            let block = writer.finish()
            #expect(block.count == length)
            #expect(
                block.withUnsafeBytes { Array($0) } == [UInt8](repeating: 0x79, count: length))
        }
    }

    @Test func `a block is a copy of its bytes`() {
        for bytes in [[], [1], Array(0...255)] as [[UInt8]] {
            let block = ByteBlock(copying: bytes)
            #expect(block.count == bytes.count)
            #expect(block.withUnsafeBytes { Array($0) } == bytes)
        }
        #expect(ByteBlock(copying: "text".utf8).withUnsafeBytes { Array($0) } == Array("text".utf8))
    }

    @Test func `a block may be read by several tasks at once`() async {
        let block = ByteBlock(copying: Array(0...255))
        await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { block.withUnsafeBytes { $0.reduce(0) { $0 + Int($1) } } }
            }
            for await sum in group { #expect(sum == 32_640) }
        }
    }
}
