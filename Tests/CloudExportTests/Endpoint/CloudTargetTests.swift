import CloudExport
import ExportTestKit
import MastraRecords
import TestKit
import Testing

@Suite struct CloudTargetTests {
    @Test func `an attempt is one POST with the headers of Mastra's exporter`() async throws {
        let transport = RecordingTransport(.success(UploadResponse(status: 200)))
        let target = try CloudTarget.fixture(transport)
        let outcome = await target.attempt(
            ByteBlock(copying: Array("{\"spans\":[1]}".utf8)), records: 1)
        #expect(outcome == .delivered)
        let requests = transport.requests.all
        try #require(requests.count == 1)
        #expect(requests[0].url == "https://host/ai/spans/publish")
        #expect(requests[0].body.bytes == Array("{\"spans\":[1]}".utf8))
        #expect(
            requests[0].headers.map { "\($0.name): \($0.value)" } == [
                "Authorization: Bearer mst_1", "Content-Type: application/json",
                "User-Agent: test/1", "x-mastra-observability-capabilities: quota-pause-v1",
            ])
    }

    @Test func `an answer is judged by the wall clock that the target was given`() async throws {
        let response = UploadResponse(
            status: 503, headers: ["retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"])
        let target = try CloudTarget.fixture(
            RecordingTransport(.success(response)), wallClock: 70_000)
        let outcome = await target.attempt(ByteBlock(copying: []), records: 0)
        #expect(outcome == .unavailable("HTTP 503", retryAfter: .seconds(30)))
    }

    @Test(arguments: [
        (UploadFailure.network("reset"), AttemptOutcome.unavailable("reset", retryAfter: nil)),
        (.timedOut("30 s"), .unavailable("30 s", retryAfter: nil)),
        (.untrusted("expired"), .untrusted("expired")),
        (.cancelled, .cancelled),
    ])
    func `an attempt without an answer is judged by its failure`(
        _ failure: UploadFailure, _ outcome: AttemptOutcome
    ) async throws {
        let target = try CloudTarget.fixture(RecordingTransport(.failure(failure)))
        #expect(await target.attempt(ByteBlock(copying: []), records: 0) == outcome)
    }
}

private struct RecordingTransport: UploadTransport {
    let requests = Recorder<UploadRequest>()
    let result: Result<UploadResponse, UploadFailure>

    init(_ result: Result<UploadResponse, UploadFailure>) {
        self.result = result
    }

    func upload(_ request: UploadRequest) async -> Result<UploadResponse, UploadFailure> {
        requests.append(request)
        return result
    }

    func shutdown() async {}
}

extension CloudTarget {
    fileprivate static func fixture(
        _ transport: RecordingTransport, wallClock: UInt64 = 0
    ) throws -> CloudTarget {
        CloudTarget(
            endpoint: try CloudEndpoint("https://host", projectID: nil), token: Secret("mst_1"),
            userAgent: "test/1", transport: transport, wallClock: { wallClock })
    }
}
