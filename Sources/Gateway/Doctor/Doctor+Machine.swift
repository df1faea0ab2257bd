extension Doctor {
    /// Memory and descriptors.
    func machine() -> [Diagnosis] {
        [memory(), descriptors()]
    }

    private func memory() -> Diagnosis {
        do throws(StartError) {
            let plan = MemoryPlan(try GatewayRun.fitted(configuration))
            let limit = ControlGroup.memoryLimit().map { ValueParsing.describeSize($0) }
            let owner =
                limit.map { "the control group allows \($0)" } ?? "no control group limits it"
            return Diagnosis(
                "memory", .ok, "limits add up to \(plan.total >> 20) MiB; \(owner)")
        } catch {
            return Diagnosis(
                "memory", .failed, error.description,
                advice: "lower these settings, or give the process more memory")
        }
    }

    private func descriptors() -> Diagnosis {
        var fitted = configuration
        let limit = ProcessSetup.descriptorLimit
        guard fitted.fit(intoDescriptors: limit, eventLoops: GatewayRun.eventLoops(configuration))
        else {
            return Diagnosis("descriptors", .ok, "\(limit) files may be open")
        }
        return Diagnosis(
            "descriptors", .warning,
            "\(limit) files may be open, so that max_connections is lowered to \(fitted.maxConnections)",
            advice: "raise the limit (LimitNOFILE=, ulimit -Hn), or lower max_connections")
    }
}
