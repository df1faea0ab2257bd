extension StatusReport {
    /// What a route does, for people. The order is that of the page: who needs a person comes first.
    enum Standing: Int, Comparable {
        /// Spans are refused, or held until a person mends something.
        case broken
        /// Spans are held for a while; nobody has to act.
        case waiting
        /// No longer in the configuration.
        case leaving
        case sending
        case idle

        static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

        var isTrouble: Bool { self <= .waiting }
    }

    /// Idle and sending routes keep their places among each other, or the page would jump with
    /// every span.
    var routesByTrouble: [Route] {
        routes.enumerated()
            .sorted { ($0.element.place, $0.offset) < ($1.element.place, $1.offset) }
            .map(\.element)
    }

    /// The state of the whole in a few words, for the title of a tab.
    var headline: String {
        if refusal != nil { return "refusing spans" }
        let current = routes.filter { !$0.isRetired }
        guard let first = current.first else { return "no routes" }
        guard current.count > 1 else { return first.refusal == nil ? first.word : "refusing spans" }
        func count(_ matches: (Standing) -> Bool) -> Int {
            current.count { matches($0.standing) }
        }
        let idle = count { $0 == .idle }
        if idle == current.count { return "all \(idle) routes idle" }
        let others = [(idle, "idle"), (count(\.isTrouble), "in trouble")].filter { $0.0 > 0 }
        let sending = "\(count { $0 == .sending }) of \(current.count) routes sending"
        return ([sending] + others.map { "\($0.0) \($0.1)" }).joined(separator: ", ")
    }

    /// Of the whole: the worst of its routes.
    var standing: Standing {
        if refusal != nil || routes.isEmpty { return .broken }
        return routes.map(\.standing).min { $0.place < $1.place } ?? .idle
    }

    /// Nothing was ever taken and nothing was found on disk.
    var isUntouched: Bool {
        routes.allSatisfy { $0.accepted == 0 && $0.rejected == 0 && $0.heldSpans == 0 }
    }
}

extension StatusReport.Standing {
    fileprivate var place: Int { min(rawValue, Self.sending.rawValue) }
}

extension StatusReport.Route {
    var standing: StatusReport.Standing {
        if refusal != nil { return .broken }
        let words = PostureWords.of(posture)
        switch words.standing {
        case .broken, .waiting: return words.standing
        default: return isRetired ? .leaving : isIdle ? .idle : .sending
        }
    }

    private var isIdle: Bool { heldSpans == 0 && sentPerSecond == 0 }

    fileprivate var place: Int { standing.place }

    /// The first words of `state`.
    var word: String {
        guard posture == "open" else { return PostureWords.of(posture).word }
        return isRetired ? "removed" : isIdle ? "idle" : "sending"
    }

    /// What follows `word`.
    func rest(now: UInt64) -> Phrase {
        if posture == "open" {
            return isRetired ? Phrase(" from the configuration; sends what it holds") : Phrase()
        }
        let words = PostureWords.of(posture)
        var rest = Phrase(words.cause.map { ": \($0)" } ?? "")
        if let until, let next = words.next {
            rest.append(words.cause == nil ? " " : "; ")
            switch next {
            case .within: rest.append(in: until, now: now)
            case .at(let what):
                rest.append(what + " at ")
                rest.append(at: until, now: now)
            }
        }
        if isRetired { rest.append("; removed from the configuration, sends what it holds") }
        return rest
    }

    /// What the route does, as one sentence.
    func stateText(now: UInt64) -> String { word + rest(now: now).text }
}

/// How a posture of the lane reads. Causes are those of the log's lines.
struct PostureWords {
    enum Next {
        /// "in 12 s": the wait is short.
        case within
        /// "asks again at 12:03:10 UTC".
        case at(String)
    }

    let word: String
    let cause: String?
    let next: Next?
    let standing: StatusReport.Standing

    private init(_ word: String, _ cause: String?, _ next: Next?, _ standing: StatusReport.Standing)
    {
        self.word = word
        self.cause = cause
        self.next = next
        self.standing = standing
    }

    private static func coolingDown(_ cause: String) -> PostureWords {
        PostureWords("cooling down", cause, .at("next try"), .broken)
    }

    static let all: [(posture: String, words: PostureWords)] = [
        ("open", PostureWords("sending", nil, nil, .sending)),
        ("backing_off", PostureWords("retrying", nil, .within, .waiting)),
        ("paused_quota", PostureWords("paused", "the quota is spent", .at("asks again"), .waiting)),
        (
            "probing_quota",
            PostureWords("paused", "the quota is spent; asks whether it is renewed", nil, .waiting)
        ),
        ("cooling_down_unauthorized", coolingDown("the access token is not accepted")),
        ("cooling_down_misdirected", coolingDown("there is no publish route at the endpoint")),
        ("cooling_down_untrusted", coolingDown("the upstream's certificate is not trusted")),
        ("cooling_down_contract", coolingDown("the upstream refuses all records")),
    ]

    /// A posture without a row is told by its own name.
    static func of(_ posture: String) -> PostureWords {
        all.first { $0.posture == posture }?.words
            ?? PostureWords(String(posture.map { $0 == "_" ? " " : $0 }), nil, nil, .waiting)
    }
}
