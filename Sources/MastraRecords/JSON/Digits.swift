enum DecimalDigits {
    private static let powers: InlineArray<20, UInt64> = {
        var powers = InlineArray<20, UInt64>(repeating: 1)
        for index in 1..<20 { powers[index] = powers[index - 1] * 10 }
        return powers
    }()

    /// How many decimal digits a number has: its bits times log10(2), corrected by one comparison.
    @inline(__always)
    static func count(_ value: UInt64) -> Int {
        let bits = 64 &- (value | 1).leadingZeroBitCount
        let guess = (bits &* 1233) &>> 12
        return guess &+ (guess < 20 && value >= powers[guess] ? 1 : 0) &+ (value == 0 ? 1 : 0)
    }
}

enum HexDigits {
    /// The eight lower-case hex digits of a number, the first in the highest byte.
    ///
    /// Nibbles are spread over the bytes of a word; those above 9 get the distance to `a` added.
    @inline(__always)
    static func eight(_ value: UInt32) -> UInt64 {
        var word = UInt64(value)
        word = (word &<< 16 | word) & 0x0000_ffff_0000_ffff
        word = (word &<< 8 | word) & 0x00ff_00ff_00ff_00ff
        word = (word &<< 4 | word) & 0x0f0f_0f0f_0f0f_0f0f
        let above9 = ((word &+ 0x0606_0606_0606_0606) &>> 4) & 0x0101_0101_0101_0101
        return word &+ 0x3030_3030_3030_3030 &+ above9 &* 39
    }
}
