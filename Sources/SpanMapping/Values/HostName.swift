import MastraRecords
import OTLP

/// The host in a server's address: some instrumentations send a URL (MAPPING 5.2).
enum HostName {
    /// The whole text where it is no URL; nil where there is no host.
    static func find(in text: Slice, _ bytes: Span<UInt8>) -> Slice? {
        guard let authority = authority(of: text, bytes) else { return text.isEmpty ? nil : text }
        var host = authority
        for offset in authority.start..<authority.end where bytes[offset] == UInt8(ascii: "@") {
            host = Slice(offset &+ 1, authority.end)
        }
        var end = host.start
        // The colons of an IPv6 address stand in brackets.
        var isBracketed = false
        while end < host.end, isBracketed || bytes[end] != UInt8(ascii: ":") {
            if bytes[end] == UInt8(ascii: "[") { isBracketed = true }
            if bytes[end] == UInt8(ascii: "]") { isBracketed = false }
            end &+= 1
        }
        return end > host.start ? Slice(host.start, end) : nil
    }

    /// What stands between `://` and the path.
    private static func authority(of text: Slice, _ bytes: Span<UInt8>) -> Slice? {
        var start = text.start
        while true {
            guard start &+ 3 <= text.end else { return nil }
            if ("://" as StaticString).equals(bytes, start, start &+ 3) { break }
            start &+= 1
        }
        start &+= 3
        var end = start
        while end < text.end, bytes[end] != UInt8(ascii: "/"), bytes[end] != UInt8(ascii: "?"),
            bytes[end] != UInt8(ascii: "#")
        {
            end &+= 1
        }
        return Slice(start, end)
    }
}
