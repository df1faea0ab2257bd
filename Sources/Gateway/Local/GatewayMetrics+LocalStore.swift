import LocalStore

extension GatewayState {
    /// Of the local store; nothing where there is none.
    func localStore(_ text: inout MetricsText) {
        guard let local else { return }
        let figures = local.store.figures
        text.gauge(
            "local_store_spans", "Spans that are kept for the viewer.", UInt64(figures.spans))
        text.gauge(
            "local_store_traces", "Traces that are kept for the viewer.", UInt64(figures.traces))
        text.gauge(
            "local_store_bytes", "Bytes in use in the local store, with its indexes.",
            UInt64(figures.bytes))
        text.gauge(
            "local_store_limit_bytes", "local_store_max_bytes.",
            UInt64(local.store.limits.maxBytes))
        text.counter(
            "local_store_written_spans_total",
            "Spans that were written into the local store for the first time.", figures.written)
        text.counter(
            "local_store_pruned_spans_total",
            "Spans that left the local store for new ones, or because of their age.",
            figures.pruned)
        text.counter(
            "local_store_failed_prunes_total",
            "Times that nothing could leave the local store because of an error.",
            figures.failedPrunes)
        text.counters(
            "local_store_missed_total",
            "What the local store does not have: spans that went to the cloud and not into it, records it could not read, and batches whose end was not noted.",
            label: "kind",
            [
                (
                    "span",
                    routes.all.reduce(local.missedSpans) { $0 + ($1.copy?.droppedSpans ?? 0) }
                ),
                ("record", figures.unusable), ("note", local.lostNoteCount),
            ])
    }
}
