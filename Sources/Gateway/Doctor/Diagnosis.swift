/// What the doctor has found out about one thing.
package struct Diagnosis: Sendable, Hashable {
    package enum Verdict: String, Sendable, CaseIterable {
        case ok
        /// Worth knowing, and as it should be.
        case note
        /// Works, and will not for long, or not as it was meant.
        case warning
        case failed
        /// Not looked at, since something before it has failed or is not configured.
        case skipped
    }

    package let subject: String
    package let verdict: Verdict
    package let text: String
    /// What to do about it.
    package let advice: String?

    init(_ subject: String, _ verdict: Verdict, _ text: String, advice: String? = nil) {
        self.subject = subject
        self.verdict = verdict
        self.text = text
        self.advice = advice
    }

    /// The same, of one of several routes.
    func of(route: String) -> Diagnosis {
        Diagnosis(subject, verdict, "\(route): \(text)", advice: advice)
    }

    /// For people: the verdict, the subject and the text, and below them what to do.
    package var lines: String {
        let head = "\(verdict.rawValue.padded(to: 8))  \(subject.padded(to: 20))  \(text)\n"
        guard let advice else { return head }
        return head + String(repeating: " ", count: 32) + "\(advice)\n"
    }

    /// For programs: one object, with a line feed.
    package var jsonLine: String {
        var members = [("subject", subject), ("verdict", verdict.rawValue), ("text", text)]
        if let advice { members.append(("advice", advice)) }
        let pairs = members.map { "\(JSONText.quoted($0.0)):\(JSONText.quoted($0.1))" }
        return "{\(pairs.joined(separator: ","))}\n"
    }
}
