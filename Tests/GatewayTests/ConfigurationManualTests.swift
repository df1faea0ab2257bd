import Foundation
import Testing

@testable import Gateway

/// The tables of docs/configuration.md and mastra-gateway(5) are written from `SettingSection.all`. `UPDATE_GOLDEN=1`
/// writes them anew.
@Suite struct ConfigurationManualTests {
    @Test func `the configuration reference tells the settings`() throws {
        let path = "docs/configuration.md"
        let page = try ProjectFile.text(path)
        let begin = try #require(page.range(of: "<!-- settings -->\n"))
        let end = try #require(page.range(of: "<!-- end of settings -->\n"))
        let tables = SettingSection.all.map(\.markdown).joined(separator: "\n")
        let wanted = page[..<begin.upperBound] + "\n" + tables + "\n" + page[end.lowerBound...]
        try ProjectFile.compare(path, with: String(wanted))
    }

    @Test func `the manual page of section 5 tells the settings`() throws {
        let path = "deploy/man/mastra-gateway.5"
        let wanted = ManualPage.header + SettingSection.all.map(\.roff).joined() + ManualPage.footer
        try ProjectFile.compare(path, with: wanted)
    }

    @Test func `a text is plain without its code and links`() {
        let text = "as `http_listen`. See [TLS](tls.md#names), and [this] of `a` (b)"
        #expect(ManualText.plain(text) == "as http_listen. See TLS, and [this] of a (b)")
        #expect(ManualText.headline(text) == "as http_listen")
        #expect(ManualText.headline("version 1.2 of it") == "version 1.2 of it")
    }
}

extension ProjectFile {
    static func compare(_ path: String, with wanted: String) throws {
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try wanted.write(to: url(path), atomically: true, encoding: .utf8)
        }
        let found = (try? text(path)) ?? ""
        #expect(found == wanted, "\(path) is not what the settings say; UPDATE_GOLDEN=1 writes it")
    }
}

extension SettingSection {
    fileprivate var markdown: String {
        let rows = settings.map { setting in
            let fallback = setting.defaultText.map { "`\($0)`" } ?? setting.unset
            let variables = setting.variables.map { "`\($0)`" }.joined(separator: ", ")
            let file =
                setting.isSecret
                ? setting.variables.count > 1 ? " (each also with `_FILE`)" : " (also with `_FILE`)"
                : ""
            let scope = setting.isOfRoute ? "route" : setting.takesRestart ? "restart" : ""
            return
                "| `\(setting.key)` | \(setting.about) | \(fallback) | \(setting.bounds) | \(scope) | \(variables)\(file) |\n"
        }
        return "### \(title)\n\n" + (preface.isEmpty ? "" : preface + "\n\n")
            + "| key | what it is | default | bounds | scope | environment |\n|---|---|---|---|---|---|\n"
            + rows.joined()
    }

    fileprivate var roff: String {
        let heading = ".SH \(title.uppercased())\n"
        let text = preface.isEmpty ? "" : ManualPage.text(preface) + ".\n"
        return heading + text.replacing("..\n", with: ".\n") + settings.map(\.roff).joined()
    }
}

extension Setting {
    fileprivate var roff: String {
        var sentences = [ManualPage.text(about) + "."]
        if !bounds.isEmpty { sentences.append("Bounds: \(ManualPage.text(bounds)).") }
        sentences.append("Default: \(ManualPage.text(defaultText ?? unset)).")
        let also = isSecret ? otherVariables.flatMap { [$0, $0 + "_FILE"] } : otherVariables
        if isOfRoute { sentences.append("Each route may have its own.") }
        if takesRestart { sentences.append("A change waits for the next start.") }
        if !also.isEmpty {
            sentences.append("Also read from: \(ManualPage.text(also.joined(separator: ", "))).")
        }
        return ".TP\n.B \(key)\n" + sentences.joined(separator: "\n") + "\n"
    }
}

private enum ManualPage {
    /// As roff reads it: a hyphen is to be a hyphen, and no line begins with a control character. Links lead
    /// nowhere from a manual page.
    static func text(_ markdown: String) -> String {
        let escaped = ManualText.plain(markdown.replacing(/\.? See \[[^\]]*\]\([^)]*\)/, with: ""))
            .replacing("\\", with: "\\e")
            .replacing("-", with: "\\-")
        return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&" + escaped : escaped
    }

    static let header = """
        .\\" Written by ConfigurationManualTests from the settings.
        .TH MASTRA\\-GATEWAY 5 "" "mastra\\-gateway" "File formats"
        .SH NAME
        mastra\\-gateway \\- settings of the gateway
        .SH DESCRIPTION
        Every setting can be given in three places, under one name: as a flag
        .RB ( \\-\\-http\\-listen ),
        in the environment
        .RB ( MASTRA_GATEWAY_HTTP_LISTEN ),
        and as a key of a YAML file
        .RB ( http_listen ),
        which
        .B \\-\\-config
        or
        .B MASTRA_GATEWAY_CONFIG
        names.
        A flag wins over the environment, the environment over the file, the file over the default.
        .PP
        Secrets have no flag. Each may come from a file: the variable with _FILE behind its name, or the key with _file, names it.
        .PP
        Durations are written 500ms, 5s, 1m30s, 2h, or a bare 0. Sizes are written in bytes or as 64KiB, 4MiB, 1GiB, 1TiB.
        .PP
        .B mastra\\-gateway check
        prints every setting with its value and where it came from.
        .PP
        The file may have routes: names under the key
        .BR routes ,
        each with settings of its own and at least one of its
        .BR credentials .
        What a route does not set is as at the top of the file. The files are read again on SIGHUP and when one of them has changed.

        """

    static let footer = """
        .SH FILES
        .TP
        .I /etc/mastra\\-gateway/mastra\\-gateway.yaml
        Settings of the service that the Debian package installs.
        .TP
        .I /etc/default/mastra\\-gateway
        Its environment: the access token, for one.
        .SH SEE ALSO
        .BR mastra\\-gateway (1)

        """
}
