/// Where the fields of a message lie in the output, and whether they lie there as protobuf's
/// encoders would have put them: each once, in the order of their numbers.
///
/// Members of a JSON object come in any order (OTLP J24), and may come twice.
struct FieldOrder {
    /// No message has a field with a higher number.
    static let highestNumber = 16

    /// By number, less one. Offsets of the output fit: `OTLPJSON.maxBodyBytes`.
    private var starts = InlineArray<16, UInt32>(repeating: 0)
    private var ends = InlineArray<16, UInt32>(repeating: 0)
    private var noted: UInt32 = 0
    private var highest: UInt8 = 0
    /// Whether the output can stay as it is.
    private(set) var isKept = true

    /// The member for field `number` was written from `start` to `end`; to the same place if its
    /// value is the default. What was written for it before counts no more.
    @inline(__always)
    mutating func note(_ number: UInt8, from start: Int, to end: Int) {
        let index = Int(number &- 1) & (Self.highestNumber &- 1)
        if noted & 1 &<< UInt32(truncatingIfNeeded: index) != 0, starts[index] != ends[index] {
            isKept = false
        }
        noted |= 1 &<< UInt32(truncatingIfNeeded: index)
        starts[index] = UInt32(truncatingIfNeeded: start)
        ends[index] = UInt32(truncatingIfNeeded: end)
        guard start != end else { return }
        if number < highest { isKept = false }
        highest = max(highest, number)
    }

    /// The bytes of the field with the number `index + 1`, empty where there are none.
    subscript(index: Int) -> Range<Int> { Int(starts[index])..<Int(ends[index]) }
}
