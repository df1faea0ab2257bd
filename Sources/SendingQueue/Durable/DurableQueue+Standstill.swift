extension DurableQueue {
    /// Why no offer is worth making now.
    package enum Standstill: Hashable, Sendable {
        case full
        case lowSpace
        case failed(StorageError)
        /// A call to the disk does not return.
        case hanging

        package var shortage: Shortage {
            switch self {
            case .full: .room
            case .lowSpace: .reserve
            case .failed(let error) where error.isLackOfSpace: .space
            case .failed(let error) where error.isLackOfResources: .resources
            case .failed: .soundness
            case .hanging: .answer
            }
        }
    }
}
