import OTLP

/// OTLP/JSON becomes protobuf here, so that everything behind the receiver reads one encoding.
///
/// Specification: OTLP 1.11.0, "JSON Protobuf Encoding", which is ProtoJSON with three exceptions
/// (hex ids, integer enums, unknown members ignored); ProtoJSON; RFC 8259. `OTLP J1` and
/// the like are explained in `docs/references.md`.
package enum OTLPJSON {
    /// What is read beyond the specification.
    package struct Options: Hashable, Sendable {
        /// Some senders write ids as plain ProtoJSON would, in base64. If set, a trace id of 24 and
        /// a span id of 12 base64 characters, padding included, is read so; nothing that is hex is
        /// read otherwise than without. Off by default: OTLP J3 calls such ids invalid.
        package var acceptsBase64IDs: Bool

        package init(acceptsBase64IDs: Bool = false) {
            self.acceptsBase64IDs = acceptsBase64IDs
        }
    }

    /// Bytes of a body beyond which nothing is tried: offsets are kept in 32 bits.
    package static let maxBodyBytes = 1 << 30

    /// The protobuf bytes of the `ExportTraceServiceRequest` that `json` spells.
    ///
    /// They are what protobuf's own encoders write: fields in the order of their numbers, varints
    /// of minimal length, defaults left out except in the oneof of `AnyValue`. `walkRequest` takes
    /// them unless one of its limits on counts and sizes is passed, and counts spans with bad ids.
    ///
    /// - An id that is no hex number of the right length costs its span alone (OTLP J3): it is
    ///   written in a length that no id has, and the walk rejects the span. A parent id stays visible
    ///   so.
    /// - Of repeated members the last wins, `null` included, which stands for "not set" (OTLP J14).
    /// - A name is known as lowerCamelCase and as written in the `.proto` file (OTLP J7, J8).
    /// - A byte order mark before the text is skipped, as RFC 8259 section 8.1 allows.
    ///
    /// The time is proportional to `json.count`, times the depth of attribute values (at most
    /// `WalkLimits.maxDepth`) where a body is made to move its bytes at each level. The result has
    /// at most 5/4 of `json.count` bytes; up to twice that is held while it is made
    /// (`mostBytesHeld`).
    ///
    /// - Throws: `OTLPJSONError` for a body that is not UTF-8, not JSON, or not of the shape of the
    ///   request (OTLP J19, J20), or that is nested deeper than `WalkLimits.maxDepth` (J27). Nothing
    ///   of such a body is to be taken.
    package static func transcode(
        _ json: Span<UInt8>, options: Options = Options()
    ) throws(OTLPJSONError) -> [UInt8] {
        do throws(Fault) {
            guard json.count <= maxBodyBytes else {
                throw Fault(0, .tooLarge(limit: maxBodyBytes, seen: json.count))
            }
            var transcoder = Transcoder(options: options, bodyBytes: json.count)
            return try transcoder.request(json)
        } catch {
            throw OTLPJSONError(error, in: json)
        }
    }

    /// Bytes that are held at most while a body of so many is transcoded, beside the body.
    package static func mostBytesHeld(for bodyBytes: Int) -> Int { bodyBytes * 5 / 2 }
}
