import FuzzClaims
import HTTPTestKit
import TestKit

/// A connection that greets in HTTP/2, and then gets any bytes: all of `ConnectionRun`, and
///
/// - What is written are whole frames.
///
/// The first byte of an input chooses the greeting, the last ones the script; what is between goes
/// over the wire.
package enum HTTP2Target: FuzzTarget {
    package static let name = "http2"

    package static func check(_ input: [UInt8]) throws(BrokenClaim) {
        var bytes = input
        let choices = Choices(ConnectionScript.bytes, from: &bytes)
        let greeting = bytes.isEmpty ? 0 : bytes.removeFirst()
        let preface: [UInt8] =
            switch greeting & 3 {
            case 0, 1: HTTP2Frame.greeting
            case 2: HTTP2Frame.preface
            default: []
            }
        let (_, written) = try ConnectionRun.run(preface + bytes, ConnectionScript(choices))
        // What is not greeted with, or greeted with in time, is answered in HTTP/1.
        guard !written.starts(with: "HTTP/1".utf8) else { return }
        let frames = HTTP2Frame.parse(written)
        try claim(
            frames.reduce(0) { $0 + 9 + $1.payload.count } == written.count,
            "\(written.count) bytes are no frames")
    }

    /// Changes single frames, and their lengths with them.
    package static func mutated(
        _ input: [UInt8], maxBytes: Int, seed: UInt64, by change: ByteChange
    ) -> [UInt8]? {
        guard seed % 4 != 0, input.count > ConnectionScript.bytes else { return nil }
        let script = input.suffix(ConnectionScript.bytes)
        let wire = Array(input.dropFirst().dropLast(ConnectionScript.bytes))
        var frames = HTTP2Frame.parse(wire)
        let rest = wire.dropFirst(frames.reduce(0) { $0 + $1.bytes.count })
        var random = SplitMix64(seed: seed)
        for _ in 0...random.below(3) {
            guard !frames.isEmpty else { return nil }
            edit(&frames, at: random.below(frames.count), maxBytes, &random, change)
        }
        return input.prefix(1) + frames.flatMap(\.bytes) + rest + script
    }

    private static func edit(
        _ frames: inout [HTTP2Frame], at place: Int, _ maxBytes: Int, _ random: inout SplitMix64,
        _ change: ByteChange
    ) {
        switch random.below(10) {
        case 0: frames.insert(frames[place], at: random.below(frames.count + 1))
        case 1: frames.remove(at: place)
        case 2: frames.swapAt(place, random.below(frames.count))
        case 3: frames[place].kind = UInt8(random.below(11))
        case 4: frames[place].flags ^= 1 << UInt8(random.below(6))
        case 5, 6: frames[place].stream = UInt32(random.below(12))
        default:
            frames[place].payload = change(
                frames[place].payload, min(maxBytes, frames[place].payload.count + 32))
        }
    }
}
