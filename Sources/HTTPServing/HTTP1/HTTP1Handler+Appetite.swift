import NIOCore

/// Bytes, as the gate asks about them: how many the parser may have, and what their coming means.
extension HTTP1Handler {
    /// Bytes that the parser may be given now; nil where it has to wait.
    var appetite: Int? {
        switch phase {
        case .idle, .head:
            isWritable && backlog.isEmpty
                ? max(1, min(Self.headPortion, serving.configuration.maxHeaderBytes - headBytes))
                : nil
        case .body, .draining: head?.isChunked == true ? Self.chunkedPortion : max(1, bodyBytesLeft)
        case .answering, .streaming, .lingering, .closed: nil
        }
    }

    /// A client that does not read its answers gets no further ones.
    var isWritable: Bool { context?.channel.isWritable == true }

    /// Whether the next request has to wait.
    var isBusy: Bool {
        switch phase {
        case .answering, .streaming: true
        case .idle, .head: !isWritable
        default: false
        }
    }

    var discardsInput: Bool { phase == .lingering || phase == .closed }

    func willBeFed(_ portion: ByteBuffer) {
        if phase == .idle { beginHead() }
        if phase == .head { headBytes += portion.readableBytes }
    }

    func wasFed(_ portion: ByteBuffer) {
        switch phase {
        // A head of just the limit would be whole by now: the parser got no byte more.
        case .head where headBytes >= serving.configuration.maxHeaderBytes:
            fail(.headersTooLarge(limit: serving.configuration.maxHeaderBytes))
        case .idle
        where lastHadNoBody && backlog.isEmpty && !portion.readableBytesView.endsInEmptyLine:
            // Behind a whole request without a body stands the beginning of the next.
            beginHead()
        default: break
        }
    }

    private func beginHead() {
        guard let timer else { return }
        phase = .head
        headBytes = 0
        set(deadline: (headBegan ?? timer.now) + serving.headTimeout)
        headBegan = nil
    }
}
