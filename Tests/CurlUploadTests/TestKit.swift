import CloudExport
import CurlUpload
import Glibc
import MastraRecords
import Testing

/// Set before the first transport is made: proxies of the environment must not matter in any test.
private let environmentNamesAProxy: Bool = {
    // Constant texts; libcurl's threads, the readers, do not exist yet.
    for name in ["http_proxy", "https_proxy", "ALL_PROXY"] {
        guard unsafe setenv(name, "http://127.0.0.1:1", 1) == 0 else { return false }
    }
    return true
}()

/// Runs `body` with a transport and shuts it down afterwards.
func withTransport<Result: Sendable>(
    _ configuration: CurlConfiguration = CurlConfiguration(),
    _ body: (CurlTransport) async throws -> Result
) async throws -> Result {
    #expect(environmentNamesAProxy)
    let transport = try CurlTransport(configuration)
    do {
        let result = try await body(transport)
        await transport.shutdown()
        return result
    } catch {
        await transport.shutdown()
        throw error
    }
}

/// Uploads once, with a transport of its own.
func upload(
    _ request: UploadRequest, _ configuration: CurlConfiguration = CurlConfiguration()
) async throws -> Result<UploadResponse, UploadFailure> {
    try await withTransport(configuration) { await $0.upload(request) }
}

extension UploadRequest {
    static func fixture(
        _ url: String,
        headers: [(name: String, value: String)] = [
            ("Authorization", "Bearer fixture-token-1"), ("Content-Type", "application/json"),
        ],
        body: [UInt8] = Array(#"{"spans":[]}"#.utf8)
    ) -> UploadRequest {
        UploadRequest(url: url, headers: headers, body: ByteBlock(copying: body))
    }
}

/// A body of `count` bytes in which no part looks like another one nearby.
func patternBody(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
}

extension Result where Success == UploadResponse, Failure == UploadFailure {
    var status: Int? { try? get().status }

    /// The answer's body.
    var text: String? { (try? get().body).map { String(decoding: $0, as: UTF8.self) } }

    var networkText: String? {
        if case .failure(.network(let text)) = self { text } else { nil }
    }

    var timedOutText: String? {
        if case .failure(.timedOut(let text)) = self { text } else { nil }
    }

    var untrustedText: String? {
        if case .failure(.untrusted(let text)) = self { text } else { nil }
    }
}
