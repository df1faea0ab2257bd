import Testing

@testable import Gateway

extension ConfigurationSources {
    /// Sources in which a test states only what it cares about; other files cannot be read.
    static func fixture(
        flags: [String: String] = [:], _ environment: [String: String] = [:], yaml: String? = nil,
        files: [String: String] = [:]
    ) -> ConfigurationSources {
        ConfigurationSources(
            flags: flags, environment: environment, file: yaml.map { (path: "g.yaml", text: $0) },
            readFile: { path in
                guard let text = files[path] else { throw NoSuchFile() }
                return text
            })
    }

    struct NoSuchFile: Error, CustomStringConvertible {
        var description: String { "no such file" }
    }

    /// All that is wrong, a line each; empty where nothing is.
    var complaints: [String] {
        do throws(ConfigurationErrors) {
            _ = try resolve()
            return []
        } catch {
            return error.errors.map(\.description)
        }
    }

    func configuration() throws -> GatewayConfiguration { try resolve().configuration }
}

extension GatewayConfiguration {
    /// Every field by name, as text; those of routes as they are at the top.
    var fields: [String: String] {
        let own = Mirror(reflecting: self).children.filter {
            $0.label != "defaults" && $0.label != "routes"
        }
        let ofRoutes = Mirror(reflecting: defaults).children.filter { $0.label != "name" }
        return (own + ofRoutes).reduce(into: [:]) { fields, child in
            fields[child.label ?? ""] = "\(child.value)"
        }
    }
}

/// What was expected, where `body` throws it.
func expectation<Value>(_ body: () throws(Expected) -> Value) -> String? {
    do throws(Expected) {
        _ = try body()
        return nil
    } catch {
        return error.description
    }
}
