/// How uploads travel: limits, deadlines, proxy and the files of TLS.
///
/// Bounds are checked by `CurlTransport.validate(_:)` and again when a transport is made. There is
/// no setting that weakens the verification of the peer.
package struct CurlConfiguration: Sendable, Hashable {
    package enum HTTPVersion: Sendable, Hashable {
        /// HTTP/1.1, one upload at a time on each connection.
        case http1
        /// HTTP/2 where TLS agrees on it, else HTTP/1.1; plain `http://` stays at HTTP/1.1.
        /// libcurl 7.88.1 spends more processor time on it, most with small server windows.
        case http2
    }

    package var httpVersion: HTTPVersion

    /// Uploads under way at once, and connections open at once, idle ones included; further uploads
    /// wait in the order in which they came, before their deadlines start. 1 to 2048.
    package var maxConnections: Int

    /// For name resolution, the proxy's answer, TCP and the TLS handshake together. 1 ms to 5 min.
    package var connectTimeout: Duration

    /// For the whole exchange, connecting included. 1 ms to 1 h.
    package var timeout: Duration

    /// A connection idle for longer is not used again: shorter than the 60 s after which common load
    /// balancers close. In whole seconds, 1 s to 1 h.
    package var maxIdleTime: Duration

    /// A connection older than this is not used again, so that a changed DNS answer is followed. In
    /// whole seconds, 1 s to 1 day.
    package var maxConnectionAge: Duration

    /// `nil` connects directly whatever the process's environment says.
    package var proxy: CurlProxy?

    /// Host names, suffixes and address blocks that bypass the proxy, separated by commas, as curl
    /// reads `NO_PROXY`; `*` bypasses it always. Without a proxy it means nothing.
    package var noProxy: String

    /// PEM file of the authorities to trust in the place of the host's store.
    package var caFile: String?

    /// Directory of authorities, prepared by `openssl rehash`, in the place of the host's store.
    package var caPath: String?

    /// PEM file with the certificate, and its chain, that the gateway shows to the upstream.
    package var certificateFile: String?

    /// PEM file with the key of `certificateFile`, without a passphrase; `nil` when the key stands in
    /// the certificate's file.
    package var keyFile: String?

    package init(
        httpVersion: HTTPVersion = .http1,
        maxConnections: Int = 4,
        connectTimeout: Duration = .seconds(10),
        timeout: Duration = .seconds(30),
        maxIdleTime: Duration = .seconds(50),
        maxConnectionAge: Duration = .seconds(600),
        proxy: CurlProxy? = nil,
        noProxy: String = "",
        caFile: String? = nil,
        caPath: String? = nil,
        certificateFile: String? = nil,
        keyFile: String? = nil
    ) {
        self.httpVersion = httpVersion
        self.maxConnections = maxConnections
        self.connectTimeout = connectTimeout
        self.timeout = timeout
        self.maxIdleTime = maxIdleTime
        self.maxConnectionAge = maxConnectionAge
        self.proxy = proxy
        self.noProxy = noProxy
        self.caFile = caFile
        self.caPath = caPath
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }
}
