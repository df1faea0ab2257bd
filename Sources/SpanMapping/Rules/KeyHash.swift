import OTLP

/// A hash of attribute keys with a seed of its own in each process, so that nobody outside can choose
/// keys that collide. Not cryptographic.
package struct KeyHash: Sendable {
    private let seed: UInt64

    package init(seed: UInt64) {
        self.seed = seed
    }

    @inline(__always)
    package func callAsFunction(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> UInt64 {
        var hash = seed ^ UInt64(truncatingIfNeeded: end &- start)
        var position = start
        while end &- position >= 8 {
            hash = Self.mix(hash ^ bytes.load64(position))
            position &+= 8
        }
        if position < end {
            var rest: UInt64 = 0
            if bytes.count &- position >= 8 {
                let unused = UInt64(8 &- (end &- position)) &* 8
                rest = bytes.load64(position) &<< unused
            } else {
                var shift = UInt64(8 &- (end &- position)) &* 8
                while position < end {
                    rest |= UInt64(bytes[position]) &<< shift
                    position &+= 1
                    shift &+= 8
                }
            }
            hash = Self.mix(hash ^ rest)
        }
        return hash
    }

    /// Both halves of a 128-bit product: each input bit reaches each output bit.
    @inline(__always)
    private static func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
        return product.high ^ product.low
    }
}
