/// `/status.json`: docs/operations.md names the members. Each is always there, so that a reader need
/// not tell what is missing from what is null.
extension StatusReport {
    var json: String {
        JSONObject.text([
            ("version", .text(version)),
            ("now", .time(now)),
            ("started_at", .time(startedAt)),
            ("uptime_seconds", .seconds(now > startedAt ? now - startedAt : 0)),
            ("state_text", .text(headline)),
            ("refusal", .text(refusal)),
            ("listeners", .list(listeners.map(\.members))),
            ("queue", .text(queue)),
            ("unauthorized_requests", .count(unauthorizedRequests)),
            ("reload", .object(reload?.members)),
            ("routes", .list(routes.map { $0.members(now: now) })),
            ("left_lanes", .list(leftLanes.map(\.members))),
        ]) + "\n"
    }
}

extension StatusReport.Route {
    fileprivate func members(now: UInt64) -> JSONObject.Members {
        [
            ("name", .text(name)),
            ("destination", .text(destination)),
            ("project", .text(project)),
            ("state", .text(posture)),
            ("state_text", .text(stateText(now: now))),
            ("next_attempt_at", .time(until)),
            ("retired", .truth(isRetired)),
            ("refusal", .text(refusal)),
            ("received_spans_per_second", .decimal(receivedPerSecond)),
            ("sent_spans_per_second", .decimal(sentPerSecond)),
            ("accepted_spans", .count(accepted)),
            ("sent_spans", .count(sent)),
            ("dropped_spans", .object(dropped.map { ($0.reason, .count($0.spans)) })),
            ("rejected_spans", .count(rejected)),
            ("limited_requests", .count(limitedRequests)),
            ("held_spans", .count(heldSpans)),
            ("held_bytes", .count(heldBytes)),
            ("capacity_bytes", .count(capacityBytes)),
            ("oldest_age_seconds", .seconds(oldestAge)),
            ("last_delivered", .time(lastDelivered)),
            ("last_error", .object(lastError?.members)),
            ("limits", .object(limits.map { ($0.key, .text($0.value)) })),
        ]
    }
}

extension StatusReport.Listener {
    fileprivate var members: JSONObject.Members {
        [("name", .text(name)), ("address", .text(address))]
    }
}

extension StatusReport.Reload {
    fileprivate var members: JSONObject.Members {
        [("at", .time(at)), ("applied", .truth(isApplied)), ("message", .text(message))]
    }
}

extension StatusReport.Fault {
    fileprivate var members: JSONObject.Members { [("at", .time(at)), ("text", .text(text))] }
}

extension StatusReport.LeftLane {
    fileprivate var members: JSONObject.Members {
        [
            ("name", .text(name)), ("spans", .count(spans)), ("bytes", .count(bytes)),
            ("oldest", .time(oldest)), ("dead_letter_spans", .count(deadLetters)),
        ]
    }
}

/// An object, member by member in the order given.
private enum JSONObject {
    typealias Members = [(name: String, value: Value)]

    indirect enum Value {
        case text(String?)
        case count(UInt64)
        case decimal(Double)
        case truth(Bool)
        /// Milliseconds since 1970, written as ISO 8601.
        case time(UInt64?)
        /// Milliseconds, written as seconds.
        case seconds(UInt64?)
        case object(Members?)
        case list([Members])

        var json: String {
            switch self {
            case .text(let text): text.map(JSONText.quoted) ?? "null"
            case .count(let count): String(count)
            case .decimal(let value): JSONObject.thousandths(value)
            case .truth(let truth): String(truth)
            case .time(let time): time.map { "\"\(WallClock.text($0))\"" } ?? "null"
            case .seconds(let time): time.map { String($0 / 1000) } ?? "null"
            case .object(let members): members.map(JSONObject.text) ?? "null"
            case .list(let items): "[\(items.map(JSONObject.text).joined(separator: ","))]"
            }
        }
    }

    static func text(_ members: Members) -> String {
        "{\(members.map { "\(JSONText.quoted($0.name)):\($0.value.json)" }.joined(separator: ","))}"
    }

    /// JSON has no infinity, and a rate needs no more digits.
    static func thousandths(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "0" }
        return "\((value * 1000).rounded() / 1000)"
    }
}
