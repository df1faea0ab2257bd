import NIOCore
import NIOPosix

/// Asks the admin listener of a running gateway.
package struct AdminClient {
    private let address: ListenAddress

    /// An answer is not waited for longer than this.
    private static let deadline = Duration.seconds(5)
    /// More of it is not read. The metrics of a route take some 12 KiB.
    private static let maxAnswerBytes = 16 << 20

    package init(admin: String) throws {
        do throws(Expected) {
            address = try ValueParsing.listen(admin)
        } catch {
            throw FileError(description: "admin is \"\(admin)\": \(error.description)")
        }
    }

    init(_ address: ListenAddress) {
        self.address = address
    }

    /// `healthcheck`: throws where the answer is not 200.
    package func expectOK(_ path: String) async throws {
        let answer = try await get(path)
        guard answer.status == 200 else {
            throw FileError(description: "\(address)\(path) answered: \(answer.statusLine)")
        }
    }

    struct Answer {
        let statusLine: String
        let body: String

        var status: Int? { Int(statusLine.dropFirst("HTTP/1.1 ".count).prefix(3)) }
    }

    /// One GET on a connection of its own.
    func get(_ path: String) async throws -> Answer {
        // A listener on all addresses is asked on this machine's own.
        let host = ["0.0.0.0", "::"].contains(address.host) ? "127.0.0.1" : address.host
        let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
        do {
            channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connectTimeout(TimeAmount(Self.deadline))
                .connect(host: host, port: address.port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw FileError(description: "nothing listens at \(address)")
        }
        let request = "GET \(path) HTTP/1.1\r\nHost: \(address)\r\nConnection: close\r\n\r\n"
        let text = try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: request))
            return try await Self.read(inbound)
        }
        let head = text.firstRange(of: "\r\n\r\n")
        return Answer(
            statusLine: text.isEmpty ? "nothing" : String(text.prefix { $0 != "\r\n" }),
            body: head.map { String(text[$0.upperBound...]) } ?? "")
    }

    private static func read(
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>
    ) async throws -> String {
        try await withThrowingTaskGroup(of: String.self) { group in
            group.addTask {
                var answer = ByteBuffer()
                for try await var chunk in inbound where answer.readableBytes < maxAnswerBytes {
                    answer.writeBuffer(&chunk)
                }
                return String(buffer: answer)
            }
            group.addTask {
                try await ContinuousClock().sleep(for: deadline)
                throw FileError(description: "no answer within \(deadline.components.seconds) s")
            }
            defer { group.cancelAll() }
            return try await group.next() ?? ""
        }
    }
}
