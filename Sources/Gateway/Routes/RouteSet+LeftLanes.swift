import Logging
import SendingQueue

/// Lanes on disk that no route of the configuration has. They are kept, since they hold what was
/// acknowledged, and are told of until somebody puts the route back or drops them.
struct LeftLane: Sendable, Hashable {
    let name: String
    let spans: UInt64
    let bytes: UInt64
    /// When the oldest request came, milliseconds since 1970.
    let oldest: UInt64?
    /// Spans that were given up and are kept.
    let deadLetters: UInt64
}

extension RouteSet {
    /// Looks at the disk: at the start, and when routes have come or gone.
    func lookForLeftLanes() {
        guard let path = configuration.queueDirectory else { return }
        let names = Set(all.map(\.name)).union(endingNames)
        do {
            let lanes = try QueueReport(of: path).lanes { !names.contains($0) }
            setLeftLanes(
                lanes.filter { $0.waiting.spans + $0.deadLetters.spans > 0 }.map {
                    LeftLane(
                        name: $0.name, spans: $0.waiting.spans, bytes: $0.waiting.bytes,
                        oldest: $0.oldest, deadLetters: $0.deadLetters.spans)
                })
        } catch {
            logger.warning(
                "The lanes of routes that have left the configuration cannot be looked at",
                metadata: ["cause": "\(error)"])
        }
    }

    func tellOfLeftLanes() {
        for lane in leftLanes {
            logger.warning(
                "A lane on disk is of no route in the configuration; its spans are kept and not sent",
                metadata: [
                    "lane": "\(lane.name)", "spans": "\(lane.spans)",
                    "dead_letter_spans": "\(lane.deadLetters)",
                ])
        }
    }
}
