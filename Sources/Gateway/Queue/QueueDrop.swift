package import SendingQueue

/// Removes a lane whose route is gone for good, and whose spans nobody wants any more.
package struct QueueDrop {
    private let directory: QueueDirectory
    private let lane: String
    /// What would be lost.
    package let waiting: Amount
    package let deadLetters: Amount

    /// Takes the directory: no gateway may run on it.
    package init(_ lane: String, at path: String) throws {
        directory = try QueueDirectory(taking: path)
        self.lane = lane
        let report = try QueueReport(of: path).lanes { $0 == lane }.first
        guard let report else {
            throw StartError(description: "there is no lane \(lane)", code: .configuration)
        }
        waiting = report.waiting
        deadLetters = report.deadLetters
    }

    package func run() throws(StorageError) { try directory.removeLane(lane) }
}
