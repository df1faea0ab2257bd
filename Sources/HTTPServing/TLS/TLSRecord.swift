import NIOCore

/// The records of TLS (RFC 8446 5.1), as far as they can be told apart without keys.
enum TLSRecord {
    /// The type of a record with handshake messages, with one of which every client begins.
    static let handshake: UInt8 = 22
    private static let alert: UInt8 = 21

    /// Whether one of the records that begin in `bytes` is an alert in clear text.
    ///
    /// OpenSSL sends it so where TLS 1.3 wants it enciphered, when it does not trust our
    /// certificate, and BoringSSL then speaks of a broken record.
    static func hasAlert(_ bytes: ByteBuffer) -> Bool {
        var rest = bytes
        while let type = rest.readInteger(as: UInt8.self), rest.readInteger(as: UInt16.self) != nil,
            let length = rest.readInteger(as: UInt16.self)
        {
            if type == alert { return true }
            if rest.readSlice(length: Int(length)) == nil { return false }
        }
        return false
    }
}
