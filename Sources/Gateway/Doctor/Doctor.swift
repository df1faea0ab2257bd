/// `doctor`: looks at all that a gateway with this configuration needs, and says what to do about what it lacks.
///
/// It may be used beside a running gateway, and changes nothing: towards the upstream it sends a batch without
/// spans (and one with a sample, where that is asked for), on the disk it writes a file and removes it.
package struct Doctor {
    let resolved: ResolvedConfiguration
    let deliversSample: Bool

    var configuration: GatewayConfiguration { resolved.configuration }

    /// - Parameter deliversSample: whether a sample trace is sent to the upstream, past the queue.
    package init(_ resolved: ResolvedConfiguration, deliversSample: Bool = false) {
        self.resolved = resolved
        self.deliversSample = deliversSample
    }

    /// Tells each diagnosis as soon as it is there; answers whether nothing has failed.
    package func examine(_ tell: (Diagnosis) -> Void) async -> Bool {
        var isWell = true
        func note(_ diagnoses: [Diagnosis]) {
            for diagnosis in diagnoses {
                if diagnosis.verdict == .failed { isWell = false }
                tell(diagnosis)
            }
        }
        note(settings() + machine())
        note(await upstream())
        note(queue())
        note(certificate())
        note(await running())
        return isWell
    }

    private func settings() -> [Diagnosis] {
        let count = resolved.sources.count
        let text =
            count == 0
            ? "all settings are at their defaults"
            : "\(count) settings are set; mastra-gateway check prints them"
        return [Diagnosis("configuration", .ok, text)]
    }
}
