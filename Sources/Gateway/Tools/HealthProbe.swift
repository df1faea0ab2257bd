import NIOCore
import NIOPosix

/// `healthcheck`: one GET to the admin listener of a running gateway.
package struct HealthProbe {
    private let address: ListenAddress
    private let path: String

    package init(admin: String, path: String) throws {
        do throws(Expected) {
            address = try ValueParsing.listen(admin)
        } catch {
            throw FileError(description: "admin is \"\(admin)\": \(error.description)")
        }
        self.path = path
    }

    /// Throws where the answer is not 200 or does not come within five seconds.
    package func ask() async throws {
        // A listener on all addresses is asked on this machine's own.
        let host = ["0.0.0.0", "::"].contains(address.host) ? "127.0.0.1" : address.host
        let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
        do {
            channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connectTimeout(.seconds(5))
                .connect(host: host, port: address.port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw FileError(description: "nothing listens at \(address)")
        }
        let request = "GET \(path) HTTP/1.1\r\nHost: \(address)\r\nConnection: close\r\n\r\n"
        let answer = try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: request))
            return try await Self.read(inbound)
        }
        guard answer.hasPrefix("HTTP/1.1 200") else {
            throw FileError(
                description: "\(address)\(path) answered: "
                    + (answer.isEmpty ? "nothing" : String(answer.prefix { $0 != "\r\n" })))
        }
    }

    private static func read(_ inbound: NIOAsyncChannelInboundStream<ByteBuffer>) async throws
        -> String
    {
        try await withThrowingTaskGroup(of: String.self) { group in
            group.addTask {
                var answer = ""
                for try await chunk in inbound where answer.utf8.count < 65_536 {
                    answer += String(buffer: chunk)
                }
                return answer
            }
            group.addTask {
                try await ContinuousClock().sleep(for: .seconds(5))
                throw FileError(description: "no answer within 5 s")
            }
            defer { group.cancelAll() }
            return try await group.next() ?? ""
        }
    }
}
