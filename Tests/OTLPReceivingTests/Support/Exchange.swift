import HTTPServing

@testable import OTLPReceiving

extension OTLPReceiver {
    /// One request, as the server calls the receiver.
    func exchange(
        _ body: [UInt8], _ head: HTTPRequestHead,
        _ reply: @escaping @Sendable (HTTPResponse) -> Void
    ) {
        switch admit(head) {
        case .refuse(let response): reply(response)
        case .accept(_, _, let context):
            respond(to: HTTPRequest(head: head, body: body, context: context), reply: reply)
        }
    }

    /// What comes with the admission of a request; nil where it is refused.
    func context(for head: HTTPRequestHead) -> (any Sendable)? {
        guard case .accept(_, _, let context) = admit(head) else { return nil }
        return context
    }
}
