import Yams

/// A YAML file as texts by key. Nested keys join with `_`, so that `tls: {ca_file: x}` is
/// `tls_ca_file`; `${env:NAME}` and `${env:NAME:-default}` stand for variables. Under `routes` each name has
/// keys of its own.
struct ConfigurationFile {
    /// Key to text and line.
    typealias Values = [String: (text: String, line: Int)]

    struct Route {
        let name: String
        let line: Int
        var values: Values = [:]
    }

    private(set) var values: Values = [:]
    /// In their order in the file.
    private(set) var routes: [Route] = []

    private static let routesKey = "routes"

    init(yaml: String, named name: String, environment: [String: String])
        throws(ConfigurationErrors)
    {
        let root: Node?
        do {
            root = try Yams.compose(yaml: yaml)
        } catch {
            throw ConfigurationErrors(errors: [Self.broken(error, yaml, named: name)])
        }
        guard let root, !Self.isNull(root) else { return }
        var errors: [ConfigurationError] = []
        var top = root
        if case .mapping(var mapping) = root, let node = mapping[Node(Self.routesKey)] {
            routes = Self.routes(of: node, name, environment, &errors)
            mapping[Node(Self.routesKey)] = nil
            top = .mapping(mapping)
        }
        values = Self.collect(top, key: "", name, environment, &errors)
        guard errors.isEmpty else { throw ConfigurationErrors(errors: errors) }
    }

    /// What is wrong and on which line, without the line itself, which Yams would print: it may hold
    /// a secret.
    private static func broken(
        _ error: any Error, _ yaml: String, named name: String
    ) -> ConfigurationError {
        let (problem, line): (String, Int?) =
            switch error as? YamlError {
            case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
                .composer(_, let problem, let mark, _):
                (problem, mark.line)
            case .reader(let problem, let offset, _, _):
                (problem, offset.map { 1 + yaml.prefix($0).filter(\.isNewline).count })
            case .duplicatedKeysInMapping(let keys, let context):
                ("\(keys.sorted().joined(separator: ", ")) came twice", context.mark.line)
            default: ("it cannot be read", nil)
            }
        return ConfigurationError(
            key: "config", source: "file \(name)" + (line.map { " line \($0)" } ?? ""), value: nil,
            expected: "expected YAML: \(problem)")
    }

    private static func isNull(_ node: Node) -> Bool {
        node.scalar.map { $0.style == .plain && ["", "null", "~"].contains($0.string) } ?? false
    }

    private static func routes(
        of node: Node, _ name: String, _ environment: [String: String],
        _ errors: inout [ConfigurationError]
    ) -> [Route] {
        guard !isNull(node) else { return [] }
        func complain(_ key: String, _ node: Node, _ expected: String) {
            errors.append(
                ConfigurationError(
                    key: key, source: "file \(name) line \(node.mark?.line ?? 0)", value: nil,
                    expected: expected))
        }
        guard let mapping = node.mapping else {
            complain(routesKey, node, "expected names of routes, each with its settings")
            return []
        }
        var routes: [Route] = []
        for (key, child) in mapping {
            let routeName = key.scalar?.string ?? ""
            var route = Route(name: routeName, line: key.mark?.line ?? 0)
            // YAML tells 1 from "1"; a directory does not.
            if routes.contains(where: { $0.name == routeName }) {
                complain(routesKey, key, "expected the name \(routeName) once")
            }
            if child.mapping != nil {
                var own: [ConfigurationError] = []
                route.values = collect(child, key: "", name, environment, &own)
                errors += own.map { $0.of(route: routeName) }
            } else if !isNull(child) {
                complain("\(routesKey).\(routeName)", key, "expected keys and values")
            }
            routes.append(route)
        }
        return routes
    }

    private static func collect(
        _ node: Node, key: String, _ name: String, _ environment: [String: String],
        _ errors: inout [ConfigurationError]
    ) -> Values {
        var values: Values = [:]
        collect(node, key: key, name, environment, &values, &errors)
        return values
    }

    private static func collect(
        _ node: Node, key: String, _ name: String, _ environment: [String: String],
        _ values: inout Values, _ errors: inout [ConfigurationError]
    ) {
        func complain(_ key: String, _ expected: String) {
            errors.append(
                ConfigurationError(
                    key: key, source: "file \(name) line \(node.mark?.line ?? 0)", value: nil,
                    expected: expected))
        }
        guard node.mapping != nil || !key.isEmpty else {
            return complain("config", "expected keys and values")
        }
        switch node {
        case .mapping(let mapping):
            for (childKey, child) in mapping {
                let part = childKey.scalar?.string ?? ""
                collect(
                    child, key: key.isEmpty ? part : key + "_" + part, name, environment, &values,
                    &errors)
            }
        case .scalar, .sequence:
            guard let parts = Self.parts(of: node) else { fallthrough }
            do throws(Expected) {
                let text = try Self.join(parts, environment)
                // As in the environment, an empty text is unset.
                guard !text.isEmpty else { return }
                if let other = values[key] {
                    throw Expected("the key once; it is on line \(other.line) too")
                }
                values[key] = (text, node.mark?.line ?? 0)
            } catch {
                complain(key, error.description)
            }
        case .alias: complain(key, "expected a text, a number, true or false")
        }
    }

    /// The texts of a list, or the one of a scalar; nil where something else is in the list.
    private static func parts(of node: Node) -> [String]? {
        guard let sequence = node.sequence else {
            return isNull(node) ? [] : node.scalar.map { [$0.string] }
        }
        let parts = sequence.compactMap { $0.scalar?.string }
        return parts.count == sequence.count ? parts : nil
    }

    private static func join(
        _ parts: [String], _ environment: [String: String]
    ) throws(Expected) -> String {
        var texts: [String] = []
        for part in parts { texts.append(try expand(part, environment)) }
        return texts.joined(separator: ",")
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
