import Logging

extension GatewayConfiguration {
    /// Tells of what anybody may do who reaches a listener.
    func warnOfOpenDoors(_ logger: Logger) {
        if let adminListen, !adminListen.isLoopback {
            logger.warning(
                "Anybody who reaches the admin listener may read its metrics",
                metadata: ["admin_listen": "\(adminListen)"])
        }
        let open = [("http_listen", httpListen), ("grpc_listen", grpcListen)]
            .compactMap { key, address in
                address.flatMap { $0.isLoopback ? nil : (key, Logger.MetadataValue("\($0)")) }
            }
        let asksForCertificates = listenTLS.clientCAFile != nil
        guard !open.isEmpty, !asksForCertificates, isOpen else { return }
        logger.warning(
            "Anybody who reaches the listener may send spans: there is no authentication",
            metadata: Logger.Metadata(uniqueKeysWithValues: open))
    }
}
