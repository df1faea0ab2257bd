/// A setting that ends the start, said so that it can be mended at once: which, from where, what was
/// found and what was expected.
package struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    package let key: String
    /// Such as `environment MASTRA_GATEWAY_HTTP_LISTEN`.
    package let source: String
    /// Nil for secrets, and where there was none.
    package let value: String?
    package let expected: String

    package init(key: String, source: String, value: String?, expected: String) {
        self.key = key
        self.source = source
        self.value = value
        self.expected = expected
    }

    /// The same, of a route's setting.
    func of(route: String) -> ConfigurationError {
        ConfigurationError(
            key: "routes.\(route).\(key)", source: source, value: value, expected: expected)
    }

    package var description: String {
        let found = value.map { " is \"\($0)\"" } ?? ""
        return "\(key) (\(source))\(found): \(expected)"
    }
}

/// All of them at once: a start should not have to be tried for each.
package struct ConfigurationErrors: Error, Sendable, CustomStringConvertible {
    package let errors: [ConfigurationError]

    package var description: String {
        errors.map(\.description).joined(separator: "\n")
    }
}
