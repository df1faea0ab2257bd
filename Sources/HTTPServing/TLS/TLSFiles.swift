#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The configured files as they were found, so that two looks can be compared: by content, since a
/// time of modification says neither that a file has changed nor that it has not.
struct TLSFiles: Hashable {
    enum Content: Hashable {
        case bytes([UInt8])
        /// The reason, as it follows the path.
        case unusable(String)
    }

    let certificate: Content
    let key: Content
    /// Nil where none is configured.
    let clientCA: Content?

    /// Chains and bundles of authorities are some hundred KiB at most.
    static let maxBytes = 1024 * 1024

    /// Reads all of them; blocks.
    init(of configuration: TLSServerConfiguration) {
        certificate = Self.content(at: configuration.certificateFile)
        key = Self.content(at: configuration.keyFile)
        clientCA = configuration.clientCAFile.map(Self.content(at:))
    }

    private static func content(at path: String) -> Content {
        // Used during the call. Non-blocking, in case it names a pipe.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return unreadable(errno) }
        defer { close(descriptor) }
        var status = stat()
        // The address of a local variable, used during the call.
        guard unsafe fstat(descriptor, &status) == 0 else { return unreadable(errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { return .unusable("is not a file") }
        return content(of: descriptor)
    }

    private static func content(of descriptor: CInt) -> Content {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes {
                // Reads at most what the buffer holds.
                unsafe read(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            if count < 0 { return unreadable(errno) }
            if count == 0 { return bytes.isEmpty ? .unusable("is empty") : .bytes(bytes) }
            bytes += chunk[..<count]
            if bytes.count > maxBytes { return .unusable("is larger than \(maxBytes) bytes") }
        }
    }

    private static func unreadable(_ number: CInt) -> Content {
        var text = [CChar](repeating: 0, count: 128)
        // The array lives during the call, and its length goes with it.
        let isKnown = unsafe strerror_r(number, &text, text.count) == 0
        let reason =
            isKnown
            ? String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            : "error \(number)"
        return .unusable("cannot be read: \(reason)")
    }
}
