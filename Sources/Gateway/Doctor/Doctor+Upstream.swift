import CloudExport
import CurlUpload
import MastraRecords
import NIOPosix

extension Doctor {
    /// The way to the upstream of each route, stage by stage; what is behind a stage that has failed is
    /// skipped.
    func upstream() async -> [Diagnosis] {
        var diagnoses: [Diagnosis] = []
        for route in configuration.routes {
            let found = await upstream(of: route)
            diagnoses +=
                configuration.routes.count == 1 ? found : found.map { $0.of(route: route.name) }
        }
        return diagnoses
    }

    private func upstream(of route: RouteConfiguration) async -> [Diagnosis] {
        guard let token = route.accessToken, let endpoint = route.endpoint else {
            return [
                Diagnosis(
                    "destination", .note, "no access token: records go to standard output",
                    advice: "set MASTRA_CLOUD_ACCESS_TOKEN to deliver them to Mastra")
            ]
        }
        var diagnoses = [Diagnosis("destination", .ok, endpoint.url)] + project(of: route)
        do {
            let (url, curl) = (endpoint.url, configuration.curl)
            // Where it may wait for the network.
            let look = try await NIOThreadPool.singleton.runIfActive { try PeerLook(at: url, curl) }
            diagnoses += stages(of: look, isHTTPS: endpoint.isHTTPS)
            guard look.failure == nil else {
                return diagnoses + [Diagnosis("upload", .skipped, "no connection")]
            }
            let transport = try CurlTransport(configuration.curl)
            let target = CloudTarget(
                endpoint: endpoint, token: token, userAgent: GatewayVersion.userAgent,
                transport: transport, wallClock: WallClock.milliseconds)
            diagnoses += await probe(target)
            if deliversSample { diagnoses.append(await sample(target, of: route)) }
            await transport.shutdown()
        } catch {
            diagnoses.append(
                Diagnosis(
                    "upload", .failed, "\(error)",
                    advice:
                        "mastra-gateway check prints the settings; those of uploads do not go together"
                ))
        }
        return diagnoses
    }

    /// To which project spans go. The token may be bound to one; what the upstream makes of both, `upload` tells.
    private func project(of route: RouteConfiguration) -> [Diagnosis] {
        guard route.dialect == .platform else { return [] }
        guard let project = route.projectID else {
            return [
                Diagnosis(
                    "project", .note, "that of the token, since project_id is not set",
                    advice: "set MASTRA_PROJECT_ID where the token is not bound to one")
            ]
        }
        return [Diagnosis("project", .ok, "\(project), in the route and in each record")]
    }

    // MARK: Stages

    private func stages(of look: PeerLook, isHTTPS: Bool) -> [Diagnosis] {
        let proxy = configuration.proxyURL.map { " by the proxy \(CurlProxy($0.revealed))" } ?? ""
        var diagnoses: [Diagnosis] = []
        if let failure = look.failure, failure.stage == .name {
            return [Diagnosis("name", .failed, failure.text, advice: Self.nameAdvice)]
        }
        diagnoses.append(Diagnosis("name", .ok, "found in \(milliseconds(look.lookupTime))"))
        if let failure = look.failure, failure.stage == .connection {
            return diagnoses + [
                Diagnosis(
                    "connection", .failed, failure.text + proxy, advice: Self.connectionAdvice)
            ]
        }
        let address = look.address ?? "the upstream"
        diagnoses.append(
            Diagnosis(
                "connection", .ok, "to \(address) in \(milliseconds(look.connectTime))\(proxy)"))
        if let failure = look.failure {
            return diagnoses + [
                Diagnosis("tls", .failed, failure.text, advice: Self.handshakeAdvice)
            ]
        }
        guard isHTTPS else {
            return diagnoses + [
                Diagnosis(
                    "tls", .warning, "clear text: whoever is on the way can read the token",
                    advice: "use an endpoint with https:// unless it is on this machine")
            ]
        }
        let chain = look.certificates.map { "\($0.subject), issued by \($0.issuer)" }
        let expires = look.certificates.first.map { "; expires \($0.expires)" } ?? ""
        return diagnoses + [
            Diagnosis("tls", .note, "shows \(chain.joined(separator: "; then "))\(expires)")
        ]
    }

    private func milliseconds(_ time: Duration?) -> String {
        "\(Int((time ?? .zero) / .milliseconds(1))) ms"
    }

