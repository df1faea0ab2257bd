extension StatusPage {
    /// For the header of the same name. Its hash is that of `style`; a test says what it has to be.
    static let contentSecurityPolicy =
        "default-src 'none'; img-src data:; style-src '\(styleHash)'; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'"

    static let styleHash = "sha256-S4FjkRs/RS9bZbc+cuktOim2grFBVvCDfsXK6Vh+qxQ="

    /// Green, grey, amber, red; each has a shape of its own in `style` as well.
    static func icon(_ standing: StatusReport.Standing) -> Markup {
        let shape: Markup
        switch standing {
        case .broken: shape = "%3Crect x='3' y='3' width='10' height='10' fill='%23d1372c'/%3E"
        case .waiting: shape = "%3Cpath d='M8 1l7 7-7 7-7-7z' fill='%23c78a12'/%3E"
        case .leaving, .idle:
            shape =
                "%3Ccircle cx='8' cy='8' r='5' fill='none' stroke='%238993a0' stroke-width='3'/%3E"
        case .sending: shape = "%3Ccircle cx='8' cy='8' r='6.5' fill='%232f9e57'/%3E"
        }
        return """
            data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E\
            \(shape)%3C/svg%3E
            """
    }

    static let style: Markup = """

        :root {
          color-scheme: light dark;
          --page: #f5f6f8; --sheet: #ffffff; --line: #dfe3e8; --text: #1c2229; --quiet: #57616c;
          --link: #0a58b8; --good: #1b7a43; --wait: #8a5a00; --bad: #b3261e; --idle: #6b7580;
          --bad-sheet: #fdf1f0; --bad-line: #efc6c2; --track: #e6e9ed;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --page: #101418; --sheet: #181d23; --line: #2b323a; --text: #e5e8eb; --quiet: #9ba6b1;
            --link: #84b9ff; --good: #58c47f; --wait: #e0ad45; --bad: #ff8a80; --idle: #8d98a4;
            --bad-sheet: #2a1a1a; --bad-line: #5d2f2c; --track: #2f3740;
          }
        }
        * { box-sizing: border-box; }
        body {
          margin: 0 auto; padding: 2rem clamp(1rem, 3vw, 2.5rem) 3rem; max-width: 100rem;
          background: var(--page); color: var(--text);
          font: 0.9375rem/1.5 system-ui, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif;
          overflow-wrap: anywhere;
        }
        h1 { margin: 0; font-size: 0.9375rem; font-weight: 600; color: var(--quiet); }
        h2 { margin: 2rem 0 0.5rem; font-size: 1rem; font-weight: 600; }
        p { margin: 0 0 0.75rem; max-width: 75ch; }
        a { color: var(--link); }
        code, .to { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 0.8125rem; }
        time { white-space: nowrap; }
        .headline, .state, .banner { display: flex; gap: 0.5rem; }
        .headline { margin: 0.125rem 0 1.25rem; font-size: 1.5rem; font-weight: 600; line-height: 1.3; }
        .headline > span:last-child { display: block; }
        .headline > span:last-child::first-letter { text-transform: uppercase; }
        .facts { display: flex; flex-wrap: wrap; gap: 0.75rem 2.25rem; margin: 0; }
        .facts div { max-width: 100%; }
        .facts dt, thead th { font-size: 0.8125rem; font-weight: 400; color: var(--quiet); }
        .facts dd { margin: 0; }
        .banner, .empty {
          margin: 1.5rem 0 0; padding: 0.75rem 1rem; max-width: none;
          border: 1px solid var(--line); border-radius: 0.5rem; background: var(--sheet);
        }
        .banner { border-color: var(--bad-line); background: var(--bad-sheet); }
        .banner time { font-weight: inherit; }

        .dot {
          flex: none; width: 0.625rem; height: 0.625rem; margin-top: 0.4375em; border-radius: 50%;
          background: var(--good); forced-color-adjust: none;
        }
        .headline .dot { width: 0.875rem; height: 0.875rem; margin-top: 0.375em; }
        .dot.idle, .dot.leaving { background: none; border: 2px solid var(--idle); }
        .dot.waiting { background: var(--wait); border-radius: 1px; transform: rotate(45deg) scale(0.9); }
        .dot.broken { background: var(--bad); border-radius: 1px; }
        .sending .state strong { color: var(--good); }
        .waiting .state strong { color: var(--wait); }
        .broken .state strong, .broken .note strong { color: var(--bad); }
        .idle .state strong, .leaving .state strong { color: var(--quiet); }

        table {
          width: 100%; border-collapse: separate; border-spacing: 0;
          border: 1px solid var(--line); border-radius: 0.5rem; background: var(--sheet);
        }
        th, td { padding: 0.5rem 0.75rem; text-align: start; vertical-align: top; font-weight: 400; }
        thead th { white-space: nowrap; }
        tbody th { font-weight: 600; }
        tbody > tr:first-child > *, table:not(.routes) tbody > tr > * { border-top: 1px solid var(--line); }
        .figure, .number { font-variant-numeric: tabular-nums; white-space: nowrap; }
        .number { text-align: end; }
        .to { display: block; font-size: 0.75rem; font-weight: 400; color: var(--quiet); }
        .to > span { display: block; font-family: system-ui, "Noto Sans", "DejaVu Sans", sans-serif; }
        .note { display: block; padding-inline-start: 1.125rem; font-size: 0.8125rem; }
        .small { display: block; }
        .error, .small, tr.counts { font-size: 0.8125rem; color: var(--quiet); }
        tr.counts > td { padding-top: 0; }
        dl.counts { display: flex; flex-wrap: wrap; gap: 0 1.25rem; margin: 0; padding-inline-start: 1.125rem; }
        dl.counts dt, dl.counts dd { display: inline; margin: 0; }
        dl.counts dd { color: var(--text); font-variant-numeric: tabular-nums; }
        dl.counts .zero dd { color: inherit; }

        meter {
          display: block; width: 100%; min-width: 6rem; height: 0.375rem; margin: 0.3125rem 0 0.25rem;
          appearance: none; border: 0; border-radius: 0.25rem; background: var(--track);
        }
        meter::-webkit-meter-inner-element { display: block; }
        meter::-webkit-meter-bar { height: 0.375rem; border: 0; border-radius: 0.25rem; background: var(--track); }
        meter::-webkit-meter-optimum-value { border-radius: 0.25rem; background: var(--good); }
        meter::-webkit-meter-suboptimum-value { border-radius: 0.25rem; background: var(--wait); }
        meter::-webkit-meter-even-less-good-value { border-radius: 0.25rem; background: var(--bad); }
        meter::-moz-meter-bar { border-radius: 0.25rem; background: var(--good); }
        meter:-moz-meter-sub-optimum::-moz-meter-bar { background: var(--wait); }
        meter:-moz-meter-sub-sub-optimum::-moz-meter-bar { background: var(--bad); }

        footer { margin-top: 2rem; font-size: 0.8125rem; color: var(--quiet); }
        nav { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin-bottom: 0.5rem; }

        @media (min-width: 60.01rem) {
          .routes thead th:first-child { width: 24%; }
          .routes thead th:nth-child(2) { width: 36%; }
        }
        @media (max-width: 60rem) {
          table, tbody, tr, th, td { display: block; }
          thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
          tbody > tr:first-child > *, table:not(.routes) tbody > tr > * { border-top: 0; }
          .routes tbody, table:not(.routes) tbody > tr { padding: 0.75rem 1rem; }
          .routes tbody + tbody, table:not(.routes) tbody > tr + tr { border-top: 1px solid var(--line); }
          th, td { padding: 0.125rem 0; }
          .routes tr:first-child { display: grid; grid-template-columns: 6fr 7fr; gap: 0 0.5rem; }
          .routes th, td[data-label="State"], td[data-label="Held"] { grid-column: 1 / -1; }
          td[data-label] { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 0.5rem; text-align: start; }
          td[data-label]::before { content: attr(data-label); font-size: 0.8125rem; color: var(--quiet); }
          td[data-label="State"] { padding: 0.375rem 0; }
          td[data-label="State"]::before { content: none; }
          tr.counts > td { padding-top: 0.375rem; }
          dl.counts { padding: 0; }
          meter { width: 14rem; max-width: 100%; }
        }

        """
}
