import FuzzClaims

extension ReceiverTarget {
    package static func seeds() throws -> [[UInt8]] {
        let contents = try WalkTarget.seeds().enumerated().filter { $0.offset % 5 == 0 }
        let wrapped = contents.map { $0.element + chosen(kind: [0, 2][$0.offset % 2], $0.offset) }
        let texts = try TranscodeTarget.seeds().enumerated().filter { $0.offset % 5 == 0 }
        let json = texts.map { $0.element + chosen(kind: 1, $0.offset) }
        return wrapped + json + bodies + fields
    }

    /// Values of `authorization`.
    private static var fields: [[UInt8]] {
        [
            "Bearer \(AccessRun.key)", "bearer  \(AccessRun.key)\t", "Basic \(AccessRun.spelled)",
            "BASIC \(AccessRun.spelled)\(AccessRun.padding)", "Basic \(AccessRun.spelled)==",
            "Bearer",
            "Digest \(AccessRun.key)", AccessRun.key, " Bearer \u{301}\(AccessRun.key)",
        ].map { Array($0.utf8) + [0, 0, 0, accessChoice] }
    }

    package static func words() -> [[UInt8]] {
        WalkTarget.words() + [
            [0x1f, 0x8b, 8, 0], [0x78, 0x9c], [0x28, 0xb5, 0x2f, 0xfd], [0x50, 0x2a, 0x4d, 0x18],
            Array("Bearer ".utf8), Array("Basic ".utf8), Array(AccessRun.key.utf8),
            Array(AccessRun.spelled.utf8), [0, 0, 0, 0, 0], [1, 0, 0, 0, 1],
            [0, 0xff, 0xff, 0xff, 0xff],
        ]
    }

    package static func mutated(
        _ input: [UInt8], maxBytes: Int, seed: UInt64, by change: ByteChange
    ) -> [UInt8]? {
        guard input.count > choices, seed % 4 != 1 else { return nil }
        let choice = input.suffix(choices)
        return WalkTarget.mutated(
            Array(input.dropLast(choices)), maxBytes: maxBytes - choices, seed: seed, by: change
        ).map { $0 + choice }
    }

    /// - Parameter number: chooses the coding.
    private static func chosen(
        kind: Int, _ number: Int, conditions: UInt8 = 0, isWrapped: Bool = true
    ) -> [UInt8] {
        [
            UInt8(kind), UInt8(number % RequestForm.Coding.allCases.count), conditions,
            isWrapped ? 0 : 1,
        ]
    }

    /// Bodies of each kind as they are sent, whole and cut off.
    private static var bodies: [[UInt8]] {
        let content = [UInt8](repeating: 0x42, count: 40)
        return RequestForm.Kind.allCases.indices.flatMap { kind in
            RequestForm.Coding.allCases.indices.flatMap { coding -> [[UInt8]] in
                let end = chosen(kind: kind, coding, isWrapped: false)
                var copy = end
                var choices = Choices(ReceiverTarget.choices, from: &copy)
                let sent = RequestForm(&choices).wrap(content)
                return [sent + end, sent.dropLast(3) + end, sent + sent + end]
            }
        }
    }
}
