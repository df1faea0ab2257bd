/// Spans that were given up, with what was said of them: the payload of a dead letter.
///
/// Bytes: version u8 (1), length of the reason u8, reason, status u16 (0: none), length of the answer
/// u16, answer, request.
package struct DeadLetter: Hashable, Sendable {
    package static let maxAnswerBytes = 1024
    private static let version: UInt8 = 1

    package let reason: DropReason
    package let cause: DropCause
    /// An `ExportTraceServiceRequest` with these spans alone.
    package let request: [UInt8]

    package init(reason: DropReason, cause: DropCause, request: [UInt8]) {
        self.reason = reason
        self.cause = cause
        self.request = request
    }

    var bytes: [UInt8] {
        let reason = Array(self.reason.rawValue.utf8)
        let answer = Array(cause.answer.utf8.prefix(Self.maxAnswerBytes))
        var bytes: [UInt8] = [Self.version, UInt8(reason.count)]
        bytes += reason
        bytes.append(littleEndian: UInt16(clamping: cause.status ?? 0))
        bytes.append(littleEndian: UInt16(answer.count))
        bytes += answer
        bytes += request
        return bytes
    }

    package init?(_ bytes: [UInt8]) {
        guard bytes.count >= 6, bytes[0] == Self.version else { return nil }
        let reasonEnd = 2 + Int(bytes[1])
        guard bytes.count >= reasonEnd + 4,
            let reason = DropReason(rawValue: String(decoding: bytes[2..<reasonEnd], as: UTF8.self))
        else { return nil }
        let status = Int(bytes.littleEndian(UInt16.self, at: reasonEnd))
        let answerEnd = reasonEnd + 4 + Int(bytes.littleEndian(UInt16.self, at: reasonEnd + 2))
        guard bytes.count >= answerEnd else { return nil }
        self.reason = reason
        cause = DropCause(
            status: status == 0 ? nil : status,
            answer: String(decoding: bytes[reasonEnd + 4..<answerEnd], as: UTF8.self))
        request = Array(bytes[answerEnd...])
    }
}

extension SegmentLog {
    /// Appends to a log of dead letters, durable when it returns.
    package func append(
        _ letter: DeadLetter, spans: Int, receivedAt: UInt64
    ) throws(Obstacle) {
        _ = try append([(letter.bytes, UInt32(spans), receivedAt)], isBehindReader: false)
    }
}
