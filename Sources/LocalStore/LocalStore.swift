/// Spans as rows of a SQLite file with Mastra's own table, for the viewer and for whatever else reads such files.
///
/// One writer, one reader, each on a thread of its own. What is written is there when the call returns: for the next reader,
/// and after `kill -9`; of a file also after a power cut.
package final class LocalStore: Sendable {
    package let location: StoreLocation
    package let limits: StoreLimits
    package let writer: StoreWriter
    package let reader: StoreReader
    private let shared = SharedState()

    /// Opens or makes the store. A damaged file is set aside, and a new one begun.
    ///
    /// - Parameters:
    ///   - clock: milliseconds since 1970.
    ///   - onNotice: called, from any thread, with what people have to know, such as that a file was set aside.
    package init(
        _ location: StoreLocation, limits: StoreLimits, clock: @escaping @Sendable () -> Int,
        onNotice: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws(StoreError) {
        self.location = location
        self.limits = limits
        shared.onNotice(onNotice)
        try location.prepare()
        let writing = StoreConnection(
            location, isReadOnly: false, label: "mastra-gateway.store.writer")
        let reading =
            location == .memory
            ? writing
            : StoreConnection(location, isReadOnly: true, label: "mastra-gateway.store.reader")
        writer = StoreWriter(writing, limits: limits, shared: shared, clock: clock)
        reader = StoreReader(reading, limits: limits, shared: shared) {
            [writer] error, generation in
            Task { await writer.noteDamage(error, of: generation) }
        }
        try await writer.open()
    }

    /// Leaves a file that is whole by itself. Nothing is to be asked or written behind it.
    package func close() async {
        // The last to go is the one that may write.
        await reader.close()
        await writer.close()
    }

    package var figures: StoreFigures { shared.figures }

    /// `listener` is called with the traces that have got spans, from the writer's thread; it must not block.
    package func onChange(_ listener: @escaping @Sendable ([String]) -> Void) {
        shared.onChange(listener)
    }
}
