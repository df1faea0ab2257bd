/// Why compressed bytes do not become a body.
enum DecodeError: Error, Hashable {
    /// Not of this coding, cut off, or with a wrong checksum or length. The text says where.
    case broken(String)
    /// More comes out than may.
    case tooLarge(limit: Int)
    /// The byte budget has no room for what comes out.
    case outOfMemory
}
