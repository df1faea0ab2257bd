import Foundation
package import MastraRecords

extension ByteBlock {
    package var bytes: [UInt8] {
        // The copy is made while the block lives.
        unsafe withUnsafeBytes { unsafe Array($0) }
    }
}

/// What an upstream reads in a body, by a JSON parser that is not ours.
package struct PublishedSpans: Hashable, Sendable {
    /// Numbers of the spans (see `[UInt8].span`), in the order of the records.
    package let numbers: [Int]

    /// Nil where the body is not `{"spans":[…]}` with a record of a fixture's span at each place.
    package init?(_ body: [UInt8]) {
        guard let object = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any],
            object.count == 1, let records = object["spans"] as? [[String: Any]]
        else { return nil }
        let numbers = records.compactMap { record in
            (record["spanId"] as? String).flatMap { $0.count == 16 ? Int($0, radix: 16) : nil }
        }
        guard numbers.count == records.count else { return nil }
        self.numbers = numbers
    }
}

/// The same for `{"metrics":[…]}`.
package struct PublishedMetrics: Hashable, Sendable {
    /// Number of the span and name, such as `3 mastra_model_duration_ms`.
    package let names: [String]
    package let ids: [String]

    package init?(_ body: [UInt8]) {
        guard let object = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any],
            object.count == 1, let metrics = object["metrics"] as? [[String: Any]]
        else { return nil }
        names = metrics.compactMap { metric in
            guard let name = metric["name"] as? String, let span = metric["spanId"] as? String,
                let number = Int(span, radix: 16)
            else { return nil }
            return "\(number) \(name)"
        }
        ids = metrics.compactMap { $0["metricId"] as? String }
        guard names.count == metrics.count, ids.count == metrics.count else { return nil }
    }

    /// Of spans of fixtures that are generations: duration and tokens of input.
    package static func names(of spans: some Sequence<Int>) -> [String] {
        spans.flatMap {
            ["\($0) mastra_model_duration_ms", "\($0) mastra_model_total_input_tokens"]
        }
    }
}
