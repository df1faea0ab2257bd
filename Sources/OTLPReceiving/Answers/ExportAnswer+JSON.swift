import OTLP

extension ExportAnswer {
    /// An `ExportTraceServiceResponse` in ProtoJSON: `{}` on full success (OTLP J16); `rejectedSpans`
    /// is an int64, hence a string (J26).
    static func json(rejected: Int, message: String?) -> [UInt8] {
        guard rejected > 0 else { return Array("{}".utf8) }
        var text = "{\"partialSuccess\":{\"rejectedSpans\":\"\(rejected)\""
        if let message { text += ",\"errorMessage\":\(JSONText.quoted(message))" }
        return Array((text + "}}").utf8)
    }
}
