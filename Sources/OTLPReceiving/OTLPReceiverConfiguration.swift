package struct OTLPReceiverConfiguration: Hashable, Sendable {
    /// Bytes of a body, as sent and again when inflated (OTLP-REQUIREMENTS H10-H14). 1 KiB to 256 MiB.
    package var maxBodyBytes = 64 * 1024 * 1024
    /// Where traces are taken (H3).
    package var tracesPath = "/v1/traces"

    package init() {}
}
