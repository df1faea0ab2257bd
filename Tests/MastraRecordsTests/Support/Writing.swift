import Testing

@testable import MastraRecords

/// What a writer of the given capacity has written after `body`.
func written(capacity: Int = 64, _ body: (inout JSONWriter) -> Void) -> [UInt8] {
    var writer = JSONWriter(capacity: capacity)
    body(&writer)
    return writer.bytes(from: 0)
}

func text(_ body: (inout JSONWriter) -> Void) -> String {
    String(decoding: written(body), as: UTF8.self)
}

/// A string as the writer writes it, and whether it says that it replaced something.
func writtenString(_ bytes: [UInt8]) -> (json: [UInt8], replaced: Bool) {
    var writer = JSONWriter(capacity: 64)
    writer.string(bytes.span, 0, bytes.count)
    return (writer.bytes(from: 0), writer.replacedInvalidUTF8)
}
