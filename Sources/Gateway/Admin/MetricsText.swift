import Instruments

/// Builds the Prometheus text format: each family with its help and type, then its samples.
struct MetricsText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"
    private static let prefix = "mastra_gateway_"
    private(set) var text = ""

    private mutating func family(_ name: String, _ type: String, _ help: String) {
        text += "# HELP \(Self.prefix)\(name) \(help)\n# TYPE \(Self.prefix)\(name) \(type)\n"
    }

    private mutating func sample(_ name: String, _ labels: [(String, String)], _ value: String) {
        let list = labels.map { "\($0.0)=\"\($0.1)\"" }.joined(separator: ",")
        text += "\(Self.prefix)\(name)\(list.isEmpty ? "" : "{\(list)}") \(value)\n"
    }

    mutating func counter(_ name: String, _ help: String, _ value: UInt64) {
        family(name, "counter", help)
        sample(name, [], String(value))
    }

    mutating func counters(
        _ name: String, _ help: String, label: String, _ values: [(String, UInt64)]
    ) {
        family(name, "counter", help)
        for (labelValue, value) in values { sample(name, [(label, labelValue)], String(value)) }
    }

    mutating func gauge(_ name: String, _ help: String, _ value: UInt64) {
        family(name, "gauge", help)
        sample(name, [], String(value))
    }

    mutating func gauge(_ name: String, _ help: String, seconds: Double) {
        family(name, "gauge", help)
        sample(name, [], String(seconds))
    }

    mutating func gauges(
        _ name: String, _ help: String, label: String, _ values: [(String, UInt64)]
    ) {
        family(name, "gauge", help)
        for (labelValue, value) in values { sample(name, [(label, labelValue)], String(value)) }
    }

    mutating func info(_ name: String, _ help: String, _ labels: [(String, String)]) {
        family(name, "gauge", help)
        sample(name, labels, "1")
    }

    mutating func histogram(_ name: String, _ help: String, _ snapshot: Histogram.Snapshot) {
        family(name, "histogram", help)
        var sum: UInt64 = 0
        for (index, count) in snapshot.counts.enumerated() {
            sum += count
            let bound = index < snapshot.bounds.count ? "\(snapshot.bounds[index])" : "+Inf"
            sample(name + "_bucket", [("le", bound)], String(sum))
        }
        sample(name + "_sum", [], String(snapshot.sum))
        sample(name + "_count", [], String(sum))
    }
}
