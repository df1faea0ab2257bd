import CCurl
import CloudExport

/// curl's sentence on a failure, made fit for a log.
///
/// One line, with the files of the configuration where they are the cause, and without what must
/// stay secret: userinfo of the URL and of the proxy, and values of the request's headers. curl is
/// not known to print these; a later version might.
enum FailureText {
    static func make(
        _ code: CURLcode, curlText: String, request: UploadRequest,
        configuration: CurlConfiguration
    ) -> String {
        var text = curlText.isEmpty ? CurlLibrary.text(for: code) : oneLine(curlText)
        for secret in secrets(of: request, configuration) {
            while let range = text.range(ofFirst: secret) {
                text.replaceSubrange(range, with: "****")
            }
        }
        if let files = files(for: code, configuration) { text += " (" + files + ")" }
        return text
    }

    private static func oneLine(_ text: String) -> String {
        let words = text.split { $0.isWhitespace || $0.unicodeScalars.contains { $0.value < 0x20 } }
        return words.joined(separator: " ")
    }

    /// Words of eight characters or more: replacing shorter ones would garble the sentence.
    private static func secrets(
        of request: UploadRequest, _ configuration: CurlConfiguration
    ) -> [Substring] {
        let sources =
            request.headers.map { $0.value[...] }
            + [request.url.userInfo, configuration.proxy?.address.userInfo].compactMap { $0 }
        return sources.flatMap { [$0] + $0.split { $0 == " " || $0 == ":" } }
            .filter { $0.count >= 8 }
    }

    private static func files(for code: CURLcode, _ configuration: CurlConfiguration) -> String? {
        let named: [(String, String?)] =
            switch code {
            case CURLE_SSL_CACERT_BADFILE, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR:
                [("caFile", configuration.caFile), ("caPath", configuration.caPath)]
            case CURLE_SSL_CERTPROBLEM, CURLE_SSL_CLIENTCERT:
                [
                    ("certificateFile", configuration.certificateFile),
                    ("keyFile", configuration.keyFile),
                ]
            default: []
            }
        let texts = named.compactMap { setting, path in path.map { setting + " " + $0 } }
        return texts.isEmpty ? nil : texts.joined(separator: ", ")
    }
}
