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
    /// What the keys of the rule table that are there can have a say in; for most spans nothing.
    private(set) var roles: KeyRoles = []
    /// The conventions that the keys tell of.
    private(set) var conventions: Convention = []
    /// Positions of the keys of a family, by `KeyFamily.rawValue`, in the order of the span; some may
    /// be shadowed.
    private(set) var families = [[Int32]](repeating: [], count: KeyFamily.allCases.count)
    private var touchedFamilies: [Int] = []

    /// By `KeySlot.index`: the attribute's position plus one, or 0.
    private var found = [Int32](repeating: 0, count: AttributeKey.allCases.count)
    private var touched: [Int] = []
    private let keyRoles = AttributeKey.allCases.map(\.roles)
    private let keyConventions = AttributeKey.allCases.map(Convention.ofKey)
    private let familyTable = FamilyTable()
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
            hashes[position] = keyHash
            insert(position, key, keyHash, attributes, bytes)
            let known = keys.find(keyHash, key, in: bytes)
            if known >= 0 { note(known, at: position) }
            if let family = familyTable.find(key, in: bytes) {
                note(family, at: position)
            }
        }
    }

    private mutating func note(_ known: Int, at position: Int) {
        if found[known] == 0 { touched.append(known) }
        found[known] = Int32(truncatingIfNeeded: position &+ 1)
        roles.formUnion(keyRoles[known])
        conventions.formUnion(keyConventions[known])
    }

    private mutating func note(_ family: KeyFamily, at position: Int) {
        let index = family.rawValue
        if families[index].isEmpty { touchedFamilies.append(index) }
        families[index].append(Int32(truncatingIfNeeded: position))
        roles.formUnion([.convention, .metadata])
        conventions.formUnion(family.convention)
    }

    @inline(__always)
    private mutating func insert(
        _ position: Int, _ key: Slice, _ keyHash: UInt64,
        _ attributes: [AttributeView], _ bytes: Span<UInt8>
    ) {
        var slot = Int(truncatingIfNeeded: keyHash &>> 20) & mask
        while table[slot] != 0 {
            let other = Int(table[slot]) &- 1
            if hashes[other] == keyHash, attributes[other].key.count == key.count,
                bytes.equals(attributes[other].key.start, bytes, key.start, key.count)
            {
                states[other] = .shadowed
                shadowedCount &+= 1
                break
            }
            slot = (slot &+ 1) & mask
        }
        table[slot] = Int32(truncatingIfNeeded: position &+ 1)
    }

    private mutating func reset(_ count: Int) {
        for key in touched { found[key] = 0 }
        touched.removeAll(keepingCapacity: true)
        for family in touchedFamilies {
            families[family].removeAll(keepingCapacity: families[family].count <= Self.keptSize)
        }
        touchedFamilies.removeAll(keepingCapacity: true)
        resize(count)
        shadowedCount = 0
        roles = []
        conventions = []
        var size = 32
        while size < 2 &* count { size &*= 2 }
        mask = size &- 1
        if table.count < size || table.count > Self.keptSize && size <= Self.keptSize {
            table = [Int32](repeating: 0, count: size)
        } else {
            for slot in 0..<size { table[slot] = 0 }
        }
    }

    /// States and hashes of `count` attributes; the lists only grow, up to a size that is kept.
    private mutating func resize(_ count: Int) {
        if states.count < count || states.count > Self.keptSize && count <= Self.keptSize {
            states = [State](repeating: .leftOver, count: max(count, 64))
            hashes = [UInt64](repeating: 0, count: max(count, 64))
        } else {
            for position in 0..<count { states[position] = .leftOver }
        }
    }

    /// What the scope or the events tell of the span.
    mutating func enable(_ convention: Convention) {
        guard !convention.isEmpty else { return }
        conventions.formUnion(convention)
        roles.formUnion([.convention, .metadata])
    }

    /// The position of a key's last attribute, or nil.
    @inline(__always)
    func position(of slot: KeySlot) -> Int? {
        let position = Int(found[slot.index])
        return position == 0 ? nil : position &- 1
    }

    /// The same of any key, which no rule of the mapping need know.
    func position(
        of key: Span<UInt8>, hash keyHash: UInt64, among attributes: [AttributeView],
        in bytes: Span<UInt8>
    ) -> Int? {
        var slot = Int(truncatingIfNeeded: keyHash &>> 20) & mask
        // At least half of the table is free.
        while table[slot] != 0 {
            let position = Int(table[slot]) &- 1
            let other = attributes[position].key
            if hashes[position] == keyHash, other.count == key.count,
                bytes.equals(other.start, key, 0, key.count)
            {
                return position
            }
            slot = (slot &+ 1) & mask
        }
        return nil
    }

    @inline(__always)
    func hash(at position: Int) -> UInt64 { hashes[position] }

    @inline(__always)
    func isThere(_ slot: Int) -> Bool { found[slot] != 0 }

    func has(_ family: KeyFamily) -> Bool { !families[family.rawValue].isEmpty }

    mutating func consume(_ position: Int) {
        states[position] = .consumed
    }
}
