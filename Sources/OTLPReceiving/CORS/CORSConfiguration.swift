/// Which pages may send spans, and with what.
package struct CORSConfiguration: Hashable, Sendable {
    /// `scheme://host[:port]`, `*` for all, or with one `*` in the place of a part of the host.
    /// Empty: CORS is off.
    package var allowedOrigins: [String] = []
    /// Beyond `authorization`, `content-encoding`, `content-type` and `x-api-key`.
    package var allowedHeaders: [String] = []
    /// For how long a browser may keep the answer to a preflight, in whole seconds.
    package var maxAge = Duration.seconds(7200)

    package init() {}
}
