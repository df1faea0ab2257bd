import CViewerFiles
import HTTPServing

/// The files that a browser loads: bytes of the program, and gzip of them, made once.
struct ViewerFiles: Sendable {
    private let files: [String: ViewerFile]

    init(gzip: (([UInt8]) -> [UInt8]?)?) {
        var files: [String: ViewerFile] = [:]
        // A table of constants, which lives as long as the program.
        let table = unsafe UnsafeBufferPointer(
            start: viewer_files_table(), count: viewer_file_count())
        for index in 0..<table.count {
            let file = unsafe table[index]
            let name = unsafe String(cString: file.name)
            let bytes = unsafe [UInt8](UnsafeBufferPointer(start: file.bytes, count: file.size))
            files[name] = ViewerFile(named: name, bytes, gzip: gzip?(bytes))
        }
        self.files = files
    }

    subscript(name: String) -> ViewerFile? { files[name] }
}

struct ViewerFile: Sendable {
    private let bytes: [UInt8]
    private let gzip: [UInt8]?
    private let type: String
    /// Changes with the bytes (RFC 9110 8.8.3).
    private let tag: String

    init(named name: String, _ bytes: [UInt8], gzip: [UInt8]?) {
        self.bytes = bytes
        self.gzip = gzip
        type = Self.type(of: name)
        tag = Self.tag(of: bytes)
    }

    private static func type(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "svg": "image/svg+xml"
        default: "application/octet-stream"
        }
    }

    /// FNV-1a: whether a file has changed, not whether somebody has changed it.
    private static func tag(of bytes: [UInt8]) -> String {
        let hash = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
        return String(hash, radix: 16)
    }

    func response(to head: HTTPRequestHead, takesGzip: Bool) -> HTTPResponse {
        let packed = takesGzip ? gzip : nil
        // Both forms are told apart, as caches want it.
        let tag = "\"\(self.tag)\(packed == nil ? "" : "-gzip")\""
        // Asked for each time, so that a new version of the gateway is seen at once.
        var fields = [("etag", tag), ("cache-control", "no-cache"), ("vary", "accept-encoding")]
        if head.fields["if-none-match"]?.split(separator: ",").contains(where: {
            $0.drop { $0 == " " } == tag
        }) ?? false {
            return ViewerAnswer.bytes(304, type, [], fields: fields)
        }
        if packed != nil { fields.append(("content-encoding", "gzip")) }
        return ViewerAnswer.bytes(200, type, packed ?? bytes, fields: fields)
    }
}
