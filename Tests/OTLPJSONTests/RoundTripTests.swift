import OTLP
import OracleKit
import TestKit
import Testing

@testable import OTLPJSON

/// Random requests in random spellings against the protobuf that was written beside them.
struct RoundTripTests {
    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func `a request in any spelling becomes its protobuf`(seed: UInt64) throws {
        var generator = RequestGenerator(seed: seed)
        for _ in 0..<150 {
            let request = generator.request()
            let bytes = try transcode(request.json)
            guard bytes == request.wire else {
                Issue.record("\(request.json)\n\(bytes)\n\(request.wire)")
                return
            }
            #expect(bytes == CanonicalForm.of(bytes))
            _ = try walkRequest(bytes.span)
        }
    }

    @Test func `white space may stand around every token`() throws {
        let compact =
            #"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"n","attributes":[]}]}]}]}"#
        let wide = compact.replacing(/[{}\[\]:,]/) { " \t\r\n\($0.output) \n" }
        #expect(try transcode(wide) == transcode(compact))
    }
}
