import NIOCore
import Synchronization

/// Open connections by peer, from any loop. Bounded by the number of connections.
final class PeerCounts: Sendable {
    private let counts = Mutex<[PeerAddress: Int]>([:])

    /// Counts one more, or answers false where the peer has `limit` already.
    func add(_ peer: PeerAddress, limit: Int) -> Bool {
        counts.withLock { counts in
            let count = counts[peer, default: 0]
            guard count < limit else { return false }
            counts[peer] = count + 1
            return true
        }
    }

    func remove(_ peer: PeerAddress) {
        counts.withLock { counts in
            guard let count = counts[peer] else { return }
            counts[peer] = count > 1 ? count - 1 : nil
        }
    }
}

/// Stands first in a new connection, and closes it before anything is read or said where its peer
/// has as many as it may. A peer's address is known when the connection is active, not before.
final class PeerLimiter: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let serving: ServingContext

    init(serving: ServingContext) {
        self.serving = serving
    }

    func channelActive(context: ChannelHandlerContext) {
        guard isWithinLimit(context.channel) else {
            serving.counters.refusedPeers.add(1, ordering: .relaxed)
            context.close(promise: nil)
            return
        }
        context.fireChannelActive()
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    private func isWithinLimit(_ channel: any Channel) -> Bool {
        guard let peer = PeerAddress(channel.remoteAddress) else { return true }
        let peers = serving.peers
        guard peers.add(peer, limit: serving.configuration.maxConnectionsPerPeer) else {
            return false
        }
        channel.closeFuture.whenComplete { _ in peers.remove(peer) }
        return true
    }
}
