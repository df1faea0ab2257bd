import HTTPServing

/// What a request may do, decided from its head alone: method, path, type, coding, length.
struct RequestPolicy: Sendable {
    let maxBodyBytes: Int
    let paths: TracesPaths

    init(configuration: OTLPReceiverConfiguration) {
        maxBodyBytes = configuration.maxBodyBytes
        paths = TracesPaths(configuration.tracesPaths)
    }

    enum Decision: Sendable, Hashable {
        case take(Intake)
        /// `OPTIONS`: the methods that the resource has (RFC 9110 9.3.7).
        case tellMethods
        case refuse(Refusal)
    }

    /// What a request that is taken brings.
    enum Intake: Sendable, Hashable {
        case export(BodyEncoding, BodyCoding)
        /// `compression` is what a message is in whose flag says that it is compressed; nil where no
        /// header named it.
        case call(GRPCMethod, compression: BodyCoding?, timeout: Duration?)
    }

    func decide(_ head: HTTPRequestHead) -> Decision {
        do throws(Refusal) {
            if GRPC.isContentType(head.fields.single("content-type") ?? "") {
                return .take(try call(head))
            }
            if head.method == "OPTIONS", head.path == "*" { return .tellMethods }
            switch paths.place(of: head.path) {
            case .traces: break
            case .otherSignal(let setting): throw .otherSignal(head.path, setting: setting)
            case .nothing: throw unknown(head)
            }
            if head.method == "OPTIONS" { return .tellMethods }
            return .take(try export(head))
        } catch {
            return .refuse(error)
        }
    }

    private func export(_ head: HTTPRequestHead) throws(Refusal) -> Intake {
        guard head.method == "POST" else { throw .methodNotAllowed(head.method, path: head.path) }
        let types = head.fields.values("content-type")
        guard types.count == 1, let encoding = BodyEncoding(contentType: types[0]) else {
            throw .unsupportedType(types.isEmpty ? nil : types.joined(separator: ", "))
        }
        let named = head.fields.values("content-encoding")
        let codings = named.count == 1 ? named[0] : named.joined(separator: ", ")
        guard let coding = BodyCoding(contentEncoding: codings) else {
            throw .unsupportedCoding(codings)
        }
        try check(length: head.declaredLength, limit: maxBodyBytes)
        return .export(encoding, coding)
    }

    private func call(_ head: HTTPRequestHead) throws(Refusal) -> Intake {
        guard head.version == .http2 else { throw .needsHTTP2 }
        guard head.method == "POST" else { throw .methodNotAllowed(head.method, path: head.path) }
        guard let method = GRPCMethod(rawValue: head.path) else { throw .unknownMethod(head.path) }
        if let setting = method.settingOfOtherSignal {
            throw .otherSignal(head.path, setting: setting)
        }
        var compression: BodyCoding?
        let names = head.fields.values("grpc-encoding")
        if !names.isEmpty {
            compression = names.count == 1 ? BodyCoding(grpcEncoding: names[0]) : nil
            if compression == nil { throw .unsupportedCoding(names.joined(separator: ", ")) }
        }
        var timeout: Duration?
        if head.fields["grpc-timeout"] != nil {
            timeout = head.fields.single("grpc-timeout").flatMap(GRPC.timeout)
            if timeout == nil {
                throw .badRequest(
                    field: "grpc-timeout",
                    description:
                        "grpc-timeout is one to eight digits and one of H M S m u n")
            }
        }
        try check(length: head.declaredLength, limit: maxBodyBytes + GRPC.prefixBytes)
        return .call(method, compression: compression, timeout: timeout)
    }

    private func check(length: Int?, limit: Int) throws(Refusal) {
        if let length, length > limit { throw .tooLarge(limit: maxBodyBytes, seen: length) }
    }

    /// A path without traces: perhaps gRPC's, asked for in another way (OTLP G16).
    private func unknown(_ head: HTTPRequestHead) -> Refusal {
        if head.method == "POST", GRPCMethod(rawValue: head.path) != nil {
            let types = head.fields.values("content-type")
            return .notGRPC(types.isEmpty ? nil : types.joined(separator: ", "))
        }
        return .unknownPath(head.path)
    }
}
