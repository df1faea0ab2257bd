/// Lets other tasks run until the condition holds; false after two minutes, which is far more than
/// anything here takes beside tests that keep all threads busy.
package func eventually(_ condition: () async -> Bool) async -> Bool {
    let deadline = ContinuousClock.now + .seconds(120)
    while await !condition() {
        guard ContinuousClock.now < deadline, !Task.isCancelled else { return false }
        await Task.yield()
    }
    return true
}
