import FuzzClaims
import HTTPTestKit

extension HTTP2Target {
    package static func seeds() -> [[UInt8]] {
        let conversations = [single, several, control, trailers, split, large, drained, []]
        return conversations.enumerated().flatMap { index, frames -> [[UInt8]] in
            let wire = frames.flatMap(\.bytes)
            let scripts: [[UInt8]] = [[], [0, 5], [1 | 2 | 16, 0xb7, 0x0c, 0x70]]
            return scripts.map { script in
                let padding = [UInt8](repeating: 0, count: ConnectionScript.bytes - script.count)
                return [UInt8(index == 7 ? 2 : 0)] + wire + script + padding
            }
        }
    }

    package static func words() -> [[UInt8]] {
        let frames = [
            HTTP2Frame.clientSettings, .request(1), .request(3, ends: true), .data(1, [1]),
            .data(1, [], ends: true), .reset(1), ping, goaway, window(0), window(1),
        ]
        let fields = [("te", "trailers"), ("expect", "100-continue"), ("content-length", "3")]
        return frames.map(\.bytes) + fields.map { HTTP2Frame.block([$0]) }
            + [HTTP2Frame.preface, [0x82], [0x83], [0x84], [0x86], [0x3f, 0xe1, 0x1f], [0x20]]
    }

    private static let ping = HTTP2Frame(
        kind: HTTP2Frame.Kind.ping, payload: [1, 2, 3, 4, 5, 6, 7, 8])
    private static let goaway = HTTP2Frame(
        kind: HTTP2Frame.Kind.goaway, payload: [0, 0, 0, 0, 0, 0, 0, 0])

    private static func window(_ stream: UInt32) -> HTTP2Frame {
        HTTP2Frame(
            kind: HTTP2Frame.Kind.windowUpdate, stream: stream,
            payload: HTTP2Frame.bigEndian(100))
    }

    private static let single: [HTTP2Frame] = [
        .request(1, fields: [("content-length", "6")]), .data(1, Array("abc".utf8)),
        .data(1, Array("def".utf8), ends: true),
    ]

    private static let several: [HTTP2Frame] = [
        .request(1), .request(3, path: "/refused"), .request(5, method: "HEAD", ends: true),
        .data(3, Array("x".utf8)), .data(1, Array("x".utf8), ends: true), .reset(3),
        .request(7, fields: [("expect", "100-continue")]), .data(7, Array("x".utf8), ends: true),
        .request(9, fields: [("content-length", "1001")]),
    ]

    private static let control: [HTTP2Frame] = [
        ping, .request(1), window(0), window(1),
        HTTP2Frame(kind: HTTP2Frame.Kind.settings, payload: [0, 4, 0, 0, 0, 5, 0, 5, 0, 0, 64, 0]),
        HTTP2Frame(kind: HTTP2Frame.Kind.settings, flags: HTTP2Frame.ack),
        HTTP2Frame(kind: 2, stream: 1, payload: [0, 0, 0, 0, 15]), .data(1, [1], ends: true),
        goaway,
    ]

    private static let trailers: [HTTP2Frame] = [
        .request(1), .data(1, [1, 2, 3]),
        HTTP2Frame(
            kind: HTTP2Frame.Kind.headers, flags: HTTP2Frame.endHeaders | HTTP2Frame.endStream,
            stream: 1, payload: HTTP2Frame.block([("t", "u")])),
    ]

    /// A header block in three frames, with padding and priority, and data with padding.
    private static let split: [HTTP2Frame] = {
        let block = HTTP2Frame.request(1).payload
        let part = block.count / 3
        return [
            HTTP2Frame(
                kind: HTTP2Frame.Kind.headers, flags: 0x28, stream: 1,
                payload: [2, 0, 0, 0, 0, 15] + block.prefix(part) + [0, 0]),
            HTTP2Frame(
                kind: HTTP2Frame.Kind.continuation, stream: 1,
                payload: Array(block[part..<2 * part])),
            HTTP2Frame(
                kind: HTTP2Frame.Kind.continuation, flags: HTTP2Frame.endHeaders, stream: 1,
                payload: Array(block[(2 * part)...])),
            HTTP2Frame(
                kind: HTTP2Frame.Kind.data, flags: 0x09, stream: 1, payload: [3, 1, 2, 0, 0, 0]),
        ]
    }()

    private static let large: [HTTP2Frame] =
        [
            .request(1, fields: [("b", String(repeating: "y", count: 2100))]), .request(3),
            .data(3, [UInt8](repeating: 1, count: 600)),
            .data(3, [UInt8](repeating: 1, count: 600)),
        ] + (0..<9).map { .request(5 + 2 * $0) }

    private static let drained: [HTTP2Frame] = [
        .request(1), goaway, .data(1, [1], ends: true), .request(3, ends: true),
        HTTP2Frame(kind: HTTP2Frame.Kind.ping, flags: HTTP2Frame.ack, payload: ping.payload),
    ]
}
