/// The one message of a unary call, found in the body of its request.
struct GRPCMessage: Hashable, Sendable {
    var isCompressed: Bool
    /// Where it stands in the body, behind its prefix.
    var range: Range<Int>

    /// Reads the framing of a whole body (G22).
    ///
    /// - Throws: what is wrong with it; nothing of such a body is to be taken.
    init(in body: Span<UInt8>) throws(Refusal) {
        guard body.count > 0 else { throw .messageCount(0) }
        guard body.count >= GRPC.prefixBytes else {
            throw .messageCutOff(missing: GRPC.prefixBytes - body.count)
        }
        guard body[0] <= 1 else {
            throw .badRequest(
                field: "message",
                description: "the flag before a message is 0 or 1, this one is \(body[0])")
        }
        isCompressed = body[0] == 1
        var length = 0
        for index in 1..<GRPC.prefixBytes { length = length << 8 | Int(body[index]) }
        range = GRPC.prefixBytes..<GRPC.prefixBytes + length
        if range.upperBound > body.count {
            throw .messageCutOff(missing: range.upperBound - body.count)
        }
        if range.upperBound < body.count { throw .messageCount(2) }
    }
}
