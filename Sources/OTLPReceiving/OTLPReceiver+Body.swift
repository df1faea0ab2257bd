import HTTPServing
import OTLP
import OTLPJSON

/// From the bytes of a request to the protobuf bytes that the queue takes.
extension OTLPReceiver {
    /// What a request spells, as it was sent.
    func plain(
        _ received: consuming [UInt8], _ admission: Admission, _ reservation: Reservation
    ) throws(Refusal) -> [UInt8] {
        let limit = admission.snapshot.configuration.maxBodyBytes
        switch admission.intake {
        case .export(let encoding, let coding):
            return try export(received, encoding, coding, limit: limit, reservation)
        case .call(_, let compression, _):
            return try message(consume received, compression, limit: limit, reservation)
        }
    }

    /// The body of an HTTP request.
    func export(
        _ body: [UInt8], _ encoding: BodyEncoding, _ coding: BodyCoding, limit: Int,
        _ reservation: Reservation
    ) throws(Refusal) -> [UInt8] {
        var plain = body
        if coding != .identity {
            plain = try decode(
                body.span, coding, from: "content-encoding", limit: limit, reservation)
        }
        switch encoding {
        case .protobuf: return plain
        case .json: return try transcode(plain, reservation)
        }
    }

    /// The message of a gRPC call; a plain one in the memory of its body.
    func message(
        _ body: consuming [UInt8], _ compression: BodyCoding?, limit: Int,
        _ reservation: Reservation
    ) throws(Refusal) -> [UInt8] {
        let message = try GRPCMessage(in: body.span)
        guard message.isCompressed else {
            var plain = consume body
            plain.removeFirst(GRPC.prefixBytes)
            return plain
        }
        guard let compression, compression != .identity else { throw .undeclaredCompression }
        return try decode(
            body.span.extracting(message.range), compression, from: "grpc-encoding", limit: limit,
            reservation)
    }

    /// The answer to a health check: serving means that a request of usual size would be taken.
    func health(
        _ body: consuming [UInt8], _ admission: Admission, _ reservation: Reservation
    ) throws(Refusal) -> HTTPResponse {
        guard case .call(.checkHealth, let compression, _) = admission.intake else {
            preconditionFailure("an export was admitted on no route")
        }
        let message: [UInt8]
        do throws(Refusal) {
            message = try self.message(
                consume body, compression, limit: HealthCheck.maxBodyBytes, reservation)
        } catch {
            if case .tooLarge = error { throw .healthRequestTooLarge }
            throw error
        }
        _ = try HealthCheck.service(message.span)
        instruments.count(call: nil)
        return GRPCAnswers.success(HealthCheck.response(isServing: refusalReason() == nil))
    }

    private func decode(
        _ bytes: Span<UInt8>, _ coding: BodyCoding, from field: String, limit: Int,
        _ reservation: Reservation
    ) throws(Refusal) -> [UInt8] {
        do throws(DecodeError) {
            return try decoder.decode(bytes, as: coding, limit: limit) {
                reservation.add($0)
            }
        } catch {
            throw switch error {
            case .broken(let reason):
                .badRequest(
                    field: field, description: "the body cannot be inflated: \(reason)"
                )
            case .tooLarge(let limit): .tooLarge(limit: limit, seen: nil)
            case .outOfMemory: reservation.refusal
            }
        }
    }

    private func transcode(
        _ json: [UInt8], _ reservation: Reservation
    ) throws(Refusal) -> [UInt8] {
        guard reservation.add(OTLPJSON.mostBytesHeld(for: json.count)) else {
            throw reservation.refusal
        }
        do throws(OTLPJSONError) {
            return try OTLPJSON.transcode(json.span)
        } catch {
            throw .badRequest(
                field: error.field,
                description:
                    "the body is no ExportTraceServiceRequest in JSON: \(error.description)")
        }
    }

    func walk(_ body: [UInt8]) throws(Refusal) -> RequestSummary {
        do throws(WireError) {
            return try walkRequest(body.span)
        } catch {
            throw .badRequest(
                field: error.field,
                description: "the body is no ExportTraceServiceRequest: \(error.description)")
        }
    }
}
