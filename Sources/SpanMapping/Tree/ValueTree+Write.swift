import MastraRecords
import OTLP

/// Values as JSON, within a policy.
extension ValueTree {
    /// - Parameters:
    ///   - depth: the level of the value itself, as `ContentPolicy` counts.
    ///   - maxBytes: beyond these the middle of a string is cut.
    func write(
        _ id: ID, depth: Int, _ policy: borrowing ContentPolicy, maxBytes: Int,
        to writer: inout JSONWriter
    ) {
        let node = nodes[id]
        switch node.kind {
        case .null: writer.literal("null")
        case .yes: writer.literal("true")
        case .no: writer.literal("false")
        case .number: writer.raw(text.span, Int(node.start), Int(node.end))
        case .text, .escaped:
            let maxUnits = depth < 0 ? Int.max : policy.maxStringLength
            writeString(node, maxUnits: maxUnits, maxBytes, to: &writer)
        case .array, .object:
            // What the parser found clean is copied as it stands.
            if node.flags.contains(.isSource), !node.flags.contains(.needsCare),
                depth &+ Int(node.height) <= policy.maxDepth, maxBytes == .max
            {
                writer.raw(text.span, Int(node.start), Int(node.end))
            } else if depth > policy.maxDepth {
                writer.literal("\"[MaxDepth]\"")
            } else {
                writeContainer(id, depth: depth, policy, maxBytes, to: &writer)
            }
        }
    }

    private func writeString(
        _ node: Node, maxUnits: Int, _ maxBytes: Int, to writer: inout JSONWriter
    ) {
        let start = Int(node.start)
        let end = Int(node.end)
        if node.kind == .text {
            return writer.text(text.span, start, end, maxUnits: maxUnits, maxBytes: maxBytes)
        }
        // Escapes are longer than what they stand for.
        if node.count <= maxUnits, node.count <= maxBytes, !node.flags.contains(.needsCare) {
            writer.byte(UInt8(ascii: "\""))
            writer.raw(text.span, start, end)
            writer.byte(UInt8(ascii: "\""))
        } else {
            var plain: [UInt8] = []
            JSONUnescape.append(text.span, start, end, to: &plain)
            writer.text(plain.span, 0, plain.count, maxUnits: maxUnits, maxBytes: maxBytes)
        }
    }

    /// The level of what is not cut.
    private static let uncut = Int.min / 2

    /// One member of an object: key, colon and value.
    func writeMember(
        _ id: ID, depth: Int, _ policy: borrowing ContentPolicy, maxBytes: Int,
        to writer: inout JSONWriter
    ) {
        writeKey(id, to: &writer)
        if isHidden(id, policy) {
            writeHidden(id, depth: depth, policy, maxBytes, to: &writer)
        } else {
            write(id, depth: depth, policy, maxBytes: maxBytes, to: &writer)
        }
    }

    private func writeContainer(
        _ id: ID, depth: Int, _ policy: borrowing ContentPolicy, _ maxBytes: Int,
        to writer: inout JSONWriter
    ) {
        let isObject = nodes[id].kind == .object
        writer.byte(UInt8(ascii: isObject ? "{" : "["))
        // JSON schemas pass uncut, or a tool could not be read any more (MASTRA-CONTRACT 2.5).
        let inner = depth < 0 || isObject && isSchema(id) ? Self.uncut : depth &+ 1
        let limit =
            inner == Self.uncut
            ? Int.max : isObject ? policy.maxObjectKeys : policy.maxArrayItems
        var written = 0
        var item = first(of: id)
        while let current = item {
            if written > 0 { writer.byte(UInt8(ascii: ",")) }
            if written == limit {
                let left = countFrom(current)
                if isObject { writer.moreKeys(left) } else { writer.moreItems(left) }
                break
            }
            written &+= 1
            if isObject {
                writeMember(current, depth: inner, policy, maxBytes: maxBytes, to: &writer)
            } else {
                write(current, depth: inner, policy, maxBytes: maxBytes, to: &writer)
            }
            item = next(of: current)
        }
        writer.byte(UInt8(ascii: isObject ? "}" : "]"))
    }

    /// Members with a key of ours are never sensitive; those that were parsed carry a flag.
    private func isHidden(_ id: ID, _ policy: borrowing ContentPolicy) -> Bool {
        let node = nodes[id]
        return node.flags.contains(.isSensitive)
            || policy.isSensitive(text.span, Int(node.keyStart), Int(node.keyEnd))
    }

    private func writeHidden(
        _ id: ID, depth: Int, _ policy: borrowing ContentPolicy, _ maxBytes: Int,
        to writer: inout JSONWriter
    ) {
        let node = nodes[id]
        switch node.kind {
        case .null: writer.literal("null")
        case .object: write(id, depth: depth, policy, maxBytes: maxBytes, to: &writer)
        case .array:
            if holdsObjects(id) {
                write(id, depth: depth, policy, maxBytes: maxBytes, to: &writer)
            } else {
                writer.literal("[\"[REDACTED]\"]")
            }
        case .text:
            writer.redacted(text.span, Int(node.start), Int(node.end), policy.redaction)
        case .escaped:
            var plain: [UInt8] = []
            JSONUnescape.append(text.span, Int(node.start), Int(node.end), to: &plain)
            writer.redacted(plain.span, 0, plain.count, policy.redaction)
        default: writer.literal("\"[REDACTED]\"")
        }
    }

    private func holdsObjects(_ id: ID) -> Bool {
        var item = first(of: id)
        while let current = item {
            if nodes[current].kind != .object { return false }
            item = next(of: current)
        }
        return true
    }

    private func writeKey(_ id: ID, to writer: inout JSONWriter) {
        let node = nodes[id]
        writer.byte(UInt8(ascii: "\""))
        if node.flags.contains(.hasEscapedKey) {
            var plain: [UInt8] = []
            JSONUnescape.append(text.span, Int(node.keyStart), Int(node.keyEnd), to: &plain)
            writer.stringContent(plain.span, 0, plain.count)
        } else {
            writer.stringContent(text.span, Int(node.keyStart), Int(node.keyEnd))
        }
        writer.literal("\":")
    }

    private func countFrom(_ id: ID) -> Int {
        var count = 1
        var item = next(of: id)
        while let current = item {
            count &+= 1
            item = next(of: current)
        }
        return count
    }

    private func isSchema(_ id: ID) -> Bool {
        if member("$schema", of: id) != nil { return true }
        guard let type = member("type", of: id), isString(type) else { return false }
        return member("properties", of: id) != nil || member("items", of: id) != nil
    }
}
