import CCurl

/// The process-wide part of libcurl.
enum CurlLibrary {
    /// Touched before any other call. Initialised once, by Swift's rule for static values, and never
    /// undone: other code in the process may still use libcurl.
    static let startCode: CURLcode = curl_global_init(ccurl_global_default())

    /// curl's own sentence for a code.
    static func text(for code: CURLcode) -> String {
        // A constant of libcurl, never freed.
        unsafe String(cString: curl_easy_strerror(code))
    }

    static func text(for code: CURLMcode) -> String {
        // A constant of libcurl, never freed.
        unsafe String(cString: curl_multi_strerror(code))
    }
}

extension CurlTransport {
    /// The libraries in use at run time, such as `libcurl 7.88.1, OpenSSL/3.0.19, nghttp2/1.52.0`.
    package static var versionDescription: String {
        _ = CurlLibrary.startCode
        // A constant table of libcurl, whose texts live as long as the process.
        guard let info = unsafe ccurl_version() else { return "libcurl" }
        var parts = ["libcurl " + (unsafe text(info.pointee.version, or: "of unknown version"))]
        parts.append(unsafe text(info.pointee.ssl_version, or: "no TLS library"))
        if let nghttp2 = unsafe info.pointee.nghttp2_version {
            parts.append(unsafe "nghttp2/" + String(cString: nghttp2))
        }
        return parts.joined(separator: ", ")
    }

    private static func text(_ pointer: UnsafePointer<CChar>?, or other: String) -> String {
        // Only called with texts of the constant table above.
        unsafe pointer.map { unsafe String(cString: $0) } ?? other
    }
}
