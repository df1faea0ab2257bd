import TestKit

extension WalkTarget {
    package static func seeds() throws -> [[UInt8]] {
        try Payloads.singleSpans(every: 4) + byHand
    }

    package static func words() -> [[UInt8]] {
        [
            .varint(1 << 31), .varint(1 << 32), .varint(.max), .varint(0, paddedTo: 10),
            .varint(3, paddedTo: 6), .tag((1 << 29) - 1, 0), .tag(1 << 29, 0), .tag(1000, 2),
            .group(5), .tag(5, 3), .tag(5, 4), .tag(1, 2), .tag(2, 2), .tag(9, 2), .tag(11, 2),
            .tag(16, 5), .field(1, bytes: [UInt8](repeating: 1, count: 16)),
            .field(2, bytes: [UInt8](repeating: 2, count: 8)),
        ]
    }

    /// A span with an identity, so that it is taken.
    static func span(_ content: [UInt8]...) -> [UInt8] {
        identity + content.flatMap(\.self)
    }

    private static let identity: [UInt8] = .all(
        .field(1, bytes: [UInt8](repeating: 1, count: 16)),
        .field(2, bytes: [UInt8](repeating: 2, count: 8)))

    static func request(_ spans: [UInt8]...) -> [UInt8] {
        .field(
            1, bytes: .field(2, bytes: spans.flatMap { [UInt8].field(2, bytes: $0) }))
    }

    static func attribute(_ key: String, _ value: [UInt8]) -> [UInt8] {
        .field(9, bytes: .all(.field(1, text: key), .field(2, bytes: value)))
    }

    private static var byHand: [[UInt8]] {
        let item: [UInt8] = .field(3, varint: .max)
        let array: [UInt8] = .field(5, bytes: .all(.field(1, bytes: item), .field(1, bytes: [])))
        let pair: [UInt8] = .all(.field(1, text: "k"), .field(2, bytes: array))
        let values: [[UInt8]] = [
            .field(1, text: "text"), .field(2, varint: 1), .field(3, varint: 1 << 63),
            .field(4, fixed64: 0x7ff8_0000_0000_0000), array,
            .field(6, bytes: .field(1, bytes: pair)),
            .field(7, bytes: [0, 0xff]), [], .field(8, varint: 1),
            .all(.field(1, text: "a"), .field(3, varint: 4)),
        ]
        return values.map { request(span(attribute("a", $0))) } + wholes + faults
    }

    private static var wholes: [[UInt8]] {
        [
            [], .field(1, bytes: []), request([]), request(span(), span()), request(full),
            .field(
                1,
                bytes: .all(
                    .field(1, bytes: resource), .field(1, bytes: resource),
                    .field(
                        2,
                        bytes: .all(
                            .field(1, bytes: scope), .field(2, bytes: full), .field(3, text: "url"))
                    ), .field(3, text: "url"))),
            request(span(.group(20, .all(.field(1, varint: 1), .group(2))))),
            request(span(.field(100, wireType: 0), .field(100, wireType: 1))),
            request(span(.field(100, wireType: 2), .field(100, wireType: 5))),
        ]
    }

    private static var resource: [UInt8] {
        let entity: [UInt8] = .all(.field(2, text: "host"), .field(3, text: "id"))
        return .all(
            .field(1, bytes: .field(1, text: "k")), .field(2, varint: 1), .field(3, bytes: entity))
    }

    private static var scope: [UInt8] {
        .all(.field(1, text: "scope"), .field(2, text: "1"), .field(4, varint: 1))
    }

    /// Every field of a span.
    private static var full: [UInt8] {
        let event: [UInt8] = .all(
            .field(1, fixed64: 5), .field(2, text: "e"), .field(3, bytes: .field(1, text: "k")),
            .field(4, varint: 1))
        let link: [UInt8] = .all(
            .field(1, bytes: [UInt8](repeating: 3, count: 16)),
            .field(2, bytes: [UInt8](repeating: 4, count: 8)), .field(3, text: "a=b"),
            .field(4, bytes: .field(1, text: "k")), .field(6, fixed32: 1))
        return span(
            .field(3, text: "a=b"), .field(4, bytes: [UInt8](repeating: 5, count: 8)),
            .field(5, text: "name"), .field(6, varint: 3), .field(7, fixed64: 1),
            .field(8, fixed64: 2), .field(10, varint: 1), .field(11, bytes: event),
            .field(12, varint: 1), .field(13, bytes: link), .field(14, varint: 1),
            .field(15, bytes: .all(.field(2, text: "m"), .field(3, varint: 2))),
            .field(16, fixed32: 257))
    }

    /// What has to be refused, and what is near it.
    private static var faults: [[UInt8]] {
        var deep: [UInt8] = []
        for _ in 0..<70 { deep = .field(5, bytes: .field(1, bytes: deep)) }
        return [
            request(span(attribute("deep", deep))),
            .all(.tag(1, 2), .varint(1 << 40)), .all(.tag(1, 2), .varint(.max)), [0x0a, 0x80],
            request(span(.all(.tag(5, 2), .varint(0, paddedTo: 9)))), .tag(7, 6), .tag(7, 4),
            request(span(.field(9, varint: 1))), .repeated(.tag(3, 3), 80),
        ]
    }
}

extension WalkTarget {
    package static func mutated(
        _ input: [UInt8], maxBytes: Int, seed: UInt64, by change: ByteChange
    ) -> [UInt8]? {
        // Half of the inputs stay bytes: the form itself is what the walk looks at.
        guard seed % 2 == 0 else { return nil }
        return withoutActuallyEscaping(change) { change in
            var mutation = WireMutation(
                seed: seed, keys: [[], [0x6b]], maxBytes: maxBytes, change: change)
            return mutation.mutated(input)
        }
    }
}

extension [UInt8] {
    /// One after the other. Long sums of `+` take the compiler too long.
    static func all(_ parts: [UInt8]...) -> [UInt8] { parts.flatMap(\.self) }
}
