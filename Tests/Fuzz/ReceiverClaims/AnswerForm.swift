import FuzzClaims
import HTTPServing
import OracleKit

/// Reads answers as a sender would, and complains of what none could read.
enum AnswerForm {
    /// The code in the answer to an export over HTTP; 0 is success.
    static func export(_ response: HTTPResponse) throws(BrokenClaim) -> Int {
        try checkSize(response)
        try claim(response.trailers.isEmpty, "trailers: \(response.trailers)")
        guard response.status != 200 else { return 0 }
        try claim(
            [400, 413, 415, 503].contains(response.status), "status \(response.status)")
        let code: Int?
        switch field("content-type", in: response.fields) {
        case "application/json":
            var parser = JSONParser(response.body)
            guard case .object(let members) = try? parser.parse(),
                case .int(let number) = members["code"]
            else { throw BrokenClaim("no status: \(response)") }
            code = Int(number)
        case "application/x-protobuf":
            // `google.rpc.Status.code` is field 1, and stands first.
            code =
                response.body.starts(with: [8])
                ? response.body.dropFirst().first.map(Int.init) : nil
        default: code = nil
        }
        guard let code, (1...16).contains(code) else { throw BrokenClaim("no code: \(response)") }
        return code
    }

    /// The code in the answer to a call, and its message where there is one (PROTOCOL-HTTP2,
    /// "Responses").
    static func call(_ response: HTTPResponse) throws(BrokenClaim) -> Int {
        try checkSize(response)
        try claim(response.status == 200, "status \(response.status) for a call")
        try claim(
            field("content-type", in: response.fields) == "application/grpc", "\(response.fields)")
        let isShort = response.trailers.isEmpty
        guard
            let text = field("grpc-status", in: isShort ? response.fields : response.trailers),
            let code = Int(text), (0...16).contains(code)
        else { throw BrokenClaim("no code: \(response)") }
        try claim(isShort == (code != 0), "a code in the wrong place: \(response)")
        let message = field("grpc-message", in: response.fields) ?? ""
        try claim(message.utf8.allSatisfy { (0x20...0x7e).contains($0) }, "message \(message)")
        if code == 0 {
            let length = response.body.dropFirst().prefix(4).reduce(0) { $0 * 256 + Int($1) }
            try claim(
                response.body.first == 0 && response.body.count == 5 + length,
                "no message: \(response.body)")
        } else {
            try claim(response.body.isEmpty, "a body with code \(code)")
        }
        return code
    }

    private static func checkSize(_ response: HTTPResponse) throws(BrokenClaim) {
        let fields = (response.fields + response.trailers).reduce(0) {
            $0 + $1.name.utf8.count + $1.value.utf8.count
        }
        try claim(
            response.body.count + fields < 8192,
            "an answer of \(response.body.count) and \(fields) bytes")
    }

    private static func field(_ name: String, in fields: [HTTPField]) -> String? {
        fields.first { $0.name == name }?.value
    }
}
