import CCurl

extension EasyHandle {
    /// Sets what is the same for each attempt; URL, headers and body come with the attempt.
    mutating func apply(_ configuration: CurlConfiguration) {
        applyProtocol(configuration)
        applyDeadlines(configuration)
        applyProxy(configuration)
        applyTLS(configuration)
    }

    private mutating func applyProtocol(_ configuration: CurlConfiguration) {
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        // Setting no cookie file leaves curl's cookie engine off.
        set(CURLOPT_COOKIEFILE, nil as String?)
        set(CURLOPT_POST, 1)
        switch configuration.httpVersion {
        case .http1:
            set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        case .http2:
            set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
            // Wait for a connection that can carry several uploads, rather than open another one.
            set(CURLOPT_PIPEWAIT, 1)
        }
        set(CURLOPT_UPLOAD_BUFFERSIZE, 512 * 1024)
        set(CURLOPT_TCP_NODELAY, 1)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_TCP_KEEPIDLE, 30)
        set(CURLOPT_TCP_KEEPINTVL, 10)
    }

    private mutating func applyDeadlines(_ configuration: CurlConfiguration) {
        // Without it curl would time name resolution with SIGALRM where it has no resolver thread.
        set(CURLOPT_NOSIGNAL, 1)
        // Ending a transfer must not wait for a resolver thread stuck in `getaddrinfo`.
        set(CURLOPT_QUICK_EXIT, 1)
        set(CURLOPT_CONNECTTIMEOUT_MS, configuration.connectTimeout.wholeMilliseconds)
        set(CURLOPT_TIMEOUT_MS, configuration.timeout.wholeMilliseconds)
        set(CURLOPT_MAXAGE_CONN, configuration.maxIdleTime.wholeMilliseconds / 1000)
        set(CURLOPT_MAXLIFETIME_CONN, configuration.maxConnectionAge.wholeMilliseconds / 1000)
    }

    private mutating func applyProxy(_ configuration: CurlConfiguration) {
        // The empty text, unlike none, keeps curl from looking into the environment.
        set(CURLOPT_PROXY, configuration.proxy?.address ?? "")
        set(CURLOPT_NOPROXY, configuration.proxy == nil ? "" : configuration.noProxy)
        // The upstream's headers, the token among them, are not for the proxy's CONNECT...
        set(CURLOPT_HEADEROPT, ccurl_header_separate())
        // ...and the answer to CONNECT is not the upstream's.
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        set(CURLOPT_PROXY_SSL_VERIFYPEER, 1)
        set(CURLOPT_PROXY_SSL_VERIFYHOST, 2)
        set(CURLOPT_PROXY_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let file = configuration.caFile { set(CURLOPT_PROXY_CAINFO, file) }
        if let path = configuration.caPath { set(CURLOPT_PROXY_CAPATH, path) }
    }

    private mutating func applyTLS(_ configuration: CurlConfiguration) {
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        // curl keeps a loaded trust store; a renewed CA file is seen after five minutes, not a day.
        set(CURLOPT_CA_CACHE_TIMEOUT, 300)
        if configuration.caFile != nil || configuration.caPath != nil {
            // Setting one of the two leaves the host's default in the other: both are replaced.
            set(CURLOPT_CAINFO, configuration.caFile)
            set(CURLOPT_CAPATH, configuration.caPath)
        }
        if let file = configuration.certificateFile {
            set(CURLOPT_SSLCERT, file)
            set(CURLOPT_SSLKEY, configuration.keyFile ?? file)
            // With none, OpenSSL would ask for a passphrase on the terminal and hold the thread.
            set(CURLOPT_KEYPASSWD, "")
        }
    }
}

extension Duration {
    /// Rounded up, so that a short time never becomes 0, which curl reads as "no limit".
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        let perMillisecond: Int64 = 1_000_000_000_000_000
        return Int(seconds * 1000 + (attoseconds + perMillisecond - 1) / perMillisecond)
    }
}
