/// Why TLS cannot be spoken with the configured files. Nothing of a file's content is in it.
package struct TLSError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum File: Sendable, Hashable {
        case certificate
        case key
        case clientCA
    }

    /// The one to be mended.
    package let file: File
    package let path: String
    /// Goes on where the path ends, such as "cannot be read: …".
    package let reason: String

    package var description: String { "\(path) \(reason)" }
}
