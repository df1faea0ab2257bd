import Glibc

/// Why a file cannot be used, in a sentence.
package struct FileError: Error, CustomStringConvertible {
    package let description: String
}

package enum BinaryFile {
    /// Larger files are no requests that any receiver would take.
    private static let maxBytes = 1 << 30

    /// The whole of a file; `-` is standard input.
    package static func read(_ path: String) throws -> [UInt8] {
        let number = path == "-" ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { throw error(path) }
        defer { if path != "-" { close(number) } }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes {
                // Reads at most what the buffer holds.
                unsafe Glibc.read(number, $0.baseAddress, $0.count)
            }
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw error(path)
            }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= maxBytes else {
                throw FileError(description: "\(path) is larger than \(maxBytes) bytes")
            }
        }
    }

    private static func error(_ path: String) -> FileError {
        FileError(description: "\(path) cannot be read: \(unsafe String(cString: strerror(errno)))")
    }
}

package enum TextFile {
    package static func read(_ path: String) throws -> String {
        String(decoding: try BinaryFile.read(path), as: UTF8.self)
    }
}

/// The environment of the process.
package enum ProcessEnvironment {
    package static let all: [String: String] = {
        var all: [String: String] = [:]
        var entry = unsafe environ
        // A list of C strings that ends with a null pointer.
        while let text = unsafe entry.pointee {
            let pair = unsafe String(cString: text)
            if let equals = pair.firstIndex(of: "=") {
                all[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
            }
            unsafe entry += 1
        }
        return all
    }()
}
