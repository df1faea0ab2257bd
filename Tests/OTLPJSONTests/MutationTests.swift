import OTLP
import OracleKit
import TestKit
import Testing

@testable import OTLPJSON

/// J19, J27: what line noise, a bad proxy or an attacker does to a body.
struct MutationTests {
    /// Pieces that mean something to the reader, to be put anywhere.
    static let pieces: [[UInt8]] =
        [
            "{", "}", "[", "]", ":", ",", "\"", "\\", "\\u", "\\ud800", "null", "true", "-", "1e9",
            "0",
            ".", "e", "NaN", "\"name\":", "\"value\":", "\"kvlistValue\":{\"values\":[",
            "\"arrayValue\":{\"values\":[{", "\"traceId\":\"", "\"attributes\":[{",
            "[[[[[[[[[[[[[[[[", "{\"a\":{\"a\":{\"a\":", "99999999999999999999", "é", "\u{feff}",
        ].map { Array($0.utf8) } + [[0], [0xff], [0xed, 0xa0], [0x80], [0xf0, 0x9f]]

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func `a changed body is refused or becomes a request`(seed: UInt64) {
        var generator = RequestGenerator(seed: seed ^ 0xbad)
        var random = SplitMix64(seed: seed)
        var taken = 0
        var refused = 0
        for _ in 0..<60 {
            let good = Array(generator.request().json.utf8.prefix(4000))
            for _ in 0..<25 {
                let bad = Self.mutated(good, &random)
                let options = OTLPJSON.Options(acceptsBase64IDs: random.once(in: 2))
                do throws(OTLPJSONError) {
                    check(try OTLPJSON.transcode(bad.span, options: options), from: bad)
                    taken += 1
                } catch {
                    check(error, from: bad)
                    refused += 1
                }
            }
        }
        #expect(taken > 20 && refused > 20, "\(taken) taken, \(refused) refused")
    }

    static func mutated(_ good: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var bytes = good
        for _ in 0...random.below(3) {
            guard !bytes.isEmpty else { return bytes }
            let index = random.below(bytes.count)
            switch random.below(7) {
            case 0: bytes[index] ^= 1 << UInt8(random.below(8))
            case 1: bytes[index] = random.byte()
            case 2: bytes.remove(at: index)
            case 3: bytes.removeSubrange(index...)
            case 4: bytes.insert(contentsOf: random.pick(pieces), at: index)
            case 5:
                let end = min(bytes.count, index + random.below(40))
                bytes.insert(contentsOf: bytes[index..<end], at: random.below(bytes.count))
            default:
                let end = min(bytes.count, index + random.below(16))
                bytes.replaceSubrange(index..<end, with: random.pick(pieces))
            }
        }
        return bytes
    }

    private func check(_ bytes: [UInt8], from json: [UInt8]) {
        let text = String(decoding: json, as: UTF8.self)
        #expect(bytes.count <= json.count + json.count / 4, "\(text)")
        #expect(bytes == CanonicalForm.of(bytes), "\(text)")
        do throws(WireError) { _ = try walkRequest(bytes.span) } catch {
            Issue.record("\(error): \(text)")
        }
    }

    private func check(_ error: OTLPJSONError, from json: [UInt8]) {
        #expect((0...json.count).contains(error.offset))
        #expect(error.path.utf8.count <= FieldPath.maxBytes + 3)
        #expect(error.description.utf8.count < 600)
        #expect(!error.description.utf8.contains { $0 < 0x20 })
    }
}
