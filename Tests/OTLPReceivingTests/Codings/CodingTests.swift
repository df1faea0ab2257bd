import CDeflate
import CZstd
import Testing

@testable import OTLPReceiving

/// zlib and Zstandard; gzip has tests of its own.
@Suite struct CodingTests {
    private func decode(
        _ input: [UInt8], _ coding: BodyCoding, limit: Int = 1 << 20,
        reserve: (Int) -> Bool = { _ in true }
    ) -> Result<[UInt8], DecodeError> {
        Result { () throws(DecodeError) in
            try BodyDecoder().decode(input.span, as: coding, limit: limit, reserve: reserve)
        }
    }

    private static func zlib(_ content: [UInt8]) -> [UInt8] {
        let compressor = libdeflate_alloc_compressor(6)
        defer { libdeflate_free_compressor(compressor) }
        return [UInt8](unsafeUninitializedCapacity: content.count + 100) { buffer, count in
            count = libdeflate_zlib_compress(
                compressor, content, content.count, buffer.baseAddress, buffer.count)
        }
    }

    private static func zstd(_ content: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(content.count)) { buffer, count in
            count = ZSTD_compress(buffer.baseAddress, buffer.count, content, content.count, 3)
        }
    }

    /// A frame whose header does not say how long it becomes, as streaming encoders write it.
    private static func zstdStream(_ content: [UInt8]) -> [UInt8] {
        let context = ZSTD_createCCtx()
        defer { ZSTD_freeCCtx(context) }
        ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0)
        return [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(content.count)) {
            buffer, count in
            count = ZSTD_compress2(
                context, buffer.baseAddress, buffer.count, content, content.count)
        }
    }

    private static let encoders: [(BodyCoding, @Sendable ([UInt8]) -> [UInt8])] = [
        (.identity, { $0 }), (.deflate, zlib), (.zstd, zstd), (.zstd, zstdStream),
    ]

    private static let contents: [[UInt8]] = [
        [7], Array("spans and more spans".utf8), [UInt8](repeating: 0, count: 300_000),
        (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) },
    ]

    @Test(arguments: encoders.indices)
    func `what was compressed comes back (X13)`(_ index: Int) {
        let (coding, encode) = Self.encoders[index]
        for content in Self.contents {
            #expect(decode(encode(content), coding) == .success(content))
        }
    }

    @Test(arguments: encoders.indices)
    func `the limit holds to the byte (H11)`(_ index: Int) {
        let (coding, encode) = Self.encoders[index]
        for content in Self.contents {
            let bytes = encode(content)
            #expect(decode(bytes, coding, limit: content.count) == .success(content))
            #expect(
                decode(bytes, coding, limit: content.count - 1)
                    == .failure(.tooLarge(limit: content.count - 1)))
        }
    }

    @Test(arguments: encoders.indices.dropFirst())
    func `what is cut off or has something behind it is broken (X10, X13)`(_ index: Int) {
        let (coding, encode) = Self.encoders[index]
        let bytes = encode(Array("a body of some bytes, twice: a body of some bytes".utf8))
        for cut in 1..<bytes.count {
            guard case .failure(.broken) = decode(Array(bytes[..<cut]), coding) else {
                Issue.record("cut at \(cut)")
                continue
            }
        }
        guard case .failure(.broken) = decode(bytes + [1, 2, 3], coding) else {
            Issue.record("garbage behind it")
            return
        }
    }

    @Test func `a wrong checksum is broken`() {
        var bytes = Self.zlib([1, 2, 3])
        bytes[bytes.count - 1] ^= 1
        #expect(
            decode(bytes, .deflate) == .failure(.broken("the zlib stream is damaged or cut off")))
    }

    @Test func `several zstd frames are one body, skippable ones are skipped`() {
        let skippable: [UInt8] = [0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9]
        let bytes = Self.zstd([1, 2]) + skippable + Self.zstdStream([3])
        #expect(decode(bytes, .zstd) == .success([1, 2, 3]))
    }

    @Test func `one container is not taken for another (H8)`() {
        let content = Self.contents[1]
        for (coding, _) in Self.encoders.dropFirst() {
            for (other, encode) in Self.encoders where other != coding {
                guard case .failure(.broken) = decode(encode(content), coding) else {
                    Issue.record("\(other) as \(coding)")
                    continue
                }
            }
        }
    }

    @Test(arguments: [(UInt8(100), 20_000), (30, 200_000)])
    func `where the guess does not fit, what is needed may (H30)`(_ noise: UInt8, _ count: Int) {
        // Compresses to about a half, so that deflate's guess is about twice as much as is needed.
        var random = SystemRandomNumberGenerator()
        let content = (0..<count).map { _ in UInt8.random(in: 0..<noise, using: &random) }
        for (coding, encode) in Self.encoders.dropFirst() {
            let bytes = encode(content)
            var left = max(count, 65_536) + count / 8
            let decoded = decode(bytes, coding) { wanted in
                guard wanted <= left else { return false }
                left -= wanted
                return true
            }
            #expect(decoded == .success(content), "\(coding)")
        }
        // Bytes that are nothing are told so, whatever length they claim.
        let claim = [UInt8](repeating: 0x7f, count: 2000)
        guard case .failure(.broken) = decode(claim, .gzip, reserve: { $0 <= 65_536 }) else {
            Issue.record("no gzip is not told")
            return
        }
    }

    @Test func `a zstd frame reserves what its header says, within reason (X12)`() {
        var calls: [Int] = []
        _ = decode(Self.zstd([UInt8](repeating: 0, count: 300_000)), .zstd) {
            calls.append($0)
            return true
        }
        #expect(calls == [300_000])
        // A header that says 2^40 - 1 bytes in front of nothing.
        let liar: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0]
        calls = []
        guard
            case .failure(.broken) = decode(
                liar, .zstd, limit: 1 << 26,
                reserve: {
                    calls.append($0)
                    return true
                })
        else {
            Issue.record("taken")
            return
        }
        #expect(calls.reduce(0, +) <= liar.count * 32_768)
    }

    @Test func `a refused reservation ends it`() {
        let bytes = Self.zstdStream([UInt8](repeating: 0, count: 300_000))
        var calls = 0
        #expect(
            decode(bytes, .zstd) { _ in
                calls += 1
                return calls < 2
            } == .failure(.outOfMemory))
        #expect(calls == 2)
    }

    // MARK: Answers

    @Test(arguments: [
        "gzip", "GZIP", "deflate, gzip", "gzip;q=0.5", "gzip; q=1", "*", "br, *;q=0.1", "x-gzip",
    ])
    func `gzip is offered (H9)`(_ header: String) {
        #expect(AnswerGzip.isOffered(header))
    }

    @Test(arguments: [
        "", "identity", "br", "gzip;q=0", "gzip;q=0.000", "*;q=0", "gzipped", "gzip;q=0, *", ",",
    ])
    func `gzip is not offered (H9)`(_ header: String) {
        #expect(!AnswerGzip.isOffered(header))
    }

    @Test func `an answer is compressed where that makes it shorter`() throws {
        let text = [UInt8](repeating: 0x61, count: 128)
        let packed = try #require(AnswerGzip.compressed(text))
        #expect(packed.count < text.count)
        #expect(decode(packed, .gzip) == .success(text))
        #expect(AnswerGzip.compressed([UInt8](repeating: 0x61, count: 127)) == nil)
        let noise = (0..<200).map { UInt8(truncatingIfNeeded: $0 &* $0 &* 151 &+ $0 &* 77 >> 3) }
        #expect(AnswerGzip.compressed(noise).map { $0.count < noise.count } ?? true)
    }
}
