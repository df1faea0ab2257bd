import MastraRecords
import SpanMapping

extension MappingOptions {
    /// Options within the ranges that the configuration allows, most often the defaults.
    init(_ choices: inout Choices) {
        let flags = choices.byte()
        self.init(dialect: flags & 1 == 0 ? .platform : .cloud)
        spanTypes = flags & 2 == 0 ? .full : .core
        keepsVectors = flags & 4 != 0
        mergesNestedCalls = flags & 8 == 0
        projectID = flags & 16 == 0 ? nil : "a \"project\""
        if flags & 128 != 0 { selection = .chosen(by: choices.byte()) }
        if flags & 32 != 0 {
            policy = .unlimited
            return
        }
        let usual = policy
        policy.redaction = choices.pick([.full, .partial, .off])
        policy.maxDepth = choices.pick([usual.maxDepth, 1, 2, 64])
        policy.maxStringLength = choices.pick([usual.maxStringLength, 64, 100])
        policy.maxArrayItems = choices.pick([usual.maxArrayItems, 1, 2, 65_536])
        policy.maxObjectKeys = choices.pick([usual.maxObjectKeys, 1, 2, 65_536])
        if flags & 64 != 0 { policy.addSensitiveKeys(["model", "name", "content"]) }
    }
}

extension SpanSelection {
    /// Selections that leave something of most requests.
    fileprivate static func chosen(by byte: UInt8) -> SpanSelection {
        var selection = SpanSelection()
        selection.keepRatio = [1, 0.5, 0.1, 0][Int(byte & 3)]
        selection.aiOnly = byte & 4 != 0
        if byte & 8 != 0 { selection.dropRules = rules }
        return selection
    }

    private static let rules = [
        "name=*a*e* & span_type=generic", "attributes.gen_ai.operation.name=c*",
        "attributes.llm.model_name=*-?*",
        "service=*?a & scope=*.*", "resource.service.version=*1*",
    ].compactMap { rule in try? DropRule(rule) }
}
