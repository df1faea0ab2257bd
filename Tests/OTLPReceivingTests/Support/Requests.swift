import HTTPServing

extension HTTPRequestHead {
    /// A request that is taken, but for what a test says.
    static func export(
        _ fields: [(String, String)] = [], method: String = "POST", path: String = "/v1/traces",
        contentType: String? = "application/x-protobuf"
    ) -> HTTPRequestHead {
        HTTPRequestHead(
            version: .http1_1, method: method, path: path,
            fields: HTTPFields((contentType.map { [("content-type", $0)] } ?? []) + fields))
    }

    static let gzip = export([("content-encoding", "gzip")])
    static let json = export(contentType: "application/json")
}

/// Contents of messages, to be joined with `+`.
extension [UInt8] {
    static func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
        precondition(number < 16)
        return [number << 3 | 2] + varint(content.count) + content
    }

    private static func varint(_ value: Int) -> [UInt8] {
        value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7f) | 0x80] + varint(value >> 7)
    }

    /// A span; without its trace id it is rejected.
    static func span(isRejected: Bool = false) -> [UInt8] {
        field(1, isRejected ? [] : Array(0xa0...0xaf)) + field(2, Array(0xb0...0xb7))
    }

    /// One resource with one scope around `spans`.
    static func request(_ spans: [UInt8]...) -> [UInt8] {
        field(1, field(2, spans.flatMap { field(2, $0) }))
    }
}
