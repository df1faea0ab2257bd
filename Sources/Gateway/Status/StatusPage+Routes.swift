extension StatusPage {
    private static let columns: [(name: String, kind: CellKind)] = [
        ("Route", .words), ("State", .words), ("Received/s", .number), ("Sent/s", .number),
        ("Held", .figure), ("Oldest", .figure), ("Last delivered", .figure),
    ]

    var routes: Markup? {
        guard !report.routes.isEmpty else { return nil }
        return """
            <section aria-labelledby="routes">
            <h2 id="routes">Routes</h2>
            <table role="table" class="routes">
            <thead role="rowgroup"><tr role="row">\(Self.heads(Self.columns))</tr></thead>
            \(report.routesByTrouble.map(body))
            </table>
            </section>
            """
    }

    /// A group of two rows, the counts below the state, so that the figures beside them take no height of
    /// their own.
    private func body(_ route: StatusReport.Route) -> Markup {
        """
        <tbody role="rowgroup" class="\(route.standing.name)">
        <tr role="row">
        <th role="rowheader" scope="rowgroup" rowspan="2">\
        \(Self.text(route.name))\(destination(route))</th>
        \(Self.cell("State", state(route)))
        \(Self.cell("Received/s", "\(HumanText.rate(route.receivedPerSecond))", kind: .number))
        \(Self.cell("Sent/s", "\(HumanText.rate(route.sentPerSecond))", kind: .number))
        \(Self.cell("Held", held(route), kind: .figure, rows: 2))
        \(Self.cell("Oldest", age(route), kind: .figure, rows: 2))
        \(Self.cell("Delivered", delivered(route), kind: .figure, rows: 2))
        </tr>
        <tr role="row" class="counts"><td role="cell" colspan="3">\(counts(route))</td></tr>
        </tbody>
        """
    }

    private func destination(_ route: StatusReport.Route) -> Markup {
        let project: Markup? = route.project.map { " <span>project \(Self.text($0))</span>" }
        // A URL is best broken behind a slash.
        let parts = route.destination.split(separator: "/", omittingEmptySubsequences: false)
        let url = parts.map { "\(String($0))" as Markup }
        return """
            <span class="to"><bdi>\(url, separator: "/<wbr>")</bdi>\(project)</span>
            """
    }

    private func state(_ route: StatusReport.Route) -> Markup {
        let refusal: Markup? = route.refusal.map {
            "<span class=\"note\"><strong>Spans are refused:</strong> \(Self.text($0))</span>"
        }
        let error: Markup? = route.lastError.map { fault in
            """
            <span class="note error">Last error \(Phrase.ago(fault.at, now: report.now)): \
            \(Self.text(fault.text))</span>
            """
        }
        return """
            <span class="state">\(Self.dot(route.standing)) <span><strong>\(route.word)</strong>\
            \(route.rest(now: report.now))</span></span>\(refusal)\(error)
            """
    }

    private func held(_ route: StatusReport.Route) -> Markup {
        let (bytes, capacity) = (HumanText.bytes(route.heldBytes), route.capacityBytes)
        let spans = Self.counted(route.heldSpans, "span")
        guard capacity > 0 else { return "\(spans) <span class=\"small\">\(bytes)</span>" }
        // Plain numbers: HTML takes no groups. Above seven tenths a meter is amber, above nine red.
        return """
            \(spans) <meter min="0" max="\(String(capacity))" low="\(String(capacity / 10 * 7))" \
            high="\(String(capacity / 10 * 9))" optimum="0" value="\(String(route.heldBytes))" \
            aria-label="Use of the queue"></meter> \
            <span class="small">\(bytes) of \(HumanText.bytes(capacity))</span>
            """
    }

    private func age(_ route: StatusReport.Route) -> Markup {
        var age = Phrase(route.oldestAge == nil ? "–" : "")
        if let oldest = route.oldestAge { age.append(duration: oldest) }
        return "\(age)"
    }

    private func delivered(_ route: StatusReport.Route) -> Markup {
        "\(route.lastDelivered.map { Phrase.ago($0, now: report.now) } ?? Phrase("never"))"
    }

    private func counts(_ route: StatusReport.Route) -> Markup {
        let dropped = route.dropped.reduce(0) { $0 &+ $1.spans }
        var counts = [
            count("accepted", route.accepted), count("sent", route.sent),
            count("dropped", dropped, reasons(route)),
        ]
        // Senders' mistakes and limits are seldom, and 64 routes are to be read.
        if route.rejected > 0 { counts.append(count("rejected", route.rejected)) }
        if route.limitedRequests > 0 {
            counts.append(count("limited requests", route.limitedRequests))
        }
        if !route.limits.isEmpty {
            let limits = route.limits.map { "\($0.key) \($0.value)" as Markup }
            counts.append("<div><dt>limits</dt> <dd>\(limits, separator: ", ")</dd></div>")
        }
        return "<dl class=\"counts\">\(counts, separator: " ")</dl>"
    }

    private func reasons(_ route: StatusReport.Route) -> Markup? {
        guard !route.dropped.isEmpty else { return nil }
        return " (\(route.dropped.map { "\($0.reason) \($0.spans)" as Markup }, separator: ", "))"
    }

    /// A zero is quieter than what has happened.
    private func count(_ name: String, _ value: UInt64, _ more: Markup? = nil) -> Markup {
        let kind: Markup? = value == 0 ? " class=\"zero\"" : nil
        return "<div\(kind)><dt>\(name)</dt> <dd>\(value)\(more)</dd></div>"
    }
}
