import Testing

@testable import Gateway

@Suite struct ConfigurationFileTests {
    private func texts(_ yaml: String, _ environment: [String: String] = [:]) throws -> [String:
        String]
    {
        try ConfigurationFile(yaml: yaml, named: "g.yaml", environment: environment).values
            .mapValues(\.text)
    }

    private func complaints(_ yaml: String, _ environment: [String: String] = [:]) -> [String] {
        do throws(ConfigurationErrors) {
            _ = try ConfigurationFile(yaml: yaml, named: "g.yaml", environment: environment)
            return []
        } catch {
            return error.errors.map(\.description)
        }
    }

    // MARK: Keys and values

    @Test func `texts are taken as they are written`() throws {
        #expect(
            try texts("a: 1\nb: true\nc: 5s\nd: '0x10'\ne: 127.0.0.1:4318\nf: 1e3\n")
                == [
                    "a": "1", "b": "true", "c": "5s", "d": "0x10", "e": "127.0.0.1:4318",
                    "f": "1e3",
                ])
    }

    @Test func `nested keys join with an underscore`() throws {
        let nested = """
            tls:
              ca_file: /ca
              cert_file: /cert
            retry_on_failure:
              max:
                interval: 3s
            """
        #expect(
            try texts(nested)
                == [
                    "tls_ca_file": "/ca", "tls_cert_file": "/cert",
                    "retry_on_failure_max_interval": "3s",
                ])
        #expect(try texts("{tls: {ca_file: /ca}}") == ["tls_ca_file": "/ca"])
    }

    @Test func `lines are counted from one`() throws {
        let file = try ConfigurationFile(
            yaml: "# comment\na: 1\ntls:\n  ca_file: /ca\n", named: "g.yaml", environment: [:])
        #expect(file.values["a"]?.line == 2)
        #expect(file.values["tls_ca_file"]?.line == 4)
    }

    @Test(arguments: ["", "\n", "# nothing\n", "---\n", "~", "null", "{}"])
    func `a file without settings has none`(_ yaml: String) throws {
        #expect(try texts(yaml).isEmpty)
    }

    @Test(arguments: ["a:", "a: ~", "a: null", "a: ''", "a: ${env:X:-}"])
    func `a key without a value is unset`(_ yaml: String) throws {
        #expect(try texts(yaml).isEmpty)
    }

    @Test func `a quoted null is a text`() throws {
        #expect(try texts("a: 'null'\nb: \"~\"") == ["a": "null", "b": "~"])
    }

    @Test func `lists become texts with commas`() throws {
        #expect(
            try texts("a: [x, y]\nb:\n  - one\n  - two\n  - 3\nc: [single]")
                == ["a": "x,y", "b": "one,two,3", "c": "single"])
    }

    @Test func `anchors are resolved`() throws {
        #expect(try texts("a: &x 5s\nb: *x") == ["a": "5s", "b": "5s"])
    }

    // MARK: Variables

    @Test(arguments: [
        ("${env:X}", "value"), ("a${env:X}b", "avalueb"), ("${env:X}${env:Y}", "valuey"),
        ("${env:X:-default}", "value"), ("${env:NONE:-default}", "default"),
        ("${env:EMPTY:-default}", "default"), ("a${env:NONE:-}b", "ab"),
        ("${env:NONE:-a:-b}", "a:-b"), ("$X", "$X"), ("${X}", "${X}"), ("$${env:X}", "$value"),
        ("a${env:EMPTY}b", "ab"), ("${env:NESTED}", "${env:X}"),
    ])
    func `variables are put in once`(_ text: String, _ expected: String) throws {
        let environment = ["X": "value", "Y": "y", "EMPTY": "", "NESTED": "${env:X}"]
        #expect(try texts("a: '\(text)'", environment) == ["a": expected])
    }

    @Test func `variables are put into lists too`() throws {
        #expect(try texts("a: ['${env:X}', y]", ["X": "x"]) == ["a": "x,y"])
        #expect(
            complaints("a:\n  - '${env:NONE}'")
                == ["a (file g.yaml line 2): expected the environment to have NONE"])
    }

    @Test func `a missing variable is named, with its line`() {
        #expect(
            complaints("a: 1\nb: ${env:NONE}\nc: x${env:OTHER}")
                == [
                    "b (file g.yaml line 2): expected the environment to have NONE",
                    "c (file g.yaml line 3): expected the environment to have OTHER",
                ])
    }

    @Test func `a reference has to end`() {
        #expect(
            complaints("a: '${env:X'", ["X": "x"])
                == ["a (file g.yaml line 1): expected } after ${env:"])
    }

    // MARK: What is no configuration

    @Test(arguments: [
        ("a: 'open", 1), ("a: 1\nb: [1, 2\nc: 3", 3), ("a: 1\n\tb: 2", 2), ("a: 1\n b: 2", 2),
        ("a: @x", 1), ("a: 1\nb: *none", 2),
    ])
    func `broken YAML is told with its line`(_ yaml: String, _ line: Int) throws {
        let complaint = try #require(complaints(yaml).first)
        #expect(complaints(yaml).count == 1)
        #expect(complaint.hasPrefix("config (file g.yaml line \(line)): expected YAML: "))
        #expect(!complaint.contains("\n"))
    }

    @Test func `a key that comes twice is named`() {
        #expect(
            complaints("a: 1\nb: 2\na: 3").map { $0.contains("a") && $0.contains("expected YAML") }
                == [true])
    }

    @Test func `a key in two spellings is named`() {
        #expect(
            complaints("tls_ca_file: /a\ntls:\n  ca_file: /b")
                == ["tls_ca_file (file g.yaml line 3): expected the key once; it is on line 1 too"])
    }

    @Test(arguments: ["just a text", "access_token:abc", "- a\n- b", "'quoted'"])
    func `a file without keys is refused without being shown`(_ yaml: String) {
        #expect(complaints(yaml) == ["config (file g.yaml line 1): expected keys and values"])
    }

    @Test func `a list of mappings is no value`() {
        #expect(
            complaints("a:\n  - b: 1")
                == ["a (file g.yaml line 2): expected a text, a number, true or false"])
    }
}
