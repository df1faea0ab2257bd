import CloudExport

/// Puts an answer together from the lines and pieces in which curl hands it over, and holds a
/// bounded part of it.
///
/// Interim heads (100 to 199) are passed over. Of the final head at most `maxHeaders` headers of
/// together `maxHeaderBytes` are kept, of the body the first `UploadLimits.maxAnswerBytes`. What
/// comes beyond `maxHeadBytes` or `maxBodyBytes` ends the transfer: the peer is not one of ours.
struct AnswerCollector {
    static let maxHeaders = 100
    static let maxHeaderBytes = 64 * 1024
    /// All heads together, interim ones and dropped headers included.
    static let maxHeadBytes = 256 * 1024
    static let maxBodyBytes = 1024 * 1024

    private(set) var response = UploadResponse(status: 0)
    private(set) var headIsComplete = false
    /// The head went beyond `maxHeadBytes`.
    private(set) var headIsTooLarge = false
    private var headBytes = 0
    private var keptHeaderBytes = 0
    private var bodyBytes = 0

    /// One line of a head with its line end; lines after the final head are trailers and dropped.
    /// The result says whether the transfer may go on.
    mutating func take(headLine: Span<UInt8>) -> Bool {
        headBytes += headLine.count
        guard headBytes <= Self.maxHeadBytes else {
            headIsTooLarge = true
            return false
        }
        guard !headIsComplete else { return true }
        let line = headLine.extracting(0..<lengthWithoutLineEnd(headLine))
        if line.isEmpty {
            headIsComplete = response.status >= 200
        } else if let status = statusCode(line) {
            response = UploadResponse(status: status)
            keptHeaderBytes = 0
        } else {
            keepHeader(line)
        }
        return true
    }

    /// One piece of the body. The result says whether the transfer may go on.
    mutating func take(body: Span<UInt8>) -> Bool {
        bodyBytes += body.count
        let room = UploadLimits.maxAnswerBytes - response.body.count
        let kept = min(room, body.count)
        if kept > 0 {
            response.body.reserveCapacity(response.body.count + kept)
            for index in 0..<kept { response.body.append(body[index]) }
        }
        return bodyBytes <= Self.maxBodyBytes
    }

    private mutating func keepHeader(_ line: Span<UInt8>) {
        // A line that starts with white space continues the one before (obsolete); it is left out.
        guard line[0] != 0x20 && line[0] != 0x09 else { return }
        guard let colon = line.indices.first(where: { line[$0] == 0x3a }) else { return }
        guard response.headers.count < Self.maxHeaders,
            keptHeaderBytes + line.count <= Self.maxHeaderBytes
        else { return }
        let name = text(line, 0..<colon).lowercased()
        guard response.headers[name] == nil else { return }
        response.headers[name] = text(line, colon + 1..<line.count)
        keptHeaderBytes += line.count
    }

    /// The code of `HTTP/1.1 200 OK` or `HTTP/2 200`; `nil` for any other line.
    private func statusCode(_ line: Span<UInt8>) -> Int? {
        let start: [UInt8] = [0x48, 0x54, 0x54, 0x50, 0x2f]
        guard line.count > start.count, start.indices.allSatisfy({ line[$0] == start[$0] }),
            let space = line.indices.first(where: { line[$0] == 0x20 }), space + 3 < line.count
        else { return nil }
        var status = 0
        for index in space + 1...space + 3 {
            guard (0x30...0x39).contains(line[index]) else { return nil }
            status = status * 10 + Int(line[index] - 0x30)
        }
        return status
    }

    private func lengthWithoutLineEnd(_ line: Span<UInt8>) -> Int {
        var count = line.count
        while count > 0, line[count - 1] == 0x0a || line[count - 1] == 0x0d { count -= 1 }
        return count
    }

    /// The bytes of `range` without the white space around them; invalid UTF-8 becomes U+FFFD.
    private func text(_ line: Span<UInt8>, _ range: Range<Int>) -> String {
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high, line[low] == 0x20 || line[low] == 0x09 { low += 1 }
        while low < high, line[high - 1] == 0x20 || line[high - 1] == 0x09 { high -= 1 }
        return unsafe line.extracting(low..<high).withUnsafeBufferPointer { bytes in
            // Copied before the closure ends.
            unsafe String(decoding: bytes, as: UTF8.self)
        }
    }
}
