import CCurl
import CloudExport
import Testing

@testable import CurlUpload

struct FailureTextTests {
    private func text(
        _ curlText: String, request: UploadRequest = .fixture("http://a/"),
        configuration: CurlConfiguration = CurlConfiguration()
    ) -> String {
        FailureText.make(
            CURLE_COULDNT_CONNECT, curlText: curlText, request: request,
            configuration: configuration)
    }

    @Test func `without a sentence of the attempt the code's own is told`() {
        #expect(text("") == "Couldn't connect to server")
    }

    @Test func `a sentence is one line`() {
        #expect(
            text("error:\n  CAfile: a\r\n\u{1b}[0m CApath: none")
                == "error: CAfile: a [0m CApath: none")
    }

    @Test func `secrets turn into stars wherever they stand`() {
        let request = UploadRequest.fixture(
            "http://long-user:long-pass@a/", headers: [("Authorization", "Bearer long-token-1")])
        let configuration = CurlConfiguration(proxy: "http://proxy-user:proxy-pass@p:1")

        let texts = ["long-token-1", "Bearer long-token-1", "long-pass", "proxy-pass"]
            .map { text("refused \($0).", request: request, configuration: configuration) }

        #expect(texts == Array(repeating: "refused ****.", count: 4))
    }
}
