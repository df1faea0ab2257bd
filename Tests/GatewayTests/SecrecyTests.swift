import CloudExport
import Foundation
import TestKit
import Testing

@testable import Gateway

/// Whatever a person does wrong, no secret is printed.
@Suite struct SecrecyTests {
    private static let marker = "MaRkEr7"

    private static let secrets = Setting.all.filter(\.isSecret)

    @Test func `the secrets are these`() {
        #expect(Self.secrets.map(\.key) == ["access_token", "proxy_url"])
    }

    /// A good value for each secret, with the marker in it.
    private static func good(_ key: String) -> String {
        key == "proxy_url" ? "http://user:\(marker)@proxy:3128" : marker
    }

    @Test(arguments: ["environment", "file", "file named by a variable", "file named by the file"])
    func `no secret stands in what check prints, nor in what is printed of a configuration`(
        _ way: String
    ) throws {
        var environment: [String: String] = [:]
        var yaml = ""
        var files: [String: String] = [:]
        for setting in Self.secrets {
            let value = Self.good(setting.key)
            let path = "/run/\(setting.key)"
            switch way {
            case "environment": environment[setting.variables[0]] = value
            case "file": yaml += "\(setting.key): '\(value)'\n"
            case "file named by a variable":
                environment[setting.variables[0] + "_FILE"] = path
                files[path] = value
            default:
                yaml += "\(setting.key)_file: '\(path)'\n"
                files[path] = value
            }
        }
        let resolved = try ConfigurationSources.fixture(environment, yaml: yaml, files: files)
            .resolve()
        // They are there...
        #expect(resolved.configuration.defaults.accessToken?.revealed == Self.marker)
        #expect(resolved.configuration.proxyURL?.revealed.contains(Self.marker) == true)
        // ...and are not seen.
        var dumped = ""
        dump(resolved, to: &dumped)
        let printed = resolved.lines + ["\(resolved)", String(reflecting: resolved), dumped]
        for text in printed { #expect(!text.contains(Self.marker)) }
        let stars = resolved.lines.filter { $0.contains("****") }
        #expect(stars.count == Self.secrets.count)
    }

    @Test func `nothing of a key file is printed, whether it can be used or not`() throws {
        let folder = try CertificateFolder()
        defer { folder.remove() }
        let key = try folder.text(of: "ca.key")
        let lines = key.split(separator: "\n").filter { !$0.hasPrefix("-") }
        let broken = try folder.write(key.replacingOccurrences(of: "EN", with: "xx"), to: "broken")
        for path in [folder.path("ca.key"), broken] {
            let sources = ConfigurationSources.fixture(flags: [
                "listen_tls_cert_file": folder.path("ca.pem"), "listen_tls_key_file": path,
            ])
            var printed = sources.complaints
            #expect(printed.isEmpty == (path != broken))
            if let resolved = try? sources.resolve() { printed += resolved.lines + ["\(resolved)"] }
            for line in lines {
                #expect(!printed.contains { $0.contains(line.prefix(8)) })
            }
        }
    }

    @Test func `every setting with a bad value is told, and no secret with it`() {
        var environment: [String: String] = [:]
        // Of files and proxy, uploads complain of the first alone.
        for setting in Setting.all where !setting.key.hasPrefix("tls_") {
            // Neither a token (it has spaces) nor a proxy (it has spaces), and no other value either.
            environment[setting.variables[0]] = setting.isSecret ? "a \(Self.marker) b" : "? ?"
        }
        let complaints = ConfigurationSources.fixture(environment).complaints
        #expect(complaints.count > 20)
        for complaint in complaints { #expect(!complaint.contains(Self.marker)) }
        for key in ["access_token", "proxy_url"] {
            #expect(complaints.contains { $0.hasPrefix(key + " (") }, "\(key)")
        }
    }

    @Test func `an error of another setting does not print secrets`() {
        for setting in Setting.all where !setting.isSecret {
            var environment = [setting.variables[0]: "? ?"]
            for secret in Self.secrets { environment[secret.variables[0]] = Self.good(secret.key) }
            for complaint in ConfigurationSources.fixture(environment).complaints {
                #expect(!complaint.contains(Self.marker))
            }
        }
    }

    @Test(arguments: [
        "access_token: 'MaRkEr7", "access_token: \"MaRkEr7", "access_token: [MaRkEr7",
        "access_token:MaRkEr7", "MaRkEr7", "access_token: @MaRkEr7", "access_token: *MaRkEr7",
        "access_token: MaRkEr7\n\tlog_level: info", "access_token: MaRkEr7: x",
        "access_token: [[MaRkEr7]]", "access_token: 'MaRkEr7${env:NONE}'",
        "access_token: MaRkEr7\naccess_token: MaRkEr7", "- MaRkEr7", "access_token: \"\\xMaRkEr7\"",
        "access_token: MaRkEr7\u{1}", "access_token: 'a MaRkEr7'", "access_token: 'MaRkEr7'x",
    ])
    func `broken YAML does not print the line it is on`(_ yaml: String) {
        let complaints = ConfigurationSources.fixture(yaml: yaml).complaints
        #expect(!complaints.isEmpty)
        for complaint in complaints { #expect(!complaint.contains(Self.marker), "\(yaml)") }
    }

    @Test(arguments: [
        "https://user:MaRkEr7@example.com", "http://MaRkEr7@example.com",
        "https://example.com?token=MaRkEr7", "https://example.com/#MaRkEr7",
        "user:MaRkEr7@example.com",
    ])
    func `a password in the endpoint is refused and not printed`(_ endpoint: String) {
        let complaints = ConfigurationSources.fixture(["MASTRA_GATEWAY_ENDPOINT": endpoint])
            .complaints
        #expect(complaints.count == 1)
        #expect(
            complaints.first?.hasPrefix("endpoint (environment MASTRA_GATEWAY_ENDPOINT)") == true)
        for complaint in complaints { #expect(!complaint.contains(Self.marker)) }
    }

    @Test func `a proxy that cannot be used is not printed`() {
        for proxy in ["ftp://u:MaRkEr7@p", "http://u:MaRk Er7@p", "MaRkEr7\u{7f}"] {
            let complaints = ConfigurationSources.fixture(["MASTRA_GATEWAY_PROXY_URL": proxy])
                .complaints
            #expect(complaints.count == 1)
            for complaint in complaints { #expect(!complaint.contains("MaRk")) }
        }
    }
}
