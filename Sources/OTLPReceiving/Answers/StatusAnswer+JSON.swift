import OTLP

extension StatusAnswer {
    /// The ProtoJSON form: `code` a number, details with `@type` (OTLP J17).
    func json() -> [UInt8] {
        var text = "{\"code\":\(code.rawValue),\"message\":\(JSONText.quoted(message))"
        switch detail {
        case .badRequest(let field, let description):
            text += ",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.BadRequest\","
            text += "\"fieldViolations\":[{\"field\":\(JSONText.quoted(field)),"
            text += "\"description\":\(JSONText.quoted(description))}]}]"
        case .retryInfo(let seconds):
            text += ",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\","
            text += "\"retryDelay\":\"\(seconds)s\"}]"
        case nil: break
        }
        return Array((text + "}").utf8)
    }
}

/// Strings of the few JSON texts that the receiver writes.
enum JSONText {
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\u{0}"..<"\u{20}":
                let hex = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
