/// The wire format, written the way a test wants to read it: `.field(6, varint: 3)`.
///
/// Everything here is the content of a message, to be joined with `+`; `.field(_:bytes:)` puts
/// content into a message around it.
extension [UInt8] {
    package static func varint(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
        return bytes
    }

    /// The same number in `length` bytes, which is longer than it needs.
    package static func varint(_ value: UInt64, paddedTo length: Int) -> [UInt8] {
        var bytes = varint(value)
        while bytes.count < length {
            bytes[bytes.count - 1] |= 0x80
            bytes.append(0)
        }
        return bytes
    }

    package static func tag(_ number: UInt64, _ wireType: UInt64) -> [UInt8] {
        varint(number << 3 | wireType)
    }

    package static func field(_ number: UInt64, varint value: UInt64) -> [UInt8] {
        tag(number, 0) + varint(value)
    }

    package static func field(_ number: UInt64, fixed64 value: UInt64) -> [UInt8] {
        tag(number, 1) + littleEndian(value, 8)
    }

    package static func field(_ number: UInt64, fixed32 value: UInt32) -> [UInt8] {
        tag(number, 5) + littleEndian(UInt64(value), 4)
    }

    package static func field(_ number: UInt64, bytes: [UInt8]) -> [UInt8] {
        tag(number, 2) + varint(UInt64(bytes.count)) + bytes
    }

    package static func field(_ number: UInt64, text: String) -> [UInt8] {
        field(number, bytes: Array(text.utf8))
    }

    package static func group(_ number: UInt64, _ content: [UInt8] = []) -> [UInt8] {
        tag(number, 3) + content + tag(number, 4)
    }

    package static func repeated(_ piece: [UInt8], _ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(piece.count * count)
        for _ in 0..<count { bytes += piece }
        return bytes
    }

    /// A well-formed field of any wire type that is whole in itself (0, 1, 2, 3 or 5).
    package static func field(_ number: UInt64, wireType: UInt64) -> [UInt8] {
        switch wireType {
        case 0: field(number, varint: 300)
        case 1: field(number, fixed64: 1)
        case 2: field(number, text: "unknown")
        case 3: group(number, field(1, varint: 1) + field(2, text: "in a group"))
        case 4: tag(number, 4)
        default: field(number, fixed32: 1)
        }
    }

    private static func littleEndian(_ value: UInt64, _ width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }
}
