import Testing

@testable import OTLPReceiving

@Suite struct RequestPolicyTests {
    @Test func `the default path is that of the specification`() {
        #expect(OTLPReceiverConfiguration().tracesPath == "/v1/traces")
    }
}
