import Yams

/// A YAML file as texts by key. Nested keys join with `_`, so that `tls: {ca_file: x}` is
/// `tls_ca_file`; `${env:NAME}` and `${env:NAME:-default}` stand for variables.
struct ConfigurationFile {
    /// Key to text and line.
    private(set) var values: [String: (text: String, line: Int)] = [:]

    init(yaml: String, named name: String, environment: [String: String]) throws(ConfigurationErrors) {
        let root: Node?
        do {
            root = try Yams.compose(yaml: yaml)
        } catch {
            throw ConfigurationErrors(errors: [
                ConfigurationError(
                    key: "config", source: "file \(name)", value: nil,
                    expected: "expected YAML: \(error)")
            ])
        }
        guard let root, !Self.isNull(root) else { return }
        var errors: [ConfigurationError] = []
        collect(root, key: "", name, environment, &errors)
        guard errors.isEmpty else { throw ConfigurationErrors(errors: errors) }
    }

    private static func isNull(_ node: Node) -> Bool {
        node.scalar.map { ["", "null", "~"].contains($0.string) } ?? false
    }

    private mutating func collect(
        _ node: Node, key: String, _ name: String, _ environment: [String: String],
        _ errors: inout [ConfigurationError]
    ) {
        let source = "file \(name) line \(node.mark?.line ?? 0)"
        switch node {
        case .mapping(let mapping):
            for (childKey, child) in mapping {
                let part = childKey.scalar?.string ?? ""
                collect(child, key: key.isEmpty ? part : key + "_" + part, name, environment, &errors)
            }
        case .scalar(let scalar):
            guard !key.isEmpty else {
                errors.append(
                    ConfigurationError(
                        key: "config", source: source, value: scalar.string,
                        expected: "expected keys and values"))
                return
            }
            if Self.isNull(node) { return }
            do throws(Expected) {
                values[key] = (
                    try Self.expand(scalar.string, environment), node.mark?.line ?? 0
                )
            } catch {
                errors.append(
                    ConfigurationError(
                        key: key, source: source, value: nil, expected: error.description))
            }
        case .sequence(let sequence):
            let parts = sequence.compactMap { $0.scalar?.string }
            guard parts.count == sequence.count else { fallthrough }
            values[key] = (parts.joined(separator: ","), node.mark?.line ?? 0)
        case .alias:
            errors.append(
                ConfigurationError(
                    key: key, source: source, value: nil,
                    expected: "expected a text, a number, true or false"))
        }
    }

    /// `${env:NAME}` is the variable's value, which has to be there; with `:-default` it need not.
    static func expand(_ text: String, _ environment: [String: String]) throws(Expected) -> String {
        var result = ""
        var rest = Substring(text)
        while let start = rest.firstRange(of: "${env:") {
            result += rest[..<start.lowerBound]
            let after = rest[start.upperBound...]
            guard let end = after.firstIndex(of: "}") else {
                throw Expected("} after ${env:")
            }
            let reference = after[..<end]
            rest = after[after.index(after: end)...]
            if let mark = reference.firstRange(of: ":-") {
                let value = environment[String(reference[..<mark.lowerBound])] ?? ""
                result += value.isEmpty ? String(reference[mark.upperBound...]) : value
            } else if let value = environment[String(reference)] {
                result += value
            } else {
                throw Expected("the environment to have \(reference)")
            }
        }
        return result + rest
    }
}

extension Substring {
    fileprivate func firstRange(of needle: String) -> Range<Index>? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(needle) {
                return index..<self.index(index, offsetBy: needle.count)
            }
            index = self.index(after: index)
        }
        return nil
    }
}
