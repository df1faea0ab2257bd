import NIOCore

/// A response whose end is not known when it begins: chunks (RFC 9112 7.1) for as long as somebody sends.
extension HTTP1Handler {
    /// Writes head and body as the first chunk; false where the request cannot have more than a body.
    func begin(_ stream: HTTPStream, of response: HTTPResponse) -> Bool {
        guard let context, let route, head?.request.version == .http1_1,
            head?.request.method != "HEAD", !isDraining
        else { return false }
        phase = .streaming
        self.stream = stream
        let writer = HTTP1ResponseWriter(
            version: .http1_1, isHead: false, closes: closesAfterAnswer)
        var buffer = context.channel.allocator.buffer(capacity: 512 + response.body.count)
        writer.writeHead(ofChunked: serving.dated(response), into: &buffer)
        HTTP1ResponseWriter.write(chunk: response.body, into: &buffer)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        stream.take { [number] in route($0, for: number) }
        return true
    }

    func receive(_ piece: HTTPStream.Piece, for number: Int) {
        guard phase == .streaming, number == self.number, let context else { return }
        switch piece {
        case .bytes(let bytes):
            // What is not read is not kept.
            guard context.channel.isWritable else {
                context.close(promise: nil)
                return
            }
            var buffer = context.channel.allocator.buffer(capacity: bytes.count + 16)
            HTTP1ResponseWriter.write(chunk: bytes, into: &buffer)
            context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        case .end: endStream()
        }
    }

    /// The last chunk; then the connection is as after any answer.
    func endStream() {
        guard phase == .streaming, let context else { return }
        var buffer = context.channel.allocator.buffer(capacity: 8)
        buffer.writeStaticString(HTTP1ResponseWriter.lastChunk)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        leaveStream()
        becomeIdle()
    }

    func leaveStream() {
        stream?.leave()
        stream = nil
    }
}
