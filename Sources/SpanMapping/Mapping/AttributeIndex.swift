import MastraRecords
import OTLP

/// The attributes of one span, looked at once: which rule keys are there and where, which keys came
/// twice, and which attributes a rule has used up.
struct AttributeIndex: Sendable {
    enum State: UInt8, Sendable {
        /// Goes into the record under its own key.
        case leftOver
        /// Its whole information is in a typed field.
        case consumed
        /// A later attribute has the same key; the last wins (OTLP-REQUIREMENTS D13).
        case shadowed
    }

    private(set) var states: [State] = []
    private(set) var shadowedCount = 0
    /// Any key of the rule table is there: most spans have none, and skip the rules.
    private(set) var hasKnownKeys = false
    private(set) var hasMCPKeys = false

    /// By `AttributeKey.rawValue`: the attribute's position plus one, or 0.
    private var found = [Int32](repeating: 0, count: AttributeKey.allCases.count)
    private var touched: [Int] = []
    /// Open addressing over key hashes: attribute's position plus one, or 0.
    private var table: [Int32] = []
    private var mask = 0
    /// One huge span does not leave its table behind for good.
    private static let keptSize = 2048
    private var hashes: [UInt64] = []

    mutating func read(
        _ attributes: [AttributeView], in bytes: Span<UInt8>, keys: KeyTable, hash: KeyHash
    ) {
        reset(attributes.count)
        for position in 0..<attributes.count {
            let key = attributes[position].key
            let keyHash = hash(bytes, key.start, key.end)
            hashes.append(keyHash)
            states.append(.leftOver)
            insert(position, key, keyHash, attributes, bytes)
            let known = keys.find(keyHash, key, in: bytes)
            if known >= 0 {
                if found[known] == 0 { touched.append(known) }
                found[known] = Int32(truncatingIfNeeded: position &+ 1)
                hasKnownKeys = true
            }
            if key.count > 4, ("mcp." as StaticString).equals(bytes, key.start, key.start &+ 4) {
                hasMCPKeys = true
            }
        }
    }

    @inline(__always)
    private mutating func insert(
        _ position: Int, _ key: Slice, _ keyHash: UInt64,
        _ attributes: [AttributeView], _ bytes: Span<UInt8>
    ) {
        var slot = Int(truncatingIfNeeded: keyHash &>> 20) & mask
        while table[slot] != 0 {
            let other = Int(table[slot]) &- 1
            if hashes[other] == keyHash, Self.isEqual(attributes[other].key, key, in: bytes) {
                states[other] = .shadowed
                shadowedCount &+= 1
                break
            }
            slot = (slot &+ 1) & mask
        }
        table[slot] = Int32(truncatingIfNeeded: position &+ 1)
    }

    private static func isEqual(_ left: Slice, _ right: Slice, in bytes: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        for offset in 0..<left.count
        where bytes[left.start &+ offset] != bytes[right.start &+ offset] {
            return false
        }
        return true
    }

    private mutating func reset(_ count: Int) {
        for key in touched { found[key] = 0 }
        touched.removeAll(keepingCapacity: true)
        states.removeAll(keepingCapacity: states.capacity <= 1024)
        hashes.removeAll(keepingCapacity: hashes.capacity <= 1024)
        shadowedCount = 0
        hasKnownKeys = false
        hasMCPKeys = false
        var size = 32
        while size < 2 &* count { size &*= 2 }
        mask = size &- 1
        if table.count < size || table.count > Self.keptSize && size <= Self.keptSize {
            table = [Int32](repeating: 0, count: size)
        } else {
            for slot in 0..<size { table[slot] = 0 }
        }
    }

    /// The position of a key's last attribute, or nil.
    @inline(__always)
    func position(of key: AttributeKey) -> Int? {
        let position = Int(found[key.rawValue])
        return position == 0 ? nil : position &- 1
    }

    mutating func consume(_ position: Int) {
        states[position] = .consumed
    }
}
