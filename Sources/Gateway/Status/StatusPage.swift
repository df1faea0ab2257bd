/// The status page: a document by itself, without script, that reads itself anew. Everything that comes
/// from the configuration or from an upstream is escaped by `Markup`.
struct StatusPage {
    let report: StatusReport

    private static let refreshSeconds: UInt64 = 10
    /// Longer texts of an upstream are cut on the page; the JSON has them whole.
    private static let maxTextLength = 400

    var html: String {
        let document: Markup = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="robots" content="noindex">
            <meta http-equiv="refresh" content="\(Self.refreshSeconds)">
            <title>mastra-gateway: \(report.headline)</title>
            <link rel="icon" href="\(Self.icon(report.standing))">
            <style>\(Self.style)</style>
            </head>
            <body>
            \(header)
            <main>
            \([banners, welcome, routes, leftLanes].compactMap { $0 })
            </main>
            \(footer)
            </body>
            </html>

            """
        return document.html
    }

    // MARK: Above the routes

    private var header: Markup {
        """
        <header>
        <h1>mastra-gateway</h1>
        <p class="headline">\(Self.dot(report.standing)) <span>\(report.headline)</span></p>
        <dl class="facts">
        \(facts.map { "<div><dt>\($0.name)</dt><dd>\($0.value)</dd></div>" })
        </dl>
        </header>
        """
    }

    private var facts: [(name: String, value: Markup)] {
        var uptime = Phrase()
        uptime.append(duration: report.now > report.startedAt ? report.now - report.startedAt : 0)
        var now = Phrase()
        now.append(at: report.now, now: report.now)
        var facts: [(name: String, value: Markup)] = [
            ("Version", "\(report.version)"),
            ("Running for", "\(uptime)"),
            ("As of", "\(now)"),
            ("Listening", "\(report.listeners.map(Self.listener), separator: "<br>")"),
            ("Queue", Self.queue(report.queue)),
        ]
        if report.routes.count > 1 { facts += sums }
        if report.unauthorizedRequests > 0 {
            facts.append(("Requests without a valid credential", "\(report.unauthorizedRequests)"))
        }
        if let reload = report.reload, reload.isApplied {
            let ago = Phrase.ago(reload.at, now: report.now)
            facts.append(("Configuration", "read again \(ago): \(Self.text(reload.message))"))
        }
        return facts
    }

    private var sums: [(name: String, value: Markup)] {
        let received = HumanText.rate(report.routes.reduce(0) { $0 + $1.receivedPerSecond })
        let sent = HumanText.rate(report.routes.reduce(0) { $0 + $1.sentPerSecond })
        let spans = report.routes.reduce(0) { $0 &+ $1.heldSpans }
        let bytes = HumanText.bytes(report.routes.reduce(0) { $0 &+ $1.heldBytes })
        return [
            ("Spans a second", "\(received) received, \(sent) sent"),
            ("Held by all routes", "\(Self.counted(spans, "span")), \(bytes)"),
        ]
    }

    private static func listener(_ listener: StatusReport.Listener) -> Markup {
        "\(text(listener.name)) <code>\(listener.address)</code>"
    }

    private static func queue(_ queue: String) -> Markup {
        queue == "memory" ? "in memory" : "on disk, <code>\(queue)</code>"
    }

    private var banners: Markup? {
        var banners: [Markup] = []
        if let refusal = report.refusal {
            banners.append(
                """
                <p class="banner">\(Self.dot(.broken)) <span><strong>Spans are refused:</strong> \
                \(Self.text(refusal))</span></p>
                """)
        }
        if let reload = report.reload, !reload.isApplied {
            banners.append(
                """
                <p class="banner">\(Self.dot(.broken)) <span><strong>The configuration was read again \
                \(Phrase.ago(reload.at, now: report.now)) and not taken:</strong> \
                \(Self.text(reload.message)) What was read before stays in force.</span></p>
                """)
        }
        return banners.isEmpty ? nil : "\(banners)"
    }

    private var welcome: Markup? {
        guard !report.routes.isEmpty else {
            return """
                <p class="empty">There are no routes: spans have nowhere to go. Name one in the \
                configuration.</p>
                """
        }
        guard report.isUntouched else { return nil }
        return """
            <p class="empty">Nothing has come yet: point an SDK at \(sender), or send a sample with \
            <code>mastra-gateway send --sample</code>.</p>
            """
    }

    private var sender: Markup {
        let http = report.listeners.first { $0.name.hasPrefix("http") } ?? report.listeners.first
        guard let address = http?.address else { return "the gateway" }
        let url = address.contains("://") ? address : "http://\(address)"
        let isWildcard = url.contains("//0.0.0.0:") || url.contains("//[::]:")
        return
            "<code>\(url)</code>\(isWildcard ? ", where this machine's name replaces the zeros" : "")"
    }

    // MARK: Below the routes

    private var leftLanes: Markup? {
        guard !report.leftLanes.isEmpty else { return nil }
        return """
            <section aria-labelledby="left">
            <h2 id="left">On disk and without a route</h2>
            <p>These spans wait and are not sent, since no route of the configuration has their name. Put \
            the route back, and they are sent; or give them up with the command beside them.</p>
            <table role="table">
            <thead role="rowgroup">
            <tr role="row">\(Self.heads(Self.leftColumns))</tr>
            </thead>
            <tbody role="rowgroup">
            \(report.leftLanes.map(row))
            </tbody>
            </table>
            </section>
            """
    }

    private static let leftColumns: [(name: String, kind: CellKind)] = [
        ("Name", .words), ("Spans", .number), ("Size", .number), ("Oldest", .figure),
        ("Dead letters", .number),
        ("Gives them up", .words),
    ]

    private func row(_ lane: StatusReport.LeftLane) -> Markup {
        let oldest = lane.oldest.map { Phrase.ago($0, now: report.now) } ?? Phrase("–")
        let command = "mastra-gateway queue drop \(Self.shellWord(lane.name))"
        return """
            <tr role="row">
            <th role="rowheader" scope="row">\(Self.text(lane.name))</th>
            \(Self.cell("Spans", "\(lane.spans)", kind: .number))
            \(Self.cell("Size", "\(HumanText.bytes(lane.bytes))", kind: .number))
            \(Self.cell("Oldest", "\(oldest)", kind: .figure))
            \(Self.cell("Dead letters", "\(lane.deadLetters)", kind: .number))
            \(Self.cell("Gives them up", "<code>\(command)</code>"))
            </tr>
            """
    }

    private var footer: Markup {
        """
        <footer>
        <nav aria-label="Other forms">
        <a href="/status.json">/status.json</a> <a href="/metrics">/metrics</a> \
        <a href="/readyz">/readyz</a> <a href="/livez">/livez</a>
        </nav>
        <p>Counts are since the start, rates over the last minute. The page reads itself anew every \
        \(Self.refreshSeconds) s.</p>
        </footer>
        """
    }

    // MARK: Parts

    /// Text of others, which keeps its direction to itself.
    static func text(_ text: String) -> Markup {
        let isLong = text.count > maxTextLength
        return "<bdi>\(isLong ? text.prefix(maxTextLength) + "…" : text)</bdi>"
    }

    /// The word stands beside it, so that it is nothing to a screen reader.
    static func dot(_ standing: StatusReport.Standing) -> Markup {
        "<span class=\"dot \(standing.name)\" aria-hidden=\"true\"></span>"
    }

    static func counted(_ count: UInt64, _ noun: String) -> Markup {
        "\(count) \(count == 1 ? noun : noun + "s")"
    }

    /// Roles are told by name, since on a narrow screen the style takes a table's layout from it.
    static func heads(_ columns: [(name: String, kind: CellKind)]) -> Markup {
        let heads = columns.map { column -> Markup in
            """
            <th role="columnheader" scope="col" class="\(column.kind.rawValue)">\(column.name)</th>
            """
        }
        return "\(heads, separator: "")"
    }

    /// `rows` is how many it spans.
    static func cell(
        _ label: String, _ content: Markup, kind: CellKind = .words, rows: UInt64 = 1
    ) -> Markup {
        """
        <td role="cell" class="\(kind.rawValue)" data-label="\(label)" \
        rowspan="\(rows)"><div>\(content)</div></td>
        """
    }

    enum CellKind: String {
        case words
        /// A number with its unit.
        case figure
        /// Numbers of one unit, which people compare down the column.
        case number
    }

    private static func shellWord(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5a).contains($0 & 0xdf)
                || [0x2d, 0x2e, 0x5f].contains($0)
        }
        guard !isPlain || text.isEmpty else { return text }
        return
            "'\(text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'"
    }
}

extension StatusReport {
    var html: String { StatusPage(report: self).html }
}

extension StatusReport.Standing {
    /// Of the style.
    var name: String { "\(self)" }
}
