import Glibc

/// A call of the file system that failed.
package struct StorageError: Error, Hashable, CustomStringConvertible {
    package let call: String
    /// Of the file, without its directory.
    package let name: String
    /// `errno`.
    package let code: Int32

    package init(_ call: String, _ name: String, _ code: Int32) {
        self.call = call
        self.name = name
        self.code = code
    }

    /// The file system has no room for another segment.
    static let noSpace = StorageError("allocate", "segment", ENOSPC)

    package var description: String { "\(call) \(name): \(Self.text(code))" }

    /// Room is short, which passes; the file itself is sound.
    var isLackOfSpace: Bool { [ENOSPC, EDQUOT, EFBIG].contains(code) }

    /// Of the process, and not of the file: a later attempt may succeed.
    var isLackOfResources: Bool { [EMFILE, ENFILE, ENOMEM].contains(code) }

    var isMissing: Bool { code == ENOENT }

    /// Nothing is wrong with the disk, and a later attempt costs nothing.
    var isPassing: Bool { isLackOfSpace || isLackOfResources }

    /// What was written may not be kept.
    var isOfSync: Bool { ["fdatasync", "fsync", "read back"].contains(call) }

    /// A directory has the name of a file.
    var isOfDirectory: Bool { [EISDIR, EEXIST, ENOTEMPTY].contains(code) }

    /// The symbol, for labels of metrics.
    package var symbol: String { Self.symbols[code] ?? "other" }

    package static let symbols: [Int32: String] = [
        EIO: "EIO", ENOSPC: "ENOSPC", EDQUOT: "EDQUOT", EFBIG: "EFBIG", EROFS: "EROFS",
        EACCES: "EACCES", EMFILE: "EMFILE",
    ]

    package static func text(_ code: Int32) -> String {
        // The text is the library's own, and copied at once.
        unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    }
}
