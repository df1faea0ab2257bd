package struct OTLPReceiverConfiguration: Hashable, Sendable {
    /// Bytes of a body, as sent and again when inflated (OTLP-REQUIREMENTS H10-H14). 1 KiB to 256 MiB.
    package var maxBodyBytes = 64 * 1024 * 1024
    /// Where traces are taken over HTTP (H3, H4); at least one.
    package var tracesPaths = ["/v1/traces", "/otlp/v1/traces"]
    package var cors = CORSConfiguration()

    package init() {}
}
