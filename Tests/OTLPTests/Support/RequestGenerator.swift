import TestKit

/// Random requests: well-formed, but with everything in them that a sender may do and few do.
/// Unknown fields, groups, padded varints, fields twice and in any order, invalid ids and text.
struct RequestGenerator {
    var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func request() -> [UInt8] {
        join(repeating(3) { $0.field(1, $0.resourceSpans()) })
    }

    private mutating func resourceSpans() -> [UInt8] {
        var parts = repeating(3) { $0.field(2, $0.scopeSpans()) }
        parts += singular { $0.field(1, $0.resource()) }
        parts += singular { $0.field(3, $0.text()) }
        return join(parts)
    }

    private mutating func resource() -> [UInt8] {
        var parts = attributes(1)
        parts += singular { $0.field(2, $0.number()) }
        parts += repeating(2) { generator in
            let entity = generator.join(
                generator.repeating(4) { $0.field(UInt64(1 + $0.random.below(4)), $0.text()) })
            return generator.field(3, entity)
        }
        return join(parts)
    }

    private mutating func scopeSpans() -> [UInt8] {
        var parts = repeating(4) { $0.field(2, $0.span()) }
        parts += singular { $0.field(1, $0.scope()) }
        parts += singular { $0.field(3, $0.text()) }
        return join(parts)
    }

    private mutating func scope() -> [UInt8] {
        var parts = attributes(3)
        parts += singular { $0.field(1, $0.text()) }
        parts += singular { $0.field(2, $0.text()) }
        parts += singular { $0.field(4, $0.number()) }
        return join(parts)
    }

    private mutating func span() -> [UInt8] {
        var parts = [field(1, id(16)), field(2, id(8))] + attributes(9)
        for number: UInt64 in [3, 5] { parts += singular { $0.field(number, $0.text()) } }
        parts += singular { $0.field(4, $0.id(8)) }
        for number: UInt64 in [6, 10, 12, 14] {
            parts += singular { $0.field(number, $0.number()) }
        }
        for number: UInt64 in [7, 8] {
            parts += singular { .field(number, fixed64: $0.random.next()) }
        }
        parts += repeating(3) { $0.field(11, $0.event()) }
        parts += repeating(3) { $0.field(13, $0.link()) }
        parts += singular { $0.field(15, $0.status()) }
        parts += singular { .field(16, fixed32: UInt32(truncatingIfNeeded: $0.random.next())) }
        return join(parts)
    }

    private mutating func event() -> [UInt8] {
        var parts = attributes(3)
        parts += singular { .field(1, fixed64: $0.random.next()) }
        parts += singular { $0.field(2, $0.text()) }
        parts += singular { $0.field(4, $0.number()) }
        return join(parts)
    }

    private mutating func link() -> [UInt8] {
        var parts = attributes(4)
        parts += singular { $0.field(1, $0.id(16)) }
        parts += singular { $0.field(2, $0.id(8)) }
        parts += singular { $0.field(3, $0.text()) }
        parts += singular { $0.field(5, $0.number()) }
        parts += singular { .field(6, fixed32: UInt32(truncatingIfNeeded: $0.random.next())) }
        return join(parts)
    }

    private mutating func status() -> [UInt8] {
        var parts = singular { $0.field(2, $0.text()) }
        parts += singular { $0.field(3, $0.number()) }
        return join(parts)
    }

    private mutating func attributes(_ number: UInt64) -> [[UInt8]] {
        repeating(4) { $0.field(number, $0.keyValue(depth: 0)) }
    }

    private mutating func keyValue(depth: Int) -> [UInt8] {
        var parts = singular { $0.field(1, $0.text()) }
        parts += singular { $0.field(2, $0.anyValue(depth: depth)) }
        if random.once(in: 20) { parts.append(field(3, number())) }
        return join(parts)
    }

    private mutating func anyValue(depth: Int) -> [UInt8] {
        var parts: [[UInt8]] = []
        let members = random.once(in: 12) ? random.below(4) : 1
        for _ in 0..<members { parts.append(member(depth: depth)) }
        return join(parts)
    }

