import Foundation

@testable import MastraRecords

/// The metrics of a record, read by a JSON parser that is not ours.
struct Derivation {
    let metrics: [[String: Any]]
    let bytes: [UInt8]

    /// Nil where what was written is no JSON, or its ends are not where its metrics end.
    init?(_ records: String...) {
        var writer = JSONWriter()
        var ends: [UInt32] = []
        for record in records {
            // Other bytes around it must not matter.
            let text = Array("{\"spans\":[".utf8) + Array(record.utf8) + Array("]}".utf8)
            RecordMetrics.derive(from: text.span, 10..<text.count - 2, to: &writer, ends: &ends)
        }
        bytes = writer.bytes(from: 0)
        let list = Array("[".utf8) + bytes + Array("]".utf8)
        guard
            let metrics = try? JSONSerialization.jsonObject(with: Data(list)) as? [[String: Any]],
            metrics.count == ends.count
        else { return nil }
        self.metrics = metrics
        var start = 0
        for end in ends {
            guard JSONTree.isObject(bytes, start, Int(end)) else { return nil }
            start = Int(end) + 1
        }
        guard ends.isEmpty || Int(ends[ends.count - 1]) == bytes.count else { return nil }
    }

    var names: [String] { metrics.compactMap { $0["name"] as? String } }

    func value(_ name: String) -> Double? { metric(name)?["value"] as? Double }

    func metric(_ name: String) -> [String: Any]? {
        metrics.first { $0["name"] as? String == name }
    }

    func labels(_ name: String) -> [String: String]? {
        metric(name)?["labels"] as? [String: String]
    }

    func context(_ name: String) -> [String: Any]? {
        metric(name)?["correlationContext"] as? [String: Any]
    }

    func cost(_ name: String) -> [String: Any]? { metric(name)?["costContext"] as? [String: Any] }

    var ids: [String] { metrics.compactMap { $0["metricId"] as? String } }
}

extension JSONTree {
    fileprivate static func isObject(_ bytes: [UInt8], _ start: Int, _ end: Int) -> Bool {
        var tree = JSONTree()
        return tree.parse(bytes.span, start, end) && tree.nodes[0].kind == .object
    }
}

extension String {
    static let traceID = "0af7651916cd43dd8448eb211c80319c"

    /// A record in the dialect `platform`, of a span of 2.412 s.
    static func platformRecord(
        _ type: String, spanID: String = "00f067aa0ba902b7", attributes: String = "{}",
        metadata: String = "{}", error: String = "null", isEvent: Bool = false,
        parent: String = "\"b7ad6b7169203331\"", ended: String = "\"2026-11-22T10:00:02.412Z\"",
        more: String = ""
    ) -> String {
        """
        {"id":"\(spanID)","traceId":"\(traceID)","parentSpanId":\(parent),"name":"n","type":"\(type)",\
        "isRootSpan":false,"isEvent":\(isEvent),"startTime":"2026-11-22T10:00:00.000Z"\(more),\
        "attributes":\(attributes),"input":{"spanType":"agent_run","text":"}{\\"]["},\
        "error":\(error),"spanId":"\(spanID)","spanType":"\(type)",\
        "startedAt":"2026-11-22T10:00:00.000Z","endedAt":\(ended),\
        "createdAt":"2026-11-22T10:00:03.000Z","updatedAt":null,"metadata":\(metadata)}
        """
    }

    /// The same in the dialect `cloud`, where `error` is absent on success.
    static func cloudRecord(
        _ type: String, attributes: String = "{}", metadata: String = "{}", error: String? = nil,
        parent: String = "null", ended: String = "\"2026-11-22T10:00:02.412Z\""
    ) -> String {
        """
        {"spanId":"00f067aa0ba902b7","traceId":"\(traceID)","parentSpanId":\(parent),"name":"n",\
        "spanType":"\(type)","startedAt":"2026-11-22T10:00:00.000Z","endedAt":\(ended),\
        "attributes":\(attributes)\(error.map { ",\"error\":\($0)" } ?? ""),"isEvent":false,\
        "createdAt":"2026-11-22T10:00:03.000Z","updatedAt":null,"metadata":\(metadata)}
        """
    }
}
