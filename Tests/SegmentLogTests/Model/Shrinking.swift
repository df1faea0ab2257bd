/// Leaves out steps for as long as the rest still fails, larger parts first.
func shrunk(_ steps: [LogStep], fails: ([LogStep]) -> Bool) -> [LogStep] {
    var steps = steps
    var size = steps.count / 2
    while size > 0 {
        var start = 0
        while start < steps.count {
            var shorter = steps
            shorter.removeSubrange(start..<min(start + size, steps.count))
            if fails(shorter) { steps = shorter } else { start += size }
        }
        size /= 2
    }
    return steps
}
