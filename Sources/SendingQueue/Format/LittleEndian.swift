/// Integers of the files, least significant byte first.
extension [UInt8] {
    mutating func append<Value: FixedWidthInteger>(littleEndian value: Value) {
        var rest = value
        for _ in 0..<Value.bitWidth / 8 {
            append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    /// The value at `offset`, all of whose bytes are there.
    func littleEndian<Value: FixedWidthInteger>(_: Value.Type, at offset: Int) -> Value {
        var value: Value = 0
        for index in stride(from: offset + Value.bitWidth / 8 - 1, through: offset, by: -1) {
            value = value << 8 | Value(truncatingIfNeeded: self[index])
        }
        return value
    }
}
