package import HTTPServing

/// Lets in whoever shows one of some credentials, where there are no routes to tell apart. Certificates do not count.
package struct CredentialGate: Sendable {
    private var keys = DigestTable()
    private var basic = DigestTable()

    package init(_ credentials: [Credential]) {
        for credential in Set(credentials) {
            switch credential {
            case .key(let digest): keys.add(digest, route: 0)
            case .basic(let digest): basic.add(digest, route: 0)
            case .certificate: break
            }
        }
    }

    /// All that is shown has to be known, as with routes.
    package func admits(_ fields: HTTPFields) -> Bool {
        guard let presented = try? PresentedCredentials(fields), !presented.shown.isEmpty else {
            return false
        }
        return presented.shown.allSatisfy { shown in
            switch shown {
            case .key(let digest): keys.route(of: digest).route != nil
            case .basic(let digest): basic.route(of: digest).route != nil
            }
        }
    }
}
