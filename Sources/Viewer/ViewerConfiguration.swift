package import HTTPServing

/// What the viewer says of the gateway, and whom it lets in.
package struct ViewerConfiguration: Sendable {
    package var version: String
    /// Names under which it is opened, beside those of this machine.
    package var hosts: [String]
    /// Whether a request shows the viewer's credential; nil: anybody who reaches it may look.
    package var admits: (@Sendable (HTTPFields) -> Bool)?
    /// Makes gzip of a file, for browsers that offer to read it; nil where it would be no shorter.
    package var gzip: (@Sendable ([UInt8]) -> [UInt8]?)?
    package var offersGzip: @Sendable (_ acceptEncoding: String) -> Bool = { _ in false }
    /// Where spans are taken; nil where that is off.
    package var httpAddress: @Sendable () -> String? = { nil }
    package var grpcAddress: @Sendable () -> String? = { nil }
    /// Whether some route sends to the cloud, now.
    package var exports: @Sendable () -> Bool

    package init(
        version: String, hosts: [String] = [],
        admits: (@Sendable (HTTPFields) -> Bool)? = nil,
        exports: @escaping @Sendable () -> Bool = { false }
    ) {
        self.version = version
        self.hosts = hosts
        self.admits = admits
        self.exports = exports
    }
}
