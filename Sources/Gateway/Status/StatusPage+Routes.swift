extension StatusPage {
    private static let columns = [
        "Route", "State", "Received/s", "Sent/s", "Held", "Oldest", "Last delivered",
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

    /// A group of two rows: what it does now, and below it the counts.
    private func body(_ route: StatusReport.Route) -> Markup {
        """
        <tbody role="rowgroup" class="\(route.standing.name)">
        <tr role="row">
        <th role="rowheader" scope="rowgroup" rowspan="2">\(Self.text(route.name))\(destination(route))</th>
        \(Self.cell("State", state(route)))
        \(Self.cell("Received/s", "\(HumanText.rate(route.receivedPerSecond))", isNumber: true))
        \(Self.cell("Sent/s", "\(HumanText.rate(route.sentPerSecond))", isNumber: true))
        \(Self.cell("Held", held(route), isNumber: true))
        \(Self.cell("Oldest", age(route), isNumber: true))
        \(Self.cell("Last delivered", delivered(route), isNumber: true))
        </tr>
        <tr role="row" class="counts"><td role="cell" colspan="6">\(counts(route))</td></tr>
        </tbody>
        """
    }

    private func destination(_ route: StatusReport.Route) -> Markup {
        let project: Markup? = route.project.map { " <span>project \(Self.text($0))</span>" }
        return "<span class=\"to\">\(Self.text(route.destination))\(project)</span>"
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
        let reasons: Markup? =
            dropped == 0
            ? nil
            : " (\(route.dropped.map { "\($0.reason) \($0.spans)" as Markup }, separator: ", "))"
        var counts: [(name: String, value: Markup)] = [
            ("accepted", "\(route.accepted)"),
            ("sent", "\(route.sent)"),
            ("dropped", "\(dropped)\(reasons)"),
            ("rejected", "\(route.rejected)"),
            ("limited requests", "\(route.limitedRequests)"),
        ]
        if !route.limits.isEmpty {
            let limits = route.limits.map { "\($0.key) <b>\($0.value)</b>" as Markup }
            counts.append(("limits", "\(limits, separator: ", ")"))
        }
        return """
            <dl class="counts">\(counts.map { "<div><dt>\($0.name)</dt> <dd>\($0.value)</dd></div>" }, separator: " ")</dl>
            """
    }
}
