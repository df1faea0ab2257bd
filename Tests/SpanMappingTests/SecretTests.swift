import MastraRecords
import SpanMapping
import TestKit
import Testing

/// A secret under a sensitive key never leaves, wherever it stands: tried on random values. A failure
/// names the seed that makes it again.
struct SecretTests {
    private static let secret = "hunter2-hunter2"

    /// A value with the secret somewhere in it under a sensitive key, and the same text elsewhere
    /// nowhere.
    private struct Planter {
        var random: SplitMix64
        private static let keys = [
            "password", "Token", "api_key", "x.SECRET", "SECRET", "client-secret", "key", "auth",
        ].filter(ReferencePolicy.isSensitive)

        init(seed: UInt64) { random = SplitMix64(seed: seed) }

        mutating func key() -> String { random.pick(Self.keys) }

        /// As a scalar, or a list of them; objects are looked into.
        mutating func planted() -> JSON {
            switch random.below(4) {
            case 0: [.string(secret)]
            case 1: [1, .string("a " + secret), .null]
            default: .string(random.once(in: 2) ? secret : "a \(secret) b")
            }
        }

        mutating func value(_ depth: Int) -> JSON {
            guard depth > 0 else { return .object([key(): planted()]) }
            let inner = value(depth - 1)
            var random = SplitMix64(seed: self.random.next())
            let noise = JSON.random(depth: 2, using: &random)
            switch random.below(3) {
            case 0: return [noise, inner]
            case 1: return ["a": noise, "m": inner, key(): inner]
            default: return ["n.m": inner]
            }
        }
    }

    @Test(arguments: Place.allCases)
    func `a secret is in no record`(_ place: Place) throws {
        var policy = ContentPolicy()
        policy.maxDepth = 64
        for dialect in RecordDialect.allCases {
            var options = MappingOptions(dialect: dialect)
            options.policy = policy
            options.keepsVectors = true
            var mapper = SpanMapper(options: options)
            for seed in Seeds(count: 40, first: 5_000_000) {
                var planter = Planter(seed: seed)
                let isPlain = planter.random.once(in: 3)
                let value = isPlain ? planter.planted() : planter.value(planter.random.below(5))
                let key = isPlain ? planter.key() : "k"
                let records = mapper.records(of: place.request(key, value).encoded)
                let text = String(decoding: try #require(records.first), as: UTF8.self)
                #expect(!text.contains(Self.secret), "seed \(seed), \(place): \(text)")
                #expect(text.contains("[REDACTED]"), "seed \(seed), \(place): \(text)")
            }
        }
    }

    @Test func `a secret is hidden in records that are made short`() throws {
        let long = String(repeating: "x", count: 200_000)
        for place in Place.allCases {
            let value: JSON = ["a": .string(long), "token": .string(Self.secret)]
            let request = place.request("k", value).encoded
            var mapper = SpanMapper(dialect: .platform)
            let records = mapper.records(of: request, maxBytes: 4096)
            let text = String(decoding: try #require(records.first), as: UTF8.self)
            #expect(!text.contains(Self.secret), "\(place)")
            #expect(text.contains("record_shrunk"), "\(place)")
        }
    }
}
