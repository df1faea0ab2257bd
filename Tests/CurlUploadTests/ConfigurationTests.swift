import CurlUpload
import Testing

struct ConfigurationTests {
    private func error(of configuration: CurlConfiguration) -> CurlConfigurationError? {
        do throws(CurlConfigurationError) {
            try CurlTransport.validate(configuration)
            return nil
        } catch {
            return error
        }
    }

    @Test func `the defaults are valid`() {
        #expect(error(of: CurlConfiguration()) == nil)
    }

    @Test(arguments: [
        CurlConfiguration(maxConnections: 0), CurlConfiguration(maxConnections: 2049),
        CurlConfiguration(connectTimeout: .zero), CurlConfiguration(connectTimeout: .seconds(301)),
        CurlConfiguration(timeout: .zero), CurlConfiguration(timeout: .seconds(3601)),
        CurlConfiguration(maxIdleTime: .milliseconds(999)),
        CurlConfiguration(maxConnectionAge: .seconds(86401)),
        CurlConfiguration(proxy: ""), CurlConfiguration(proxy: "ftp://proxy"),
        CurlConfiguration(proxy: "http://a\nb"), CurlConfiguration(noProxy: "a\0b"),
        CurlConfiguration(caFile: ""), CurlConfiguration(caPath: ""),
        CurlConfiguration(caFile: "/etc/passwd\0.pem"),
    ])
    func `a value outside its bounds is refused, by the transport too`(
        _ configuration: CurlConfiguration
    ) throws {
        guard case .outOfRange = error(of: configuration) else {
            Issue.record("not refused")
            return
        }
        #expect(throws: CurlConfigurationError.self) { try CurlTransport(configuration) }
    }

    @Test func `the text of a refused proxy does not hold its password`() throws {
        let refused = try #require(error(of: CurlConfiguration(proxy: "ftp://a:pass-word-1@b")))

        #expect(!refused.description.contains("word-1"))
    }

    @Test func `a key without a certificate is a contradiction`() {
        #expect(
            error(of: CurlConfiguration(keyFile: "/etc/passwd"))
                == .contradiction("keyFile is set without certificateFile."))
    }

    @Test(arguments: [
        (CurlConfiguration(caFile: "/nowhere/ca.pem"), "No such file or directory"),
        (CurlConfiguration(certificateFile: "/nowhere/a.pem"), "No such file or directory"),
        (CurlConfiguration(caPath: "/etc/passwd"), "Not a directory"),
        (CurlConfiguration(caFile: "/etc"), "it is a directory"),
        (CurlConfiguration(certificateFile: "/etc/passwd", keyFile: "/dev/null"), "it is empty"),
    ])
    func `a file that cannot be read is named with the reason`(
        _ configuration: CurlConfiguration, _ expected: String
    ) throws {
        guard case .unreadable(_, let path, let reason) = error(of: configuration) else {
            Issue.record("not refused")
            return
        }
        #expect(path.hasPrefix("/"))
        #expect(reason == expected)
    }

    @Test func `the version names both libraries`() {
        #expect(CurlTransport.versionDescription.hasPrefix("libcurl "))
        #expect(CurlTransport.versionDescription.contains("OpenSSL"))
    }
}
