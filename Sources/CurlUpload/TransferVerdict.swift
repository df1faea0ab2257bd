import CCurl
import CloudExport

/// What an ended transfer means to the retry policy.
///
/// An answer counts as soon as its head is complete, even if its body broke off, was larger than
/// what is read of it, or did not come before the deadline: status and headers are all that a
/// decision needs. The one exception is an answer that promises success before it can have had the
/// whole body: when the connection then breaks, a 2xx is a `.network` failure.
enum TransferVerdict {
    static func judge(
        _ code: CURLcode, answer: AnswerCollector, bodyWasSent: Bool, text: () -> String
    ) -> Result<UploadResponse, UploadFailure> {
        if code == CURLE_ABORTED_BY_CALLBACK { return .failure(.cancelled) }
        if answer.headIsComplete {
            let promisesTooMuch = code != CURLE_OK && !bodyWasSent
            if promisesTooMuch && (200...299).contains(answer.response.status) {
                return .failure(
                    .network("Success was answered before the whole body was sent: " + text()))
            }
            return .success(answer.response)
        }
        if answer.headIsTooLarge {
            return .failure(
                .network("The answer's head is larger than \(AnswerCollector.maxHeadBytes) bytes."))
        }
        return .failure(failure(code, text: text()))
    }

    private static func failure(_ code: CURLcode, text: String) -> UploadFailure {
        switch code {
        case CURLE_OPERATION_TIMEDOUT:
            .timedOut(text)

        // The peer's certificate.
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH:
            .untrusted(text)
        // Our own files, or a certificate that the peer asks for and we do not have.
        case CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CRL_BADFILE,
            CURLE_SSL_CLIENTCERT, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED,
            CURLE_SSL_ENGINE_INITFAILED:
            .untrusted(text)
        // A URL or a library that will not do until someone changes it.
        case CURLE_URL_MALFORMAT, CURLE_NOT_BUILT_IN, CURLE_UNKNOWN_OPTION,
            CURLE_SSL_CIPHER, CURLE_USE_SSL_FAILED:
            .untrusted(text)

        // The rest may pass: COULDNT_RESOLVE_HOST, COULDNT_RESOLVE_PROXY, COULDNT_CONNECT,
        // SEND_ERROR, RECV_ERROR, GOT_NOTHING, PARTIAL_FILE, WEIRD_SERVER_REPLY, PROXY,
        // SSL_CONNECT_ERROR (a handshake cut off, among others), HTTP2, HTTP2_STREAM,
        // UNSUPPORTED_PROTOCOL (schemes are checked before: an answer that is not HTTP),
        // OUT_OF_MEMORY, BAD_FUNCTION_ARGUMENT and what later versions add.
        default:
            .network(text)
        }
    }
}
