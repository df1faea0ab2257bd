import Foundation
import HTTPServing
import SendingQueue
import Synchronization
import Testing

@testable import OTLPReceiving

/// Calls as the receiver answers them.
@Suite struct GRPCCallTests {
    private static func head(
        _ fields: [(String, String)] = [], path: String = GRPCMethod.exportTraces.rawValue,
        method: String = "POST", version: HTTPVersion = .http2
    ) -> HTTPRequestHead {
        HTTPRequestHead(
            version: version, method: method, path: path,
            fields: HTTPFields([("content-type", "application/grpc")] + fields))
    }

    private static func framed(_ message: [UInt8], flag: UInt8 = 0) -> [UInt8] {
        let length = UInt32(message.count)
        return [flag] + (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) } + message
    }

    private let queue: ScriptedQueue
    private let receiver: OTLPReceiver
    private let budget = MemoryBudget(limit: 1 << 22)

    init() {
        self.init(.accepted)
    }

    init(_ outcome: OfferOutcome, delay: Int? = nil, maxBodyBytes: Int = 1 << 20) {
        queue = ScriptedQueue(outcome, delay: delay)
        var configuration = OTLPReceiverConfiguration()
        configuration.maxBodyBytes = maxBodyBytes
        receiver = OTLPReceiver(
            configuration: configuration,
            routing: Routing(open: RouteIntake(name: "default", queue: queue)), budget: budget,
            wallClock: { 42 })
    }

    private func call(_ body: [UInt8], _ head: HTTPRequestHead = head()) throws -> HTTPResponse {
        let answer = Mutex<HTTPResponse?>(nil)
        receiver.exchange(body, head) { response in
            answer.withLock { $0 = response }
        }
        #expect(budget.reserved == 0)
        return try #require(answer.withLock { $0 })
    }

    private func field(_ name: String, _ response: HTTPResponse) -> String? {
        response.fields.first { $0.name == name }?.value
    }

    private var counted: [String: UInt64] {
        receiver.instruments.calls.reduce(into: [:]) {
            if $1.counter.value > 0 { $0[$1.code] = $1.counter.value }
        }
    }

    /// Otherwise it would take twice its size, once outside of the budget.
    @Test func `a plain message stays in the memory of its body`() {
        var body = Self.framed(.request(.span()))
        let address = body.withUnsafeBufferPointer { $0.baseAddress }
        var request = HTTPRequest(
            head: Self.head(), body: [], context: receiver.context(for: Self.head()))
        swap(&body, &request.body)
        receiver.respond(to: consume request) { #expect($0.trailers.map(\.value) == ["0"]) }
        #expect(queue.offers[0].body.withUnsafeBufferPointer { $0.baseAddress } == address)
    }

    @Test func `a good call is handed on and answered with a message and trailers (G1, G6)`() throws
    {
        let message = [UInt8].request(.span(), .span())
        let response = try call(Self.framed(message))
        #expect(response.status == 200)
        #expect(field("content-type", response) == "application/grpc")
        #expect(response.body == [0, 0, 0, 0, 0])
        #expect(response.trailers == [HTTPField(name: "grpc-status", value: "0")])
        #expect(!response.hasLength)
        #expect(
            queue.offers == [.init(body: message, spanCount: 2, receivedAt: 42, rejected: 0)])
        #expect(counted == ["OK": 1])
        #expect(receiver.instruments.answers.allSatisfy { $0.counter.value == 0 })
    }

    @Test func `a compressed message is inflated (G2, G17)`() throws {
        let message = [UInt8].request(.span())
        let body = Self.framed(Gzip.stored(message), flag: 1)
        let response = try call(body, Self.head([("grpc-encoding", "gzip")]))
        #expect(response.trailers == [HTTPField(name: "grpc-status", value: "0")])
        #expect(queue.offers.map(\.body) == [message])
    }

    @Test func `the flag decides, not the header (G17)`() throws {
        let message = [UInt8].request(.span())
        _ = try call(Self.framed(message), Self.head([("grpc-encoding", "gzip")]))
        #expect(queue.offers.map(\.body) == [message])
    }

    @Test func `a health request is limited as it comes and inflated`() throws {
        let long = [10, 0x90, 0x4e] + [UInt8](repeating: 0x61, count: 10_000)
        let head = Self.head([("grpc-encoding", "gzip")], path: GRPCMethod.checkHealth.rawValue)
        let inflated = try call(Self.framed(Gzip.stored(long), flag: 1), head)
        let plain = receiver.response(to: .bodyTooLarge(limit: 4096, seen: 10_008), head: head)
        for response in [inflated, plain] {
            #expect(try failure(response).code == 8)
            #expect(field("grpc-message", response) == "a health request has at most 4096 bytes")
        }
    }

    @Test(arguments: ["grpc-encoding", "grpc-timeout", "content-type"])
    func `a field that comes twice is refused (X45)`(_ name: String) throws {
        let value = [
            "grpc-encoding": "gzip", "grpc-timeout": "1S", "content-type": "application/grpc",
        ]
        let twice = Array(repeating: (name, value[name]!), count: name == "content-type" ? 1 : 2)
        guard case .refuse(let response) = receiver.admit(Self.head(twice)) else {
            Issue.record("\(name) is taken twice")
            return
        }
        if name == "content-type" {
            #expect(response.status == 415)
        } else {
            #expect(field("grpc-status", response) == (name == "grpc-timeout" ? "3" : "12"))
        }
    }

    @Test func `rejected spans are in the message (G9)`() throws {
        let response = try call(Self.framed(.request(.span(), .span(isRejected: true))))
        let message = Array(response.body.dropFirst(5))
        #expect(Int(response.body[4]) == message.count)
        #expect(DecodedResponse(protobuf: message)?.partialSuccess?.rejectedSpans == 1)
    }

    /// What a failed call says: its code, and its details.
    private func failure(_ response: HTTPResponse) throws -> (code: Int32, status: DecodedStatus?) {
        #expect(response.status == 200)
        #expect(response.body.isEmpty && response.trailers.isEmpty)
        let code = try #require(field("grpc-status", response).flatMap(Int32.init))
        guard let text = field("grpc-status-details-bin", response) else { return (code, nil) }
        let padded = text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        let bytes = try #require(Data(base64Encoded: padded))
        let status = try #require(DecodedStatus(protobuf: Array(bytes)))
        #expect(status.code == code)
        return (code, status)
    }

    @Test func `bad data is INVALID_ARGUMENT with its field (G11, G12)`() throws {
        let (code, status) = try failure(try call(Self.framed([0x07])))
        #expect(code == 3)
        guard case .badRequest("body", let description) = status?.details.first else {
            Issue.record("no BadRequest")
            return
        }
        #expect(description.contains("field 0"))
        #expect(queue.offers.isEmpty)
        #expect(counted == ["INVALID_ARGUMENT": 1])
    }

    @Test func `a compressed message without an encoding is INTERNAL (G20)`() throws {
        let body = Self.framed(Gzip.stored(.request(.span())), flag: 1)
        for fields in [[], [("grpc-encoding", "identity")]] {
            #expect(try failure(try call(body, Self.head(fields))).code == 13)
        }
        #expect(queue.offers.isEmpty)
    }

    @Test func `a bomb is RESOURCE_EXHAUSTED without RetryInfo (G4, G21)`() throws {
        let bomb = Self.framed(Gzip.zeros(4096 * 2064 + 1, isChecked: false), flag: 1)
        let (code, status) = try failure(
            try call(bomb, Self.head([("grpc-encoding", "gzip")])))
        #expect(code == 8)
        #expect(status == nil)
    }

    @Test func `a full queue is UNAVAILABLE with RetryInfo (G28)`() throws {
        let bench = Self(.full(retryAfterSeconds: 7))
        let (code, status) = try bench.failure(try bench.call(Self.framed(.request(.span()))))
        #expect(code == 14)
        #expect(status?.details == [.retryInfo(seconds: 7, nanos: 0)])
    }

    // MARK: From the head

    private func refusal(_ head: HTTPRequestHead) throws -> HTTPResponse {
        guard case .refuse(let response) = receiver.admit(head) else {
            throw NotRefused()
        }
        return response
    }

    private struct NotRefused: Error {}

    @Test func `a full queue refuses before the message`() throws {
        let bench = Self(.accepted, delay: 3)
        let (code, status) = try bench.failure(try bench.refusal(Self.head()))
        #expect(code == 14)
        #expect(status?.details == [.retryInfo(seconds: 3, nanos: 0)])
    }

    @Test(arguments: ["/x", "/v1/traces", "/grpc.health.v1.Health/Watch", ""])
    func `unknown methods are UNIMPLEMENTED (G13)`(_ path: String) throws {
        #expect(try failure(try refusal(Self.head(path: path))).code == 12)
    }

    @Test(arguments: [GRPCMethod.exportMetrics, .exportLogs, .exportProfiles])
    func `other signals are UNIMPLEMENTED with the setting that ends them (G14)`(
        _ method: GRPCMethod
    ) throws {
        let response = try refusal(Self.head(path: method.rawValue))
        #expect(try failure(response).code == 12)
        let setting = try #require(method.settingOfOtherSignal)
        #expect(field("grpc-message", response)?.contains("\(setting)=none") == true)
    }

    @Test func `an unknown encoding is UNIMPLEMENTED with those that are known (G18, G19)`() throws
    {
        for name in ["snappy", "br", "GZIP", "gzip, gzip"] {
            let response = try refusal(Self.head([("grpc-encoding", name)]))
            #expect(try failure(response).code == 12)
            #expect(field("grpc-accept-encoding", response) == "identity,gzip,deflate,zstd")
        }
    }

    @Test func `a bad timeout is INVALID_ARGUMENT, a good one goes to the server`() throws {
        #expect(try failure(try refusal(Self.head([("grpc-timeout", "1x")]))).code == 3)
        guard
            case .accept(let limit, let time, _) = receiver.admit(
                Self.head([("grpc-timeout", "9S")]))
        else { throw NotRefused() }
        #expect(limit == (1 << 20) + 5)
        #expect(time == .seconds(9))
    }

    @Test func `gRPC over HTTP/1 is 415 (G16, H26)`() throws {
        let response = try refusal(Self.head(version: .http1_1))
        #expect(response.status == 415)
        #expect(DecodedStatus(protobuf: response.body)?.message.contains("HTTP/2") == true)
    }

    @Test func `a gRPC path with another content type is 415 (G16)`() throws {
        let head = HTTPRequestHead(
            version: .http2, method: "POST", path: GRPCMethod.exportTraces.rawValue,
            fields: HTTPFields([("content-type", "application/json")]))
        #expect(try refusal(head).status == 415)
    }

    @Test func `trouble of the server is told in trailers`() throws {
        let tooLarge = receiver.response(
            to: .bodyTooLarge(limit: (1 << 20) + 5, seen: 2_000_000), head: Self.head())
        #expect(try failure(tooLarge).code == 8)
        #expect(
            field("grpc-message", tooLarge)
                == "the body has 2000000 bytes or more; max_body_bytes is 1048576")
        let late = receiver.response(to: .deadlinePassed(.seconds(1)), head: Self.head())
        #expect(try failure(late).code == 4)
    }

    // MARK: Health

    @Test func `health says whether a request would be taken (G34)`() throws {
        let head = Self.head(path: GRPCMethod.checkHealth.rawValue)
        #expect(try call(Self.framed([]), head).body == [0, 0, 0, 0, 2, 8, 1])
        let full = Self(.accepted, delay: 1)
        #expect(try full.call(Self.framed([]), head).body == [0, 0, 0, 0, 2, 8, 2])
        receiver.stop()
        #expect(try call(Self.framed([]), head).body == [0, 0, 0, 0, 2, 8, 2])
        #expect(queue.offers.isEmpty)
    }

    @Test func `a health request is small`() {
        guard
            case .accept(4096, nil, _) = receiver.admit(
                Self.head(path: GRPCMethod.checkHealth.rawValue))
        else {
            Issue.record("not taken")
            return
        }
    }
}