    private mutating func member(depth: Int) -> [UInt8] {
        switch random.below(depth < 6 ? 12 : 7) {
        case 0, 1: field(1, text())
        case 2: field(2, UInt64(random.once(in: 9) ? random.below(1000) : random.below(2)))
        case 3: field(3, number())
        case 4: .field(4, fixed64: random.next())
        case 5: field(7, text())
        case 6: random.once(in: 4) ? field(8, number()) : field(3, number())
        case 7, 8, 9:
            field(5, join(repeating(4) { $0.field(1, $0.anyValue(depth: depth + 1)) }))
        default:
            field(6, join(repeating(4) { $0.field(1, $0.keyValue(depth: depth + 1)) }))
        }
    }
}

// MARK: - Parts

extension RequestGenerator {
    /// Mostly once, now and then not at all or several times.
    private mutating func singular(
        _ part: (inout RequestGenerator) -> [UInt8]
    ) -> [[UInt8]] {
        switch random.below(30) {
        case 0: [part(&self), part(&self)]
        case 1...8: []
        default: [part(&self)]
        }
    }

    private mutating func repeating(
        _ bound: Int, _ part: (inout RequestGenerator) -> [UInt8]
    ) -> [[UInt8]] {
        let count = random.once(in: 40) ? random.below(20) : random.below(bound)
        return (0..<count).map { _ in part(&self) }
    }

    /// The parts in one piece: now and then shuffled, now and then with what no schema knows.
    private mutating func join(_ parts: [[UInt8]]) -> [UInt8] {
        var parts = parts
        if random.once(in: 4) { parts.shuffle(using: &random) }
        if random.once(in: 15) { parts.append(unknown()) }
        if random.once(in: 30) { parts.insert(unknown(), at: 0) }
        return parts.flatMap(\.self)
    }

    private mutating func unknown() -> [UInt8] {
        let number = [17, 18, 99, 1000, 16_000, 1 << 20, 1 << 29 - 1].randomElement(using: &random)
        let type = [0, 1, 2, 2, 2, 5, random.once(in: 3) ? 3 : 2].randomElement(using: &random)
        return .field(UInt64(number ?? 17), wireType: UInt64(type ?? 0))
    }

    private mutating func field(_ number: UInt64, _ content: [UInt8]) -> [UInt8] {
        tag(number, 2) + varint(UInt64(content.count)) + content
    }

    private mutating func field(_ number: UInt64, _ value: UInt64) -> [UInt8] {
        tag(number, 0) + varint(value)
    }

    private mutating func tag(_ number: UInt64, _ type: UInt64) -> [UInt8] {
        varint(number << 3 | type)
    }

    private mutating func varint(_ value: UInt64) -> [UInt8] {
        guard random.once(in: 60) else { return .varint(value) }
        return .varint(value, paddedTo: 1 + random.below(random.once(in: 10) ? 10 : 5))
    }

    private mutating func number() -> UInt64 {
        switch random.below(6) {
        case 0: random.next()
        case 1: UInt64(bitPattern: -Int64(random.below(10)))
        case 2: 1 << UInt64(random.below(64))
        default: UInt64(random.below(7))
        }
    }

    private mutating func id(_ length: Int) -> [UInt8] {
        switch random.below(25) {
        case 0: []
        case 1: Array(repeating: 0, count: length)
        case 2: randomBytes(random.below(20))
        case 3: Array(repeating: 0, count: length - 1) + [1]
        case 4: [1] + Array(repeating: 0, count: length - 1)
        default: randomBytes(length)
        }
    }

    private mutating func text() -> [UInt8] {
        switch random.below(12) {
        case 0: []
        case 1: randomBytes(random.below(12))
        case 2: Array("a\0b\u{1f600}é\u{fffd}".utf8)
        case 3: [0xff, 0xc0, 0x80, 0xed, 0xa0, 0x80]
        case 4: Array(repeating: UInt8(ascii: "x"), count: random.below(400))
        default: Array("gen_ai.usage.\(random.below(100))".utf8)
        }
    }

    private mutating func randomBytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }
}
