/// What has become of a span on its way to the cloud. The raw values stand in the file.
package enum Delivery: Int, CaseIterable, Hashable, Sendable {
    /// Its route sends nowhere else.
    case local = 0
    /// It is held, and will be sent.
    case queued = 1
    case sent = 2
    /// It was given up, for a reason that is kept beside it.
    case refused = 3

    package var name: String {
        switch self {
        case .local: "local"
        case .queued: "queued"
        case .sent: "sent"
        case .refused: "refused"
        }
    }
}
