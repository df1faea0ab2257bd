/// What an input decides besides the bytes that are read: options, and where these bytes are cut.
///
/// It stands at the end of the input, so that the bytes before it are those of the wire; a short
/// input decides nothing, that is zeros.
package struct Choices {
    package let bytes: [UInt8]
    private var position = 0

    /// Takes the last `count` bytes off `input`.
    package init(_ count: Int, from input: inout [UInt8]) {
        if input.count >= count {
            bytes = Array(input.suffix(count))
            input.removeLast(count)
        } else {
            bytes = [UInt8](repeating: 0, count: count)
        }
    }

    /// The next byte; the first one again after the last.
    package mutating func byte() -> UInt8 {
        defer { position = (position + 1) % bytes.count }
        return bytes[position]
    }

    package mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[Int(byte()) % choices.count]
    }
}
