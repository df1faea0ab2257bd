/// What a left-over's key asks for, remembered by the hash of the key: the same few hundred keys come
/// on all spans of a service. The hash has a seed of its own in each process.
struct KeyKinds: Sendable {
    enum Kind: UInt8, Sendable {
        /// Its value is written as it is.
        case plain
        /// Its value is hidden.
        case sensitive
        /// JSON in its string is shown as JSON.
        case content
        /// It has no dot, and so may have the name of a field.
        case short
    }

    private static let size = 1024
    private var hashes = [UInt64](repeating: 0, count: size)
    private var kinds = [Kind](repeating: .plain, count: size)

    @inline(__always)
    func find(_ hash: UInt64) -> Kind? {
        let slot = Int(truncatingIfNeeded: hash) & (Self.size &- 1)
        return hashes[slot] == hash && hash != 0 ? kinds[slot] : nil
    }

    mutating func learn(_ hash: UInt64, _ kind: Kind) {
        let slot = Int(truncatingIfNeeded: hash) & (Self.size &- 1)
        hashes[slot] = hash
        kinds[slot] = kind
    }
}
