import NIOCore
import NIOHTTP1

/// The handlers of an HTTP/1 connection: a gate that gives out bytes in small portions, NIO's
/// parser, and the handler that makes requests of its parts and answers them.
enum HTTP1Pipeline {
    /// To be called before there are connections. Two threads that need a generic class for the first
    /// time at the same moment can crash Swift's runtime (seen with 6.3.1).
    static func prepare() { _ = ByteToMessageHandler(HTTPRequestDecoder()) }

    static func add(
        to pipeline: ChannelPipeline.SynchronousOperations, after sniffer: ProtocolSniffer,
        serving: ServingContext, client: ClientNames?, headBegan: NIODeadline?, isDraining: Bool
    ) throws -> HTTP1Handler {
        let handler = HTTP1Handler(
            serving: serving, client: client, headBegan: headBegan, isDraining: isDraining)
        let gate = HTTP1Gate(handler: handler)
        handler.gate = gate
        let decoder = ByteToMessageHandler(
            HTTPRequestDecoder(
                leftOverBytesStrategy: .dropBytes, limitConfiguration: limits(serving)))
        try pipeline.addHandler(gate, position: .after(sniffer))
        try pipeline.addHandler(decoder, position: .after(gate))
        try pipeline.addHandler(handler, position: .after(decoder))
        return handler
    }

    private static func limits(_ serving: ServingContext) -> NIOHTTPDecoderLimitConfiguration {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = serving.configuration.maxHeaderBytes
        limits.maxHeaderListSize = serving.configuration.maxHeaderBytes
        limits.maxHeaderFieldCount = serving.configuration.maxHeaderCount
        return limits
    }
}