    private static let nameAdvice =
        "look at the spelling of endpoint, at /etc/resolv.conf, and at DNS egress of the container or pod"
    private static let connectionAdvice =
        "let the gateway through to that address and port (firewall, network policy), or set proxy_url"
    private static let handshakeAdvice =
        "see that the port speaks TLS 1.2 or later, and that tls_cert_file and tls_key_file can be used"

    // MARK: A batch without spans

    private func probe(_ target: CloudTarget) async -> [Diagnosis] {
        let begin = WallClock.milliseconds()
        switch await target.post(EmptyBatch.body) {
        case .failure(let failure): return [Self.diagnosis(of: AttemptOutcome(failure))]
        case .success(let response):
            let clock = Self.clock(response, begin, WallClock.milliseconds())
            return [Self.diagnosis(of: target.outcome(of: response)), clock]
        }
    }

    /// What an answer to the probe says about trust, token, project and quota.
    static func diagnosis(of outcome: AttemptOutcome) -> Diagnosis {
        func failed(_ text: String, _ advice: String) -> Diagnosis {
            Diagnosis("upload", .failed, text, advice: advice)
        }
        switch outcome {
        case .delivered:
            return Diagnosis(
                "upload", .ok,
                "a batch without spans was taken: certificate, token and route are good")
        case .untrusted(let text):
            return failed(
                text,
                "where a proxy of your own stands on the way, name its authority in tls_ca_file; else see that the "
                    + "machine has its authorities (ca-certificates), and the right time")
        case .unauthorized(let status):
            return failed(
                "the access token is not accepted (\(status))",
                "make a new token in Mastra, put it where access_token is read from, and reload the gateway"
            )
        case .misdirected(let status):
            return failed(
                "there is no publish route at the endpoint (\(status))",
                "correct endpoint, project_id or dialect")
        case .quotaExhausted:
            return Diagnosis(
                "upload", .warning, "the organisation's quota is spent: spans are held",
                advice: "raise the quota in Mastra, or wait; set queue_directory to hold more")
        case .throttled, .unavailable:
            return failed(
                "the upstream cannot take spans now (\(outcome.cause))",
                "uploads are retried; if it lasts, see the upstream's status page")
        case .tooLarge, .refused:
            return failed(
                "a batch without spans was refused (\(outcome.cause))",
                "see that endpoint is Mastra's, or speaks the same contract")
        case .cancelled: return failed("the attempt was cancelled", "try again")
        }
    }

    /// The upstream's clock beside ours, from the `Date` of its answer, which has whole seconds.
    static func clock(_ response: UploadResponse, _ begin: UInt64, _ end: UInt64) -> Diagnosis {
        guard let date = response.headers["date"].flatMap(HTTPDate.seconds) else {
            return Diagnosis("clock", .skipped, "the upstream tells no time")
        }
        let ours = Double(begin + end) / 2000
        let difference = Int((ours - (Double(date) + 0.5)).rounded(.toNearestOrAwayFromZero))
        let isAhead = difference > 0 ? "ahead of" : "behind"
        guard abs(difference) > 5 else {
            return Diagnosis("clock", .ok, "within \(abs(difference) + 1) s of the upstream's")
        }
        return Diagnosis(
            "clock", .warning, "\(abs(difference)) s \(isAhead) the upstream's",
            advice:
                "synchronise the machine's clock (NTP): reception times and certificates depend on it"
        )
    }

    // MARK: A sample

    private func sample(
        _ target: CloudTarget, of route: RouteConfiguration
    ) async -> Diagnosis {
        let request = SampleTrace.request()
        do {
            var mapping = FileMapping(options: route.mapping)
            let records = try mapping.records(of: request, named: "the sample")
            let list = records.split(separator: UInt8(ascii: "\n")).joined(separator: [
                UInt8(ascii: ",")
            ])
            let body = Array("{\"spans\":[".utf8) + list + Array("]}".utf8)
            let outcome = await target.attempt(ByteBlock(copying: body), records: 0)
            guard outcome == .delivered else {
                let found = Self.diagnosis(of: outcome)
                return Diagnosis(
                    "sample", .failed, found.text, advice: found.advice ?? "see upload above")
            }
            return Diagnosis(
                "sample", .ok, "delivered: look for trace \(TraceSender.firstTraceID(request))")
        } catch {
            return Diagnosis(
                "sample", .failed, "\(error)",
                advice: "please report it: the sample is the program's own")
        }
    }
}

extension AttemptOutcome {
    /// The upstream's own words, where there are any.
    fileprivate var cause: String {
        switch self {
        case .unavailable(let text, _): text
        case .refused(let status, let answer): "\(status): \(answer)"
        case .throttled: "429"
        case .tooLarge: "413"
        default: label
        }
    }
}
