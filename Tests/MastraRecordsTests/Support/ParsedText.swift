@testable import MastraRecords

/// A tree beside the bytes that it points into.
struct ParsedText {
    let bytes: [UInt8]
    private(set) var tree = JSONTree()
    let isJSON: Bool

    init(_ text: String) {
        let length = text.utf8.count
        self.init(Array(text.utf8), 0, length)
    }

    init(_ bytes: [UInt8]) { self.init(bytes, 0, bytes.count) }

    init(_ bytes: [UInt8], _ start: Int, _ end: Int) {
        self.bytes = bytes
        isJSON = tree.parse(bytes.span, start, end)
    }

    func member(_ name: StaticString, of index: Int = 0) -> Int? {
        tree.member(name, of: index, in: bytes.span)
    }

    func isString(_ index: Int, _ text: StaticString) -> Bool {
        tree.isString(index, text, in: bytes.span)
    }

    func children(of index: Int) -> [Int] {
        var children: [Int] = []
        var item = tree.firstChild(of: index)
        while let current = item {
            children.append(current)
            item = tree.sibling(of: current)
        }
        return children
    }

    func raw(_ index: Int) -> String {
        let node = tree.nodes[index]
        return String(decoding: bytes[Int(node.start)..<Int(node.end)], as: UTF8.self)
    }
}
