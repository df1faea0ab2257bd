import Instruments

/// Builds the Prometheus text format: each family with its help and type, then its samples. Families that
/// each route has carry the label `route`.
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

    // MARK: Of the gateway

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
        samples(name, [], of: snapshot)
    }

    private mutating func samples(
        _ name: String, _ labels: [(String, String)], of snapshot: Histogram.Snapshot
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

    // MARK: Of each route

    mutating func counter(
        _ name: String, _ help: String, _ looks: [RouteLook], _ value: (RouteLook) -> UInt64
    ) {
        family(name, "counter", help)
        for look in looks { sample(name, [("route", look.name)], String(value(look))) }
    }

    mutating func counters(
        _ name: String, _ help: String, label: String, _ looks: [RouteLook],
        _ values: (RouteLook) -> [(String, UInt64)]
    ) {
        family(name, "counter", help)
        for look in looks { samples(name, label, look, values(look)) }
    }

    mutating func gauge(
        _ name: String, _ help: String, _ looks: [RouteLook], _ value: (RouteLook) -> UInt64
    ) {
        family(name, "gauge", help)
        for look in looks { sample(name, [("route", look.name)], String(value(look))) }
    }

    mutating func seconds(
        _ name: String, _ help: String, _ looks: [RouteLook], _ seconds: (RouteLook) -> Double
    ) {
        family(name, "gauge", help)
        for look in looks { sample(name, [("route", look.name)], String(seconds(look))) }
    }

    mutating func gauges(
        _ name: String, _ help: String, label: String, _ looks: [RouteLook],
        _ values: (RouteLook) -> [(String, UInt64)]
    ) {
        family(name, "gauge", help)
        for look in looks { samples(name, label, look, values(look)) }
    }

    private mutating func samples(
        _ name: String, _ label: String, _ look: RouteLook, _ values: [(String, UInt64)]
    ) {
        for (labelValue, value) in values {
            sample(name, [("route", look.name), (label, labelValue)], String(value))
        }
    }

    mutating func histogram(
        _ name: String, _ help: String, _ looks: [RouteLook],
        _ snapshot: (RouteLook) -> Histogram.Snapshot
    ) {
        family(name, "histogram", help)
        for look in looks { samples(name, [("route", look.name)], of: snapshot(look)) }
    }
}
