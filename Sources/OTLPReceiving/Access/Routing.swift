import HTTPServing

/// Which route a request takes, by the credentials that it shows and by nothing else: neither its content
/// nor another field of its header has a say.
package struct Routing: Sendable {
    /// All routes, the open one last where it has no credentials of its own.
    package let intakes: [RouteIntake]
    /// Takes requests that show no credential at all.
    package let open: RouteIntake?
    private var keys = DigestTable()
    private var basics = DigestTable()
    private var certificates: [(pattern: ClientNamePattern, route: Int)] = []

    /// The same credential on two routes. It is not told: it may have been written as a key.
    package struct Conflict: Error, Hashable, CustomStringConvertible {
        package let first: String
        package let second: String

        package var description: String {
            "the routes \(first) and \(second) have a credential in common"
        }
    }

    /// - Parameter open: one of `routes`, or another.
    package init(
        routes: [(intake: RouteIntake, credentials: [Credential])], open: RouteIntake?
    ) throws(Conflict) {
        var intakes = routes.map(\.intake)
        if let open, !intakes.contains(where: { $0 === open }) { intakes.append(open) }
        self.intakes = intakes
        self.open = open
        var owners: [Credential: Int] = [:]
        for (index, route) in routes.enumerated() {
            for credential in route.credentials {
                if let owner = owners.updateValue(index, forKey: credential) {
                    if owner == index { continue }
                    throw Conflict(first: intakes[owner].name, second: intakes[index].name)
                }
                add(credential, route: index)
            }
        }
    }

    /// One route for all requests, whatever they show.
    package init(open: RouteIntake) {
        intakes = [open]
        self.open = open
    }

    private mutating func add(_ credential: Credential, route: Int) {
        switch credential {
        case .key(let digest): keys.add(digest, route: route)
        case .basic(let digest): basics.add(digest, route: route)
        case .certificate(let pattern): certificates.append((pattern, route))
        }
    }

    /// Whether a client may be told of `Basic`.
    var takesPasswords: Bool { basics.count > 0 }

    private var hasCredentials: Bool {
        keys.count + basics.count > 0 || !certificates.isEmpty
    }

    enum Decision: Sendable {
        case take(RouteIntake)
        case deny(AccessDenial)
    }

    /// Exactly one route has to follow from all that a request shows. A field that means nothing is not
    /// passed over because another one means something: its sender expects it to count.
    func decide(_ head: HTTPRequestHead) -> Decision {
        // Without credentials there is nothing to tell routes by; senders may keep theirs for others.
        if !hasCredentials, let open { return .take(open) }
        do throws(AccessDenial) {
            let presented = try presented(head.fields)
            let vouched = certificateRoutes(head.client)
            let routes = presented.union(vouched ?? [])
            if routes.count > 1 { throw .ambiguous }
            if let route = routes.first { return .take(intakes[route]) }
            if let open { return .take(open) }
            throw vouched == nil ? .missing : .certificate
        } catch {
            return .deny(error)
        }
    }

    /// The routes of what stands in the header.
    private func presented(_ fields: HTTPFields) throws(AccessDenial) -> Set<Int> {
        let presented: PresentedCredentials
        do throws(PresentedCredentials.Malformed) {
            presented = try PresentedCredentials(fields)
        } catch {
            throw .malformed
        }
        // All are looked up before one decides, so that a wrong one beside a right one takes as long.
        let routes = presented.shown.map { shown in
            switch shown {
            case .key(let digest): keys.route(of: digest).route
            case .basic(let digest): basics.route(of: digest).route
            }
        }
        guard !routes.contains(nil) else { throw .unknown }
        return Set(routes.compactMap { $0 })
    }

    /// The routes that name a certificate; nil where there is none, or no route asks for one.
    private func certificateRoutes(_ client: ClientNames?) -> Set<Int>? {
        guard let client, !certificates.isEmpty else { return nil }
        return Set(certificates.filter { client.isKnown(to: [$0.pattern]) }.map(\.route))
    }
}
