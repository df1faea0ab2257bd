import Foundation
import HTTPServing
import SendingQueue
import Synchronization

@testable import OTLPReceiving

/// The encodings in which a request comes and its answer goes.
enum SentForm: CaseIterable {
    case protobuf, json, call

    func head(_ fields: [(String, String)] = [], client: ClientNames? = nil) -> HTTPRequestHead {
        var head: HTTPRequestHead =
            switch self {
            case .protobuf: .export(fields)
            case .json: .export(fields, contentType: "application/json")
            case .call:
                HTTPRequestHead(
                    version: .http2, method: "POST", path: GRPCMethod.exportTraces.rawValue,
                    fields: HTTPFields([("content-type", "application/grpc")] + fields))
            }
        head.client = client
        return head
    }

    /// A request with one span.
    var body: [UInt8] {
        let request = [UInt8].request(.span())
        switch self {
        case .protobuf: return request
        case .json:
            let span =
                "{\"traceId\":\"a0a1a2a3a4a5a6a7a8a9aaabacadaeaf\",\"spanId\":\"b0b1b2b3b4b5b6b7\"}"
            return Array("{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[\(span)]}]}]}".utf8)
        case .call: return [0, 0, 0, 0, UInt8(request.count)] + request
        }
    }
}

extension HTTPResponse {
    func field(_ name: String) -> String? { fields.first { $0.name == name }?.value }

    /// Of gRPC, where the answer tells one.
    var code: Int32? {
        if let code = (fields + trailers).first(where: { $0.name == "grpc-status" }) {
            return Int32(code.value)
        }
        return told?.code
    }

    var isAccepted: Bool { status == 200 && (code ?? 0) == 0 }

    var told: DecodedStatus? {
        switch field("content-type") {
        case "application/grpc":
            guard let text = field("grpc-status-details-bin") else { return nil }
            let padded = text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
            return Data(base64Encoded: padded).flatMap { DecodedStatus(protobuf: Array($0)) }
        case "application/json":
            let object = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
            guard let code = object?["code"] as? Int, let message = object?["message"] as? String
            else { return nil }
            return DecodedStatus(code: Int32(code), message: message)
        default: return DecodedStatus(protobuf: body)
        }
    }
}

/// A receiver with several routes, a queue for each.
final class RoutedBench: Sendable {
    let receiver: OTLPReceiver
    let routes: [RouteIntake]
    let queues: [String: ScriptedQueue]

    /// - Parameter routes: names and credentials; `open` is one of the names, or another.
    init(
        _ routes: [(String, [Credential])], open: String? = nil,
        outcome: OfferOutcome? = .accepted, full: Set<String> = [],
        configuration: OTLPReceiverConfiguration = OTLPReceiverConfiguration(),
        clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) throws {
        var names = routes.map(\.0)
        if let open, !names.contains(open) { names.append(open) }
        var queues: [String: ScriptedQueue] = [:]
        for name in names {
            queues[name] = ScriptedQueue(outcome, delay: full.contains(name) ? 3 : nil)
        }
        self.queues = queues
        let intakes = names.map {
            RouteIntake(name: $0, queue: queues[$0]!, limiter: RateLimiter(clock: clock))
        }
        self.routes = intakes
        receiver = OTLPReceiver(
            configuration: configuration,
            routing: try Routing(
                routes: zip(intakes, routes).map { ($0, $1.1) },
                open: open.flatMap { name in intakes.first { $0.name == name } }),
            budget: MemoryBudget(limit: 1 << 22), wallClock: { 42 })
    }

    func answer(_ body: [UInt8], _ head: HTTPRequestHead) -> HTTPResponse? {
        let answer = Mutex<HTTPResponse?>(nil)
        receiver.exchange(body, head) { response in answer.withLock { $0 = response } }
        return answer.withLock { $0 }
    }

    /// The routes that were offered a request, once for each.
    var taken: [String] {
        queues.flatMap { name, queue in queue.offers.map { _ in name } }.sorted()
    }

    /// Counters of refused credentials that are not 0.
    var denied: [AccessDenial: UInt64] {
        receiver.instruments.unauthorized.reduce(into: [:]) {
            if $1.counter.value > 0 { $0[$1.reason] = $1.counter.value }
        }
    }

    func refused(_ name: String) -> [RateLimit: UInt64] {
        routes.first { $0.name == name }!.refused.reduce(into: [:]) {
            if $1.counter.value > 0 { $0[$1.limit] = $1.counter.value }
        }
    }
}

/// A clock that the test moves.
final class MovedClock: Sendable {
    private let instant = Mutex(ContinuousClock.now)

    func advance(by time: Duration) { instant.withLock { $0 += time } }
    func now() -> ContinuousClock.Instant { instant.withLock { $0 } }
}
