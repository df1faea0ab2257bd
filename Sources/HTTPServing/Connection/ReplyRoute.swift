import NIOCore

/// Where a reply goes: the loop of the connection, and the handler there that knows what the
/// number stands for. A reply that comes late finds no such number and is dropped.
protocol ReplyReceiver: AnyObject {
    /// On the loop. `number` is what the request was given out under.
    func receive(_ response: HTTPResponse, for number: Int)
    /// What follows the response's body; HTTP/1 alone has any.
    func receive(_ piece: HTTPStream.Piece, for number: Int)
}

extension ReplyReceiver {
    func receive(_ piece: HTTPStream.Piece, for number: Int) {}
}

/// Built once a connection; made into the closure that a responder calls from any thread.
struct ReplyRoute: Sendable {
    private let loop: any EventLoop
    private let receiver: NIOLoopBound<any ReplyReceiver>

    init(receiver: any ReplyReceiver, loop: any EventLoop) {
        self.loop = loop
        self.receiver = NIOLoopBound(receiver, eventLoop: loop)
    }

    func callAsFunction(_ response: HTTPResponse, for number: Int) {
        onLoop { $0.receive(response, for: number) }
    }

    func callAsFunction(_ piece: HTTPStream.Piece, for number: Int) {
        onLoop { $0.receive(piece, for: number) }
    }

    private func onLoop(_ body: @escaping @Sendable (any ReplyReceiver) -> Void) {
        if loop.inEventLoop {
            body(receiver.value)
        } else {
            loop.execute { body(receiver.value) }
        }
    }
}
