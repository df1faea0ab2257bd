import HTTPServing

/// Whether a request is meant for this server. A page of somebody else's, whose name has been pointed at this machine (DNS
/// rebinding), comes with that name; and what a page asks of another origin comes with a note of the browser's.
struct HostCheck: Sendable {
    /// In small letters, without ports.
    private let hosts: Set<String>

    /// - Parameter hosts: names beside those of this machine itself.
    init(hosts: [String]) {
        self.hosts = Set(
            ["localhost", "127.0.0.1", "[::1]"] + hosts.map { $0.lowercased() })
    }

    func problem(with head: HTTPRequestHead) -> RequestProblem? {
        guard let host = head.fields.single("host"), hosts.contains(Self.name(host)) else {
            return RequestProblem(
                status: 421,
                message:
                    "this name is not one of the viewer's; open it by an address of its own, or add the name to viewer_hosts"
            )
        }
        // Fetch metadata: a page elsewhere may lead here, and may not read, frame or load anything.
        let site = head.fields["sec-fetch-site"] ?? "none"
        let isNavigation =
            head.fields["sec-fetch-mode"] == "navigate"
            && head.fields["sec-fetch-dest"] == "document"
        guard site == "none" || site == "same-origin" || isNavigation else {
            return RequestProblem(status: 403, message: "not for other pages")
        }
        return nil
    }

    /// Without its port; of IPv6 with the brackets.
    static func name(_ host: String) -> String {
        let lowered = host.lowercased()
        guard let colon = lowered.lastIndex(of: ":"), !lowered[colon...].contains("]") else {
            return lowered
        }
        return String(lowered[..<colon])
    }
}
