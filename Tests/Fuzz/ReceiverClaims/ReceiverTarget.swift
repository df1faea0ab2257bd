import FuzzClaims
import HTTPServing

/// `OTLPReceiver`, which gets one request: protobuf, JSON or a gRPC call, in any coding. All of
/// `ReceiverRun`, and
///
/// - A body that was compressed and framed as it should be has the outcome of the plain one.
/// - Some inputs are the value of a header field instead: all of `AccessRun`.
/// - The frame of a gRPC call that is nothing but bytes decides as `expectedOfFrame` reads it.
package enum ReceiverTarget: FuzzTarget {
    package static let name = "receiver"
    /// Bytes at the end of an input that choose what its request is.
    static let choices = 4
    /// The last of them, for an input that is a header field.
    static let accessChoice: UInt8 = 0xAC

    package static func check(_ input: [UInt8]) throws(BrokenClaim) {
        var bytes = input
        var choices = Choices(Self.choices, from: &bytes)
        let form = RequestForm(&choices)
        let conditions = ReceiverRun.Conditions(&choices)
        let last = choices.byte()
        if last == accessChoice { return try AccessRun.check(bytes) }
        let isWrapped = last % 2 == 0
        let sent = isWrapped ? form.wrap(bytes) : bytes
        let outcome = try ReceiverRun(conditions).outcome(of: sent, form)
        guard conditions == .usual, form.isKnown else { return }
        let expected =
            isWrapped
            ? try expectedOfPlain(bytes, sent: sent.count, form)
            : try expectedOfFrame(sent, form)
        guard let expected else { return }
        try claim(
            outcome == expected,
            "\(form)\(isWrapped ? ", wrapped" : ""): \(outcome), where \(expected) is due")
    }

    /// - Parameter sent: bytes of it as it was sent, frame and all.
    private static func expectedOfPlain(
        _ plain: [UInt8], sent: Int, _ form: RequestForm
    ) throws(BrokenClaim) -> RequestOutcome {
        let limit = ReceiverRun.maxBodyBytes + (form.isCall ? RequestForm.prefixBytes : 0)
        return sent > limit ? .tooLarge : try outcome(of: plain, form.plain)
    }

    /// What gRPC's framing says of a whole body (PROTOCOL-HTTP2, "Length-Prefixed-Message"); nil for
    /// what is no call.
    private static func expectedOfFrame(
        _ body: [UInt8], _ form: RequestForm
    ) throws(BrokenClaim) -> RequestOutcome? {
        guard form.isCall else { return nil }
        let prefix = RequestForm.prefixBytes
        if body.count > ReceiverRun.maxBodyBytes + prefix { return .tooLarge }
        if body.isEmpty { return .unimplemented }
        if body.count < prefix { return .internalError }
        if body[0] > 1 { return .invalid }
        let length = body[1..<prefix].reduce(0) { $0 * 256 + Int($1) }
        if length > body.count - prefix { return .internalError }
        if length < body.count - prefix { return .unimplemented }
        let message = Array(body[prefix...])
        if body[0] == 0 { return try outcome(of: message, form.plain) }
        guard let export = form.codedExport else { return .internalError }
        return try outcome(of: message, export)
    }

    private static func outcome(
        of body: [UInt8], _ form: RequestForm
    ) throws(BrokenClaim) -> RequestOutcome {
        try ReceiverRun(.usual).outcome(of: body, form)
    }
}
