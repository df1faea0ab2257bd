import Foundation
import Testing

@testable import OTLPReceiving

@Suite struct GRPCFormTests {
    @Test(arguments: [
        "application/grpc", "application/grpc+proto", "Application/GRPC", "application/grpc; a=b",
    ])
    func `gRPC is told by its content type (G15)`(_ type: String) {
        #expect(GRPC.isContentType(type))
    }

    @Test(arguments: [
        "", "application/grp", "application/grpc+json", "application/grpc-web",
        "application/grpcx", "application/x-protobuf",
    ])
    func `other content types are not gRPC (G16)`(_ type: String) {
        #expect(!GRPC.isContentType(type))
    }

    @Test(
        arguments: [
            ("1H", .seconds(3600)), ("2M", .seconds(120)), ("3S", .seconds(3)),
            ("4m", .milliseconds(4)), ("5u", .microseconds(5)), ("6n", .nanoseconds(6)),
            ("0n", .zero), ("99999999H", .seconds(359_999_996_400)),
        ] as [(String, Duration)])
    func `a timeout is digits and a unit (G24)`(_ text: String, _ expected: Duration) {
        #expect(GRPC.timeout(text) == expected)
    }

    @Test(arguments: [
        "", "S", "1", "1s", "1x", "-1S", "+1S", " 1S", "1.5S", "123456789S", "1SS", "٣S",
    ])
    func `anything else is no timeout`(_ text: String) {
        #expect(GRPC.timeout(text) == nil)
    }

    @Test func `a message is percent-encoded outside of printable ASCII`() {
        #expect(GRPC.percentEncoded("a b~") == "a b~")
        #expect(GRPC.percentEncoded("100 % ünï\n\u{7f}") == "100 %25 %C3%BCn%C3%AF%0A%7F")
    }

    // MARK: Framing

    private func message(_ body: [UInt8]) -> Result<GRPCMessage, Refusal> {
        Result { () throws(Refusal) in try GRPCMessage(in: body.span) }
    }

    @Test func `a message stands behind a flag and its length`() throws {
        #expect(try message([0, 0, 0, 0, 0]).get().range == 5..<5)
        let compressed = try message([1, 0, 0, 0, 2, 8, 9]).get()
        #expect(compressed.range == 5..<7)
        #expect(compressed.isCompressed)
        let long = [0, 0, 0, 1, 2] + [UInt8](repeating: 7, count: 258)
        #expect(try message(long).get().range == 5..<263)
    }

    @Test(
        arguments: [
            ([], .messageCount(0)), ([0], .messageCutOff(missing: 4)),
            ([0, 0, 0, 0], .messageCutOff(missing: 1)),
            ([0, 0, 0, 0, 2, 9], .messageCutOff(missing: 1)),
            ([0, 0xff, 0xff, 0xff, 0xff], .messageCutOff(missing: 0xffff_ffff)),
            ([0, 0, 0, 0, 0, 0], .messageCount(2)),
            ([0, 0, 0, 0, 1, 9, 0, 0, 0, 0, 0], .messageCount(2)),
            (
                [2, 0, 0, 0, 0],
                .badRequest(
                    field: "message",
                    description: "the flag before a message is 0 or 1, this one is 2")
            ),
        ] as [([UInt8], Refusal)])
    func `broken framing is refused, and not for a later attempt (G10, G22)`(
        _ body: [UInt8], _ refusal: Refusal
    ) {
        #expect(message(body) == .failure(refusal))
        #expect([.invalidArgument, .internalError, .unimplemented].contains(refusal.code))
    }

    // MARK: Health

    private func service(_ message: [UInt8]) -> Result<String, Refusal> {
        Result { () throws(Refusal) in try HealthCheck.service(message.span) }
    }

    @Test func `health is asked for the whole or for the service of traces (G34)`() {
        let name = GRPCMethod.traceService
        #expect(service([]) == .success(""))
        #expect(service([0x0a, UInt8(name.utf8.count)] + name.utf8) == .success(name))
        // An unknown field before it, and one behind.
        #expect(service([0x10, 1, 0x0a, 0, 0x18, 1]) == .success(""))
    }

    @Test func `the health of other services is not known`() {
        #expect(service([0x0a, 1, 0x78]) == .failure(.unknownService("x")))
        #expect(Refusal.unknownService("x").code == .notFound)
    }

    @Test(arguments: [[0x0a], [0x0a, 2, 0x78], [0x07], [0x80]] as [[UInt8]])
    func `what is no health request is refused`(_ message: [UInt8]) {
        #expect(
            service(message)
                == .failure(
                    .badRequest(
                        field: "body", description: "the body is no HealthCheckRequest")))
    }
}
