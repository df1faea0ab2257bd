extension DurableQueue {
    /// Why no offer is worth making now.
    package enum Standstill: Hashable, Sendable {
        case full
        case lowSpace
        case failed(StorageError)
        /// A call to the disk does not return.
        case hanging

        /// A word for readiness and metrics.
        package var label: String {
            switch self {
            case .full: "queue_full"
            case .lowSpace: "low_disk_space"
            case .failed(let error) where error.isLackOfSpace: "disk_full"
            case .failed(let error) where error.isLackOfResources: "out_of_resources"
            case .failed: "disk_failed"
            case .hanging: "disk_hangs"
            }
        }

        package static let labels = [
            "queue_full", "low_disk_space", "disk_full", "disk_failed", "out_of_resources",
            "disk_hangs",
        ]
    }
}
