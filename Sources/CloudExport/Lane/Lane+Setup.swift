import Logging
package import SpanMapping

/// What a lane sends with, and may get anew while it runs.
package struct LaneSetup: Sendable {
    package var configuration: LaneConfiguration
    package var mapper: SpanMapper
    package var target: any BatchTarget
    /// Nil where no metrics are derived.
    package var metricsTarget: (any BatchTarget)?
    /// Whether spans go elsewhere, or with another token: what the last upstream said counts no more.
    package var changesUpstream: Bool
    /// Whether a lane that cools down tries again now: somebody says that it was mended.
    package var liftsCoolDown: Bool

    package init(
        configuration: LaneConfiguration, mapper: SpanMapper, target: any BatchTarget,
        metricsTarget: (any BatchTarget)?, changesUpstream: Bool, liftsCoolDown: Bool = false
    ) {
        self.configuration = configuration
        self.mapper = mapper
        self.target = target
        self.metricsTarget = metricsTarget
        self.changesUpstream = changesUpstream
        self.liftsCoolDown = liftsCoolDown
    }
}

extension Lane {
    /// From now on the lane sends with this. Attempts under way end as they would have; what does not
    /// arrive with them is mapped and sent anew, so that no record goes where it was not made for.
    package func adopt(_ setup: LaneSetup) {
        generation += 1
        for batch in (ready + suspects).reversed() { putBack(batch) }
        ready = []
        suspects = []
        builder.putBack(into: queue)
        configuration = setup.configuration
        target = setup.target
        builder = BatchBuilder(
            limits: configuration.limits, mapper: setup.mapper,
            derivesMetrics: setup.metricsTarget != nil)
        if setup.changesUpstream || setup.liftsCoolDown && gate.isCoolingDown {
            upstream += 1
            let before = gate.posture
            gate = LaneGate(
                backoff: configuration.backoff, maxConcurrency: configuration.maxConcurrency)
            sizeLimit = SizeLimit(maximum: configuration.limits.maxBytes)
            refusals = RefusalGuard()
            if before != .open { logger.info("Uploads are tried with what was configured anew") }
        } else {
            gate.adopt(
                backoff: configuration.backoff, maxConcurrency: configuration.maxConcurrency)
            sizeLimit.adopt(maximum: configuration.limits.maxBytes)
        }
        adoptMetrics(setup)
        doorbell.ring()
    }

    /// Metrics that were derived are published wherever no more are.
    private func adoptMetrics(_ setup: LaneSetup) {
        if let target = setup.metricsTarget {
            metricsTarget = target
            if outbox == nil { outbox = MetricOutbox(configuration: configuration) }
            outbox?.adopt(configuration, resets: setup.changesUpstream)
        } else if outbox?.isEmpty ?? true {
            metricsTarget = nil
            outbox = nil
        }
    }
}
