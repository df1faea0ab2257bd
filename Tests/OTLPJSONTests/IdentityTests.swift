import OTLP
import TestKit
import Testing

@testable import OTLPJSON

/// J1 to J3: ids.
struct IdentityTests {
    static let trace = "5b8aa5a2d2c872e8321cf37308d69df2"
    static let traceBytes: [UInt8] = [
        0x5b, 0x8a, 0xa5, 0xa2, 0xd2, 0xc8, 0x72, 0xe8, 0x32, 0x1c, 0xf3, 0x73, 0x08, 0xd6, 0x9d,
        0xf2,
    ]
    static let traceBase64 = "W4qlotLIcugyHPNzCNad8g=="
    static let spanBytes: [UInt8] = [0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89]
    static let spanBase64 = "q83vASNFZ4k="

    @Test(arguments: [trace, trace.uppercased(), "5B8aA5a2D2c872e8321cf37308d69Df2"])
    func `J1: a trace id is hex of either case`(id: String) throws {
        #expect(
            try transcode(.span(#""traceId":"\#(id)""#)) == .span(.field(1, bytes: Self.traceBytes))
        )
    }

    @Test func `J1, J2: span, parent and link ids are hex too`() throws {
        let json = #"""
            "spanId":"abcdef0123456789","parentSpanId":"ABCDEF0123456789",
            "links":[{"traceId":"\#(Self.trace)","spanId":"AbCdEf0123456789"}]
            """#
        let link: [UInt8] = .field(1, bytes: Self.traceBytes) + .field(2, bytes: Self.spanBytes)
        let span: [UInt8] =
            .field(2, bytes: Self.spanBytes) + .field(4, bytes: Self.spanBytes)
            + .field(13, bytes: link)
        #expect(try transcode(.span(json)) == .span(span))
    }

    @Test func `an escaped hex digit is a hex digit`() throws {
        let json = #""spanId":"\u0061bcdef012345678\u0039""#
        #expect(try transcode(.span(json)) == .span(.field(2, bytes: Self.spanBytes)))
    }

    @Test func `an empty id is no id`() throws {
        let json = #""traceId":"","spanId":"","parentSpanId":"","name":"n""#
        #expect(try transcode(.span(json)) == .span(.field(5, text: "n")))
    }

    @Test func `hex of another length keeps its bytes`() throws {
        let json = #""traceId":"0101","spanId":"02","parentSpanId":"040404""#
        let span: [UInt8] =
            .field(1, bytes: [1, 1]) + .field(2, bytes: [2]) + .field(4, bytes: [4, 4, 4])
        #expect(try transcode(.span(json)) == .span(span))
        let long = String(repeating: "ab", count: 500)
        #expect(
            try transcode(.span(#""spanId":"\#(long)""#))
                == .span(.field(2, bytes: .init(repeating: 0xab, count: 500))))
    }

    static let notHex = [
        traceBase64, spanBase64, "0x5b8aa5a2d2c872e8321cf37308d69d", "zzzzzzzzzzzzzzzz",
        "zzzzzzzz", "abcdef012345678", "é", "00000000-0000-0000-0000-000000000001",
        "abcdef012345678g", String(repeating: "g", count: 32), "\\u0000\\u0000",
    ]

    @Test(arguments: notHex)
    func `J3: a span with an id that is not hex is rejected, its neighbour is taken`(
        id: String
    ) throws {
        let good = #"{"traceId":"\#(Self.trace)","spanId":"abcdef0123456789"}"#
        let badTrace = #"{"traceId":"\#(id)","spanId":"abcdef0123456789"}"#
        let badSpan = #"{"traceId":"\#(Self.trace)","spanId":"\#(id)"}"#
        let bytes = try transcode(
            #"{"resourceSpans":[{"scopeSpans":[{"spans":[\#(badTrace),\#(good),\#(badSpan)]}]}]}"#)
        let summary = try walkRequest(bytes.span)
        #expect(summary.spans == 1)
        #expect(summary.rejectedByReason[SpanRejection.traceID.rawValue] == 1)
        #expect(summary.rejectedByReason[SpanRejection.spanID.rawValue] == 1)
    }

    @Test(arguments: notHex)
    func `J3: a parent that is not hex has a length that no id has`(id: String) throws {
        let bytes = try transcode(.span(#""parentSpanId":"\#(id)""#))
        var cursor = RequestCursor()
        var view = SpanView()
        guard let span = cursor.next(in: bytes.span) else {
            Issue.record("no span")
            return
        }
        view.read(span, in: bytes.span)
        #expect((1...7).contains(view.parentSpanID.count))
    }

    @Test(arguments: ["1", "true", "{}", "[]", "0.5"])
    func `J3: an id that is no string is refused`(id: String) {
        expectRefusal(.span(#""spanId":\#(id)"#), \.isWrongValue)
    }

    @Test func `base64 ids are read where that is asked for`() throws {
        let json: String = .span(
            #""traceId":"\#(Self.traceBase64)","spanId":"\#(Self.spanBase64)""#)
        let span: [UInt8] = .field(1, bytes: Self.traceBytes) + .field(2, bytes: Self.spanBytes)
        #expect(try transcode(json, base64IDs: true) == .span(span))
        #expect(try transcode(json) != .span(span))
    }

    @Test(arguments: ["q83vASNFZ4k", "q83vASNFZ4k==", Self.traceBase64, "!83vASNFZ4k="])
    func `base64 of another length is no span id`(id: String) throws {
        let bytes = try transcode(.span(#""spanId":"\#(id)""#), base64IDs: true)
        #expect(bytes == .span(.field(2, bytes: Array(id.utf8.prefix(7)))))
    }

    @Test func `hex is hex where base64 is read too`() throws {
        let json: String = .span(#""traceId":"\#(Self.trace)","spanId":"abcdef012345""#)
        #expect(try transcode(json, base64IDs: true) == transcode(json))
    }
}
