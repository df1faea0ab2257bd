import OTLP
import Testing

@testable import OTLPReceiving

@Suite struct ExportAnswerTests {
    @Test func `full success is no bytes at all (H19, H20)`() {
        #expect(ExportAnswer.success(rejected: 0, message: nil) == [])
        #expect(DecodedResponse(protobuf: []) == DecodedResponse(partialSuccess: nil))
    }

    @Test func `a partial success says how many and why, and nothing else (H22, H23)`() {
        let bytes = ExportAnswer.success(rejected: 3, message: "no")
        #expect(bytes == [0x0a, 6, 0x08, 3, 0x12, 2, 0x6e, 0x6f])
        #expect(
            DecodedResponse(protobuf: bytes)
                == DecodedResponse(partialSuccess: .init(rejectedSpans: 3, errorMessage: "no")))
    }

    @Test(arguments: [
        (1, ""), (127, "ünïcode ✓"), (128, String(repeating: "x", count: 300)),
        (Int(Int32.max) + 1, "with\0zero and \"quotes\""),
    ])
    func `partial successes come back from protobuf-c as they were written`(
        _ rejected: Int, _ message: String
    ) {
        #expect(
            DecodedResponse(protobuf: ExportAnswer.success(rejected: rejected, message: message))
                == DecodedResponse(
                    partialSuccess: .init(rejectedSpans: Int64(rejected), errorMessage: message)))
    }

    @Test func `a partial success without a message has an empty one`() {
        #expect(ExportAnswer.success(rejected: 1, message: nil) == [0x0a, 2, 0x08, 1])
    }

    @Test(arguments: [
        (
            StatusAnswer(code: .notFound, message: "nothing"),
            DecodedStatus(code: 5, message: "nothing")
        ),
        (
            StatusAnswer(
                code: .invalidArgument, message: "m",
                detail: .badRequest(field: "a.b", description: "d ✓")),
            DecodedStatus(
                code: 3, message: "m",
                details: [.badRequest(field: "a.b", description: "d ✓")])
        ),
        (
            StatusAnswer(
                code: .unavailable, message: "later", detail: .retryInfo(seconds: 300)),
            DecodedStatus(
                code: 14, message: "later", details: [.retryInfo(seconds: 300, nanos: 0)])
        ),
        (
            StatusAnswer(
                code: .notFound, message: "", detail: .badRequest(field: "", description: "")),
            DecodedStatus(
                code: 5, message: "", details: [.badRequest(field: "", description: "")])
        ),
    ])
    func `a status comes back from protobuf-c as it was written`(
        _ answer: StatusAnswer, _ expected: DecodedStatus
    ) {
        #expect(DecodedStatus(protobuf: answer.protobuf()) == expected)
    }
}
