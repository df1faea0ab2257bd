/// Lets other tasks run until the condition holds; false after half a minute, which is far more than
/// anything here takes.
package func eventually(_ condition: () async -> Bool) async -> Bool {
    let deadline = ContinuousClock.now + .seconds(30)
    while await !condition() {
        guard ContinuousClock.now < deadline, !Task.isCancelled else { return false }
        await Task.yield()
    }
    return true
}
