import SendingQueue

/// How `queue ls` and `queue inspect` print what they find.
extension QueueReport.Lane {
    package var row: [String] {
        [
            name, "\(waiting.records)", "\(waiting.spans)", "\(waiting.bytes)",
            oldest.map { WallClock.text($0) } ?? "-", "\(figures.segments)", "\(figures.fileBytes)",
            "\(deadLetters.spans)",
        ]
    }

    package var jsonLine: [UInt8] {
        var members = [
            ("requests", waiting.records), ("spans", waiting.spans), ("bytes", waiting.bytes),
            ("segments", UInt64(figures.segments)), ("diskBytes", figures.fileBytes),
            ("deadLetterSpans", deadLetters.spans),
        ].map { "\"\($0.0)\":\($0.1)" }
        members.insert("\"lane\":" + JSONText.quoted(name), at: 0)
        if let oldest { members.append("\"oldest\":\"\(WallClock.text(oldest))\"") }
        return Array("{\(members.joined(separator: ","))}\n".utf8)
    }
}

extension QueueReport.Entry {
    package static func header(deadLetters: Bool) -> [String] {
        ["SEQUENCE", "RECEIVED", "SPANS", "BYTES"]
            + (deadLetters ? ["REASON", "STATUS", "ANSWER"] : [])
    }

    package var row: [String] {
        let columns = [
            "\(record.sequence)", WallClock.text(record.receivedAt), "\(record.spanCount)",
            "\(request.count)",
        ]
        guard let letter else { return columns }
        return columns + [
            letter.reason.rawValue, letter.cause.status.map(String.init) ?? "-",
            letter.cause.answer.isEmpty ? "-" : JSONText.bareOrQuoted(letter.cause.answer),
        ]
    }

    package var jsonLine: [UInt8] {
        var members = [
            "\"sequence\":\(record.sequence)",
            "\"received\":\"\(WallClock.text(record.receivedAt))\"",
            "\"spans\":\(record.spanCount)", "\"bytes\":\(request.count)",
        ]
        if let letter {
            members.append("\"reason\":\"\(letter.reason.rawValue)\"")
            if let status = letter.cause.status { members.append("\"status\":\(status)") }
            members.append("\"answer\":" + JSONText.quoted(letter.cause.answer))
        }
        return Array("{\(members.joined(separator: ","))}\n".utf8)
    }
}
