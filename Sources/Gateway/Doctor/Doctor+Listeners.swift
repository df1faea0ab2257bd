import HTTPServing
import NIOCore
import NIOPosix

extension Doctor {
    /// Of the listeners for spans; none where they speak clear text.
    func certificate() -> [Diagnosis] {
        guard let server = configuration.tlsServer else { return [] }
        do throws(TLSError) {
            let expiry = try TLSContextSource.expiry(server)
            let days = (expiry - WallClock.seconds()) / 86_400
            let text = "\(server.certificateFile) expires in \(days) days"
            if expiry < WallClock.seconds() {
                return [
                    Diagnosis(
                        "certificate", .failed, "\(server.certificateFile) has expired",
                        advice:
                            "put a renewed one in its place; a running gateway takes it by itself")
                ]
            }
            return [
                days < 14
                    ? Diagnosis("certificate", .warning, text, advice: "renew it")
                    : Diagnosis("certificate", .ok, text)
            ]
        } catch {
            return [
                Diagnosis(
                    "certificate", .failed, "\(error)",
                    advice: "put a certificate and its key into the files that listen_tls_… name")
            ]
        }
    }

    /// Whether a gateway runs here and how it is, and whether the ports are free where none does.
    func running() async -> [Diagnosis] {
        var diagnoses: [Diagnosis] = []
        let gateway = await RunningGateway(at: configuration.adminListen)
        for (name, address) in [
            ("http_listen", configuration.httpListen), ("grpc_listen", configuration.grpcListen),
            ("admin_listen", configuration.adminListen),
            ("viewer_listen", configuration.hasLocalStore ? configuration.viewerListen : nil),
        ] {
            guard let address else { continue }
            diagnoses.append(await port(name, address, isRunning: gateway != nil))
        }
        return diagnoses + (gateway?.diagnoses ?? [])
    }

    private func port(
        _ name: String, _ address: ListenAddress, isRunning: Bool
    ) async -> Diagnosis {
        do {
            let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: address.host, port: address.port).get()
            try await channel.close()
            return Diagnosis(name, .ok, "\(address) is free")
        } catch let error as IOError where error.errnoCode == EADDRINUSE && isRunning {
            return Diagnosis(name, .ok, "\(address) is in use, and a gateway runs")
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            return Diagnosis(
                name, .failed, "\(address) is in use by another program",
                advice: "ss -ltnp 'sport = :\(address.port)' says by which; end it, or set \(name)")
        } catch {
            return Diagnosis(
                name, .failed, "\(address) cannot be listened on: \(error)",
                advice: "name an address of this machine in \(name), and a port over 1023")
        }
    }
}
