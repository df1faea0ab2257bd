import CCrypto

/// The digests of one form of credential, each with its route.
///
/// A look-up compares with all of them and in the same way, whatever was found: how long it takes tells
/// nothing about the digests that there are.
struct DigestTable: Sendable {
    /// One behind the other.
    private var bytes: [UInt8] = []
    private var routes: [UInt32] = []

    var count: Int { routes.count }

    /// - Parameter digest: one that is not in the table.
    mutating func add(_ digest: SHA256Digest, route: Int) {
        bytes += digest.bytes
        routes.append(UInt32(route))
    }

    /// The route of a digest, and how many it was compared with.
    func route(of digest: SHA256Digest) -> (route: Int?, comparisons: Int) {
        let size = SHA256Digest.byteCount
        // One more than the route; 0 where there is none.
        var found: UInt32 = 0
        var comparisons = 0
        for index in routes.indices {
            // Both are of `size` bytes from there on.
            let difference = unsafe bytes.withUnsafeBytes { known in
                unsafe digest.bytes.withUnsafeBytes { shown in
                    unsafe CRYPTO_memcmp(
                        known.baseAddress! + index * size, shown.baseAddress!, size)
                }
            }
            found |= Self.mask(difference) & (routes[index] + 1)
            comparisons += 1
        }
        return (found == 0 ? nil : Int(found - 1), comparisons)
    }

    /// All ones for 0, else 0, without a branch.
    private static func mask(_ difference: Int32) -> UInt32 {
        let bits = UInt32(bitPattern: difference)
        return ((bits | (0 &- bits)) >> 31) &- 1
    }
}
