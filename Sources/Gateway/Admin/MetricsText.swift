import Instruments

/// Builds the Prometheus text format: each family with its help and type, then its samples. Families that
/// each route has carry the label `route`.
struct MetricsText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"
    private static let prefix = "mastra_gateway_"
    private(set) var text = ""

    // MARK: Of the gateway

    mutating func counter(_ name: String, _ help: String, _ value: UInt64) {
        family(name, "counter", help)
        sample(name, [], String(value))
    }

    mutating func counters(
        _ name: String, _ help: String, label: String, _ values: [(String, UInt64)]
    ) {
        family(name, "counter", help)
        samples(name, [], label, values)
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
        samples(name, [], label, values)
    }

    mutating func info(_ name: String, _ help: String, _ labels: [(String, String)]) {
        family(name, "gauge", help)
        sample(name, labels, "1")
    }

    mutating func histogram(_ name: String, _ help: String, _ snapshot: Histogram.Snapshot) {
        family(name, "histogram", help)
        samples(name, [], of: snapshot)
    }

    // MARK: Of each route

    mutating func counter(
        _ name: String, _ help: String, _ looks: [RouteLook], _ value: (RouteLook) -> UInt64
    ) {
        family(name, "counter", help, looks) { $0.sample(name, $1, String(value($2))) }
    }

    mutating func counters(
        _ name: String, _ help: String, label: String, _ looks: [RouteLook],
        _ values: (RouteLook) -> [(String, UInt64)]
    ) {
        family(name, "counter", help, looks) { $0.samples(name, $1, label, values($2)) }
    }

    mutating func gauge(
        _ name: String, _ help: String, _ looks: [RouteLook], _ value: (RouteLook) -> UInt64
    ) {
        family(name, "gauge", help, looks) { $0.sample(name, $1, String(value($2))) }
    }

    mutating func seconds(
        _ name: String, _ help: String, _ looks: [RouteLook], _ seconds: (RouteLook) -> Double
    ) {
        family(name, "gauge", help, looks) { $0.sample(name, $1, String(seconds($2))) }
    }

    mutating func gauges(
        _ name: String, _ help: String, label: String, _ looks: [RouteLook],
        _ values: (RouteLook) -> [(String, UInt64)]
    ) {
        family(name, "gauge", help, looks) { $0.samples(name, $1, label, values($2)) }
    }

    mutating func histogram(
        _ name: String, _ help: String, _ looks: [RouteLook],
        _ snapshot: (RouteLook) -> Histogram.Snapshot
    ) {
        family(name, "histogram", help, looks) { $0.samples(name, $1, of: snapshot($2)) }
    }
}

// MARK: - Lines

extension MetricsText {
    fileprivate typealias Labels = [(String, String)]

    private mutating func family(_ name: String, _ type: String, _ help: String) {
        text += "# HELP \(Self.prefix)\(name) \(help)\n# TYPE \(Self.prefix)\(name) \(type)\n"
    }

    private mutating func family(
        _ name: String, _ type: String, _ help: String, _ looks: [RouteLook],
        _ add: (inout MetricsText, Labels, RouteLook) -> Void
    ) {
        family(name, type, help)
        for look in looks { add(&self, [("route", look.name)], look) }
    }

    private mutating func sample(_ name: String, _ labels: Labels, _ value: String) {
        let list = labels.map { "\($0.0)=\"\($0.1)\"" }.joined(separator: ",")
        text += "\(Self.prefix)\(name)\(list.isEmpty ? "" : "{\(list)}") \(value)\n"
    }

    private mutating func samples(
        _ name: String, _ labels: Labels, _ label: String, _ values: [(String, UInt64)]
    ) {
        for (labelValue, value) in values {
            sample(name, labels + [(label, labelValue)], String(value))
        }
    }

    private mutating func samples(
        _ name: String, _ labels: Labels, of snapshot: Histogram.Snapshot
    ) {
        var sum: UInt64 = 0
        for (index, count) in snapshot.counts.enumerated() {
            sum += count
            let bound = index < snapshot.bounds.count ? "\(snapshot.bounds[index])" : "+Inf"
            sample(name + "_bucket", labels + [("le", bound)], String(sum))
        }
        sample(name + "_sum", labels, String(snapshot.sum))
        sample(name + "_count", labels, String(sum))
    }
}
