import SendingQueue

/// How the routes share what the gateway has once: the queue and the dead letters.
extension GatewayConfiguration {
    /// The part of the queue that a route has, 0 to 1.
    package func share(of route: RouteConfiguration) -> Double {
        if let share = route.queueShare { return share / 100 }
        let set = routes.compactMap(\.queueShare).reduce(0, +)
        let others = routes.filter { $0.queueShare == nil }.count
        return max(0, 1 - set / 100) / Double(max(1, others))
    }

    package func queueBytes(of route: RouteConfiguration) -> Int {
        Int((Double(queueBytes) * share(of: route)).rounded(.down))
    }

    package func queueSpans(of route: RouteConfiguration) -> Int {
        max(1, Int((Double(queueMaxSpans) * share(of: route)).rounded(.down)))
    }

    func deadLetterBytes(of route: RouteConfiguration) -> UInt64 {
        guard deadLetterBytes > 0 else { return 0 }
        return max(1 << 20, UInt64(Double(deadLetterBytes) * share(of: route)))
    }

    /// Bytes of a route's requests that may be in memory. On disk the window, offers that wait for the disk,
    /// and what is being written. One request more than there is room for may be in each, of any size: for one
    /// team to wait for the memory of another would make its troubles the other's.
    func heldBytes(of route: RouteConfiguration) -> Int {
        guard queueDirectory != nil else { return max(queueBytes(of: route), maxBodyBytes) }
        let queue = durableQueue(of: route).queue
        return queue.windowBytes + maxBodyBytes + max(queue.maxOfferedBytes, maxBodyBytes) + 2 << 20
    }

    /// Bodies that nobody has limited are smaller where there are many routes, such that those which are larger
    /// than a route's room take no more memory than a gateway with one route has for bodies anyway.
    mutating func fitBodiesToRoutes() {
        guard routes.count > 1, maxBodyBytes == Self.defaultMaxBodyBytes else { return }
        while maxBodyBytes > Self.smallestDefaultBody {
            let excess = routes.reduce(0) { sum, route in
                var least = self
                least.maxBodyBytes = 0
                return sum + heldBytes(of: route) - least.heldBytes(of: route)
            }
            guard excess > Self.memoryForLargeBodies else { return }
            maxBodyBytes = max(maxBodyBytes / 2, Self.smallestDefaultBody)
        }
    }

    private static let smallestDefaultBody = 4 << 20
    private static let memoryForLargeBodies = 256 << 20

    /// Less is no queue.
    static let smallestQueue = 1 << 16

    /// What is wrong with the shares; nil where nothing is.
    var complaintAboutShares: String? {
        let set = routes.compactMap(\.queueShare).reduce(0, +)
        if set > 100.000_001 {
            return "the shares of the routes add up to \(set) percent of the queue"
        }
        let hungry = routes.first { queueBytes(of: $0) < Self.smallestQueue }
        guard let hungry else { return nil }
        return "leaves \(queueBytes(of: hungry)) bytes of queue_max_bytes to the route "
            + "\(hungry.name), which needs \(Self.smallestQueue) or more"
    }
}
