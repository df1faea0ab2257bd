/// The members of an object that are wanted, by name: one pass over its text, in which all other
/// values are passed over and nothing is built, so that neither depth nor size needs a bound.
package struct ObjectMembers<Name: MemberName>: Sendable {
    private var values: [Range<Int>?]

    /// None where the text is no object. Of members of one name the last counts.
    package init(of object: Range<Int>?, in bytes: Span<UInt8>) {
        let names = Name.texts
        values = Array(repeating: nil, count: names.count)
        guard let object else { return }
        var scanner = JSONScanner(position: object.lowerBound, end: object.upperBound)
        guard scanner.take(UInt8(ascii: "{"), bytes) else { return }
        while let name = scanner.memberName(bytes) {
            scanner.skipSpace(bytes)
            let start = scanner.position
            guard scanner.skipValue(bytes) else { return }
            for index in 0..<names.count
            where names[index].equals(bytes, name.lowerBound, name.upperBound) {
                values[index] = start..<scanner.position
                break
            }
            scanner.skipSpace(bytes)
            guard scanner.take(UInt8(ascii: ","), bytes) else { return }
        }
    }

    /// The text of a value, with quotes or brackets where it has them.
    package subscript(name: Name) -> Range<Int>? { values[name.rawValue] }
}

/// Raw values count from 0, in the order of the cases.
package protocol MemberName: CaseIterable, RawRepresentable where RawValue == Int {
    /// As they stand in the object, without escapes, in the order of the cases.
    static var texts: [StaticString] { get }
}

extension MemberName {
    var text: StaticString { Self.texts[rawValue] }
}

extension JSONScanner {
    /// The next member's name without its quotes; stops behind the colon.
    fileprivate mutating func memberName(_ bytes: Span<UInt8>) -> Range<Int>? {
        skipSpace(bytes)
        let start = position
        guard start < end, bytes[start] == UInt8(ascii: "\""), string(bytes) != nil else {
            return nil
        }
        let name = start + 1..<position - 1
        skipSpace(bytes)
        return take(UInt8(ascii: ":"), bytes) ? name : nil
    }

    /// Over one value, however deep it is. Text that is JSON already: brackets are only counted.
    package mutating func skipValue(_ bytes: Span<UInt8>) -> Bool {
        var depth = 0
        while position < end {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                guard string(bytes) != nil else { return false }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                // Of the object around the value.
                guard depth > 0 else { return true }
                depth -= 1
                position += 1
            case UInt8(ascii: ","):
                guard depth > 0 else { return true }
                position += 1
                continue
            default:
                position += 1
                continue
            }
            if depth == 0 { return true }
        }
        return false
    }
}
