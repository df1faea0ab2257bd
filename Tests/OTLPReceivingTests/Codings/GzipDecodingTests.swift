import Testing

@testable import OTLPReceiving

@Suite struct GzipDecodingTests {
    private static let limit = 1 << 20

    private func inflate(
        _ input: [UInt8], limit: Int = limit, reserve: (Int) -> Bool = { _ in true }
    ) -> Result<[UInt8], DecodeError> {
        Result { () throws(DecodeError) in
            try BodyDecoder().decode(input.span, as: .gzip, limit: limit, reserve: reserve)
        }
    }

    private func isBroken(_ result: Result<[UInt8], DecodeError>) -> Bool {
        if case .failure(.broken) = result { true } else { false }
    }

    // MARK: What is taken

    @Test func `stored blocks come out as they went in`() {
        let content = (0..<150_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        #expect(inflate(Gzip.stored(content)) == .success(content))
        #expect(inflate(Gzip.stored([])) == .success([]))
    }

    @Test(arguments: [1, 6])
    func `zlib's levels are read (P2)`(_ level: Int) throws {
        let bytes = try #require(ZlibSamples.byLevel[level])
        #expect(bytes.count > 200)
        #expect(inflate(bytes) == .success(ZlibSamples.text))
    }

    @Test func `fixed codes are read`() {
        #expect(inflate(Gzip.zeros(20_641)) == .success([UInt8](repeating: 0, count: 20_641)))
    }

    @Test func `several members are one body (X11)`() throws {
        let members = [
            Gzip.stored([1, 2]), Gzip.stored([]), try #require(ZlibSamples.byLevel[6]),
            Gzip.stored([3]),
        ]
        #expect(inflate(Array(members.joined())) == .success([1, 2] + ZlibSamples.text + [3]))
    }

    @Test func `no bytes are no body (H21)`() {
        #expect(inflate([]) == .success([]))
    }

    @Test func `optional fields of a header are skipped`() {
        let extra: [UInt8] = [3, 0, 1, 2, 3]
        let name = Array("name".utf8) + [0]
        let comment = Array("comment".utf8) + [0]
        var header: [UInt8] = [0x1f, 0x8b, 8, 0b1_1110, 1, 2, 3, 4, 2, 3]
        header += extra + name + comment
        header += Gzip.little(UInt16(truncatingIfNeeded: Gzip.crc32(header)))
        #expect(inflate(header + Gzip.stored([9, 8]).dropFirst(10)) == .success([9, 8]))
    }

    // MARK: What is broken

    @Test func `a body that ends early is broken, wherever (X10)`() throws {
        for bytes in [try #require(ZlibSamples.byLevel[6]), Gzip.stored([1, 2, 3])] {
            for cut in 1..<bytes.count {
                #expect(isBroken(inflate(Array(bytes[..<cut]))), "cut at \(cut)")
            }
        }
    }

    @Test func `a wrong bit is found or does not matter`() throws {
        let bytes = try #require(ZlibSamples.byLevel[6])
        var harmless: [Int] = []
        for bit in 0..<bytes.count * 8 {
            var wrong = bytes
            wrong[bit / 8] ^= 1 << UInt8(bit % 8)
            let result = inflate(wrong)
            if result == .success(ZlibSamples.text) { harmless.append(bit) }
            #expect(result == .success(ZlibSamples.text) || isBroken(result), "bit \(bit)")
        }
        // FTEXT, the time, extra flags and the system say nothing of the content; the bits behind the
        // last block neither.
        let header = Gzip.header.count * 8
        #expect(harmless.filter { $0 < header } == [24] + Array(32..<80))
        #expect(harmless.allSatisfy { $0 < header || $0 >= (bytes.count - 9) * 8 })
    }

    @Test func `a wrong checksum is broken (X10)`() {
        var bytes = Gzip.stored([1, 2, 3])
        bytes[bytes.count - 8] ^= 1
        #expect(isBroken(inflate(bytes)))
    }

    @Test(arguments: [0, 1, 2, 4, 200_000, UInt32.max] as [UInt32])
    func `a length that lies is broken, small or huge (X10)`(_ length: UInt32) {
        let bytes = Gzip.stored([1, 2, 3])
        #expect(isBroken(inflate(bytes.dropLast(4) + Gzip.little(length))))
    }

    @Test(
        arguments: [
            [0x78, 0x9c, 3, 0, 0, 0, 0, 1],  // zlib
            [3, 0],  // deflate
            Array("PK\u{3}\u{4}".utf8), [0x28, 0xb5, 0x2f, 0xfd], [0], [0x1f], [0x1f, 0x8b],
            [UInt8](repeating: 0x0a, count: 100),
            [0x1f, 0x8b, 7] + Gzip.stored([1]).dropFirst(3),  // another method
            [0x1f, 0x8b, 8, 0xe0] + Gzip.stored([1]).dropFirst(4),  // reserved flags
        ] as [[UInt8]])
    func `what is no gzip is broken (H8, X10)`(_ bytes: [UInt8]) {
        #expect(isBroken(inflate(bytes)))
    }

    @Test(
        arguments: [[0], [0x1f], [0x1f, 0x8b], [0, 0, 0, 0, 0, 0, 0, 0], Array("more".utf8)]
            as [[UInt8]])
    func `anything behind the last member is broken`(_ garbage: [UInt8]) {
        #expect(isBroken(inflate(Gzip.stored([1, 2, 3]) + garbage)))
    }

    @Test func `the message names the member and its place`() {
        let first = Gzip.stored([1, 2, 3])
        #expect(
            inflate(first + [1, 2, 3])
                == .failure(
                    .broken("gzip member 2 at byte \(first.count) is damaged or cut off")))
        #expect(
            inflate([1, 2, 3]) == .failure(.broken("gzip member 1 at byte 0 is damaged or cut off"))
        )
    }

    // MARK: The limit

    @Test func `exactly the limit passes, and one byte more does not (H11)`() {
        for limit in [1, 63, 64, 65, 1000, 70_000] {
            let content = [UInt8](repeating: 7, count: limit)
            #expect(inflate(Gzip.stored(content), limit: limit) == .success(content))
            #expect(
                inflate(Gzip.stored(content + [7]), limit: limit)
                    == .failure(.tooLarge(limit: limit)))
        }
    }

    @Test func `the limit counts members together`() {
        let half = [UInt8](repeating: 7, count: 500)
        #expect(
            inflate(Gzip.stored(half) + Gzip.stored(half), limit: 1000) == .success(half + half))
        #expect(
            inflate(Gzip.stored(half + half) + Gzip.stored([]), limit: 1000)
                == .success(half + half))
        #expect(
            inflate(Gzip.stored(half + half) + Gzip.stored([7]), limit: 1000)
                == .failure(.tooLarge(limit: 1000)))
    }

    @Test func `a bomb is stopped at the limit (X12)`() {
        let bomb = Gzip.zeros(32_768 * 2064 + 1, isChecked: false)
        #expect(bomb.count < 500_000)
        var reserved = 0
        let result = inflate(bomb) {
            reserved += $0
            return true
        }
        #expect(result == .failure(.tooLarge(limit: Self.limit)))
        #expect(reserved == Self.limit)
    }

    // MARK: The reservation

    @Test func `an honest length is reserved once`() {
        var calls: [Int] = []
        let content = [UInt8](repeating: 7, count: 5000)
        _ = inflate(Gzip.stored(content)) {
            calls.append($0)
            return true
        }
        // The compressed bytes are the more: stored blocks do not shrink.
        #expect(calls == [Gzip.stored(content).count])
        calls = []
        _ = inflate(Gzip.zeros(20_641)) {
            calls.append($0)
            return true
        }
        #expect(calls == [20_641])
    }

    @Test func `growth is reserved before it is taken, up to what is held`() {
        var calls: [Int] = []
        let result = inflate(Gzip.zeros(206_401) + Gzip.stored([1])) {
            calls.append($0)
            return true
        }
        #expect(result == .success([UInt8](repeating: 0, count: 206_401) + [1]))
        // The last trailer names one byte; the guess then doubles from 64 KiB.
        #expect(calls.dropFirst().reduce(calls[0], +) == 262_144)
        #expect(calls.dropFirst() == [65_536 - calls[0], 65_536, 131_072])
    }

    @Test func `a huge named length reserves no more than can come of the input`() {
        var reserved = 0
        let bytes = Gzip.stored([1, 2, 3])
        #expect(
            isBroken(
                inflate(bytes.dropLast(4) + Gzip.little(UInt32.max), limit: .max) {
                    reserved += $0
                    return true
                }))
        #expect(reserved <= bytes.count * 1032)
    }

    @Test func `a refused reservation ends it, at the beginning and at every growth`() {
        let input = Gzip.zeros(206_401) + Gzip.stored([1])
        for allowed in 0..<4 {
            var calls = 0
            let result = inflate(input) { _ in
                calls += 1
                return calls <= allowed
            }
            #expect(result == .failure(.outOfMemory), "\(allowed) allowed")
            // A large step is tried in parts.
            #expect(calls == allowed + (allowed == 3 ? 3 : 1))
        }
        var calls = 0
        _ = inflate(input) { _ in
            calls += 1
            return true
        }
        #expect(calls == 4)
    }

    // MARK: The pool

    @Test func `a decompressor that met broken bytes reads good ones`() throws {
        let decoder = BodyDecoder()
        let good = try #require(ZlibSamples.byLevel[6])
        for _ in 0..<3 {
            #expect(throws: DecodeError.self) {
                try decoder.decode(
                    ([1, 2, 3] as [UInt8]).span, as: .gzip, limit: 100, reserve: { _ in true })
            }
            #expect(
                try decoder.decode(good.span, as: .gzip, limit: 2000, reserve: { _ in true })
                    == ZlibSamples.text)
        }
    }

    @Test func `many threads inflate at once`() async throws {
        let decoder = BodyDecoder()
        let bytes = try #require(ZlibSamples.byLevel[1])
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<32 {
                group.addTask {
                    (try? decoder.decode(bytes.span, as: .gzip, limit: 2000, reserve: { _ in true }))
                        == ZlibSamples.text
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}
