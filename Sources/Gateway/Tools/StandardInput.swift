import Glibc

package enum StandardInput {
    /// The first line, without its end. On a terminal it is asked for, and what is typed is not shown.
    ///
    /// - Throws: `StartError`, where it cannot be read, is too long, or is no UTF-8.
    package static func readSecretLine(
        prompt: String
    ) throws(StartError) -> String {
        let echo = hideEcho()
        if echo != nil { StandardError.write(prompt) }
        defer {
            if let echo {
                restore(echo)
                StandardError.write("\n")
            }
        }
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while bytes.count <= maxBytes {
            // One byte, into one.
            let count = unsafe Glibc.read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw StartError(
                    description:
                        "standard input cannot be read: \(unsafe String(cString: strerror(errno)))")
            }
            // Ctrl-C, which ends no process meanwhile: the terminal is to be left as it was.
            if echo != nil, byte == 3 { throw StartError(description: "interrupted") }
            if count == 0 || byte == UInt8(ascii: "\n") { return try text(bytes) }
            bytes.append(byte)
        }
        throw StartError(description: "the line has more than \(maxBytes) bytes")
    }

    private static let maxBytes = 4096

    private static func text(_ bytes: [UInt8]) throws(StartError) -> String {
        let line = bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes[...]
        guard let text = String(validating: line, as: UTF8.self) else {
            throw StartError(description: "the line is no UTF-8")
        }
        return text
    }

    /// What the terminal was set to; nil where there is none.
    private static func hideEcho() -> termios? {
        var settings = termios()
        guard unsafe tcgetattr(STDIN_FILENO, &settings) == 0 else { return nil }
        let before = settings
        settings.c_lflag &= ~tcflag_t(ECHO | ISIG)
        unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
        return before
    }

    private static func restore(_ settings: termios) {
        var settings = settings
        unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
    }
}
