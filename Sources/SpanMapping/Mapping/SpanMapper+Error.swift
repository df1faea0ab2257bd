import MastraRecords
import OTLP

/// What makes a span a failure, and the texts that tell of it (MAPPING 5.8).
struct SpanError {
    var message: Slice?
    var name: Slice?
    var stack: Slice?
    /// Of a Mastra error.
    var id: Slice?
    var domain: Slice?
    var category: Slice?
    var exceptions = 0
    /// Index in `SpanView.events` of the exception whose texts are used.
    var event: Int?
    var httpStatus: Int64?
    var grpcStatus: Int64?
}

extension SpanMapper {
    /// A span has failed where its status says so, or where the status is unset and `error.type` is
    /// there, which conventions set on failure alone. A recorded exception by itself was handled.
    mutating func findError(_ bytes: Span<UInt8>) -> SpanError? {
        let type = text(of: ErrorRule.type, in: bytes)
        // A code that the enum does not have is unset (MAPPING 9).
        let isError = view.statusCode == 2 || view.statusCode != 1 && type != nil
        guard isError || attributes.roles.contains(.convention) && isConventionError(bytes) else {
            return nil
        }
        var error = SpanError()
        readExceptions(into: &error, bytes)
        if attributes.conventions.contains(.langSmith) { splitTraceback(&error, bytes) }
        if !view.statusMessage.isEmpty { error.message = view.statusMessage }
        take(ErrorRule.message, into: &error.message, bytes)
        take(ErrorRule.langfuseMessage, into: &error.message, bytes)
        readCodes(into: &error, bytes)
        let isMastra = attributes.conventions.contains(.mastra)
        if isMastra, let type {
            takeMastraType(type, into: &error, bytes)
        } else if error.name == nil, let type,
            let position = attributes.position(of: ErrorRule.type)
        {
            error.name = Self.withoutPythonClass(type, in: bytes)
            if error.name == type { attributes.consume(position) }
        }
        if error.message == nil { error.message = type }
        take(ErrorRule.stack, into: &error.stack, bytes)
        explain("error", isError ? "status or error.type" : "convention")
        return error
    }

    /// Failures that a convention tells beside the status.
    private mutating func isConventionError(_ bytes: Span<UInt8>) -> Bool {
        if let level = text(of: ErrorRule.langfuseLevel, in: bytes),
            ("ERROR" as StaticString).equalsIgnoringCase(bytes, level.start, level.end)
        {
            return true
        }
        if let position = attributes.position(of: ErrorRule.liveKitIsError),
            view.attributes[position].value.kind == .bool,
            view.attributes[position].value.bool
        {
            return true
        }
        // LangSmith's exporter sets the status to ok whatever happened.
        guard context.convention == .langSmith else { return false }
        return view.events.contains {
            let name = EventView($0, in: bytes).name
            return ("exception" as StaticString).equals(bytes, name.start, name.end)
        }
    }

    /// Fills a text that nothing better has filled; one that says the same is used up as well.
    private mutating func take(
        _ slot: KeySlot, into text: inout Slice?, _ bytes: Span<UInt8>
    ) {
        guard let position = attributes.position(of: slot),
            let found = self.text(of: slot, in: bytes)
        else { return }
        if let known = text {
            guard known.count == found.count,
                bytes.equals(known.start, bytes, found.start, known.count)
            else { return }
        } else {
            text = found
        }
        attributes.consume(position)
    }

    /// Mastra's exporters write the id of the error as its type, and `unknown` without one.
    private mutating func takeMastraType(
        _ type: Slice, into error: inout SpanError, _ bytes: Span<UInt8>
    ) {
        // The exception's type is the same word on each.
        if let name = error.name, ("Error" as StaticString).equals(bytes, name.start, name.end) {
            error.name = nil
        }
        if error.id == nil, !("unknown" as StaticString).equals(bytes, type.start, type.end) {
            error.id = type
        }
        if let position = attributes.position(of: ErrorRule.type) { attributes.consume(position) }
    }

    private mutating func readCodes(into error: inout SpanError, _ bytes: Span<UInt8>) {
        take(ErrorRule.code, into: &error.id, bytes)
        take(ErrorRule.domain, into: &error.domain, bytes)
        take(ErrorRule.category, into: &error.category, bytes)
        error.httpStatus = count(of: ErrorRule.httpStatus, bytes)
        error.grpcStatus = count(of: ErrorRule.grpcStatus, bytes)
    }

    private mutating func count(of slot: KeySlot, _ bytes: Span<UInt8>) -> Int64? {
        attributes.position(of: slot).flatMap {
            Self.count(view.attributes[$0].value, in: bytes)
        }
    }

    /// `ValueError` of `<class 'ValueError'>`, which is how Python prints a class.
    private static func withoutPythonClass(_ name: Slice, in bytes: Span<UInt8>) -> Slice {
        guard name.count > 10, begins(name, with: "<class '", bytes),
            ends(name, with: "'>", bytes)
        else { return name }
        return Slice(name.start &+ 8, name.end &- 2)
    }

    /// The last exception event speaks for the span.
    private mutating func readExceptions(into error: inout SpanError, _ bytes: Span<UInt8>) {
        for index in 0..<view.events.count {
            let event = EventView(view.events[index], in: bytes)
            guard ("exception" as StaticString).equals(bytes, event.name.start, event.name.end)
            else { continue }
            error = SpanError(exceptions: error.exceptions + 1, event: index)
            var cursor = RepeatedCursor(field: EventView.attributesField, of: event.message)
            while let item = cursor.next(in: bytes) {
                let attribute = AttributeView(item, in: bytes)
                guard attribute.value.kind == .string, !attribute.value.slice.isEmpty else {
                    continue
                }
                switch ExceptionKey(attribute.key, in: bytes) {
                case .message: error.message = attribute.value.slice
                case .type: error.name = attribute.value.slice
                case .stacktrace: error.stack = attribute.value.slice
                case nil: break
                }
            }
        }
    }

    /// LangSmith's message holds the traceback behind its first line.
    private mutating func splitTraceback(_ error: inout SpanError, _ bytes: Span<UInt8>) {
        guard let message = error.message, error.stack == nil else { return }
        var end = message.start
        while end < message.end, bytes[end] != 0x0a { end &+= 1 }
        guard end > message.start, end < message.end else { return }
        error.message = Slice(message.start, end)
        error.stack = Self.trim(Slice(end, message.end), in: bytes)
        if error.stack?.isEmpty ?? true { error.stack = nil }
    }

    mutating func writeError(_ error: SpanError?, _ bytes: Span<UInt8>, _ writer: inout JSONWriter)
    {
        guard let error else { return writer.literal("null") }
        writer.literal("{\"message\":")
        if let message = error.message {
            write(message, bytes, &writer)
        } else if let status = error.httpStatus {
            writer.literal("\"HTTP status ")
            writer.signed(status)
            writer.byte(UInt8(ascii: "\""))
        } else if let status = error.grpcStatus {
            writer.literal("\"gRPC status ")
            writer.signed(status)
            writer.byte(UInt8(ascii: "\""))
        } else {
            writer.literal("\"error\"")
        }
        let texts: [(StaticString, Slice?)] = [
            (",\"name\":", error.name), (",\"stack\":", error.stack), (",\"id\":", error.id),
            (",\"domain\":", error.domain), (",\"category\":", error.category),
        ]
        for case (let name, let text?) in texts {
            writer.literal(name)
            write(text, bytes, &writer)
        }
        writeDetails(error, &writer)
        writer.byte(UInt8(ascii: "}"))
    }

    /// A text of the span that is no attribute, within the policy.
    mutating func write(_ text: Slice, _ bytes: Span<UInt8>, _ writer: inout JSONWriter) {
        writer.text(
            bytes, text.start, text.end, maxUnits: policy.maxStringLength,
            maxBytes: policy.maxValueBytes)
    }

    private mutating func writeDetails(_ error: SpanError, _ writer: inout JSONWriter) {
        var object = ObjectWriter()
        let details: [(StaticString, Int64?)] = [
            ("exceptions", error.exceptions > 1 ? Int64(error.exceptions) : nil),
            ("httpStatusCode", error.httpStatus), ("grpcStatusCode", error.grpcStatus),
        ]
        for case (let name, let number?) in details {
            if object.isEmpty { writer.literal(",\"details\":{") }
            object.name(name, to: &writer)
            writer.signed(number)
        }
        if !object.isEmpty { writer.byte(UInt8(ascii: "}")) }
    }
}

/// The attributes of an exception event that become fields of `error`.
enum ExceptionKey {
    case message, type, stacktrace

    init?(_ key: Slice, in bytes: Span<UInt8>) {
        if ("exception.message" as StaticString).equals(bytes, key.start, key.end) {
            self = .message
        } else if ("exception.type" as StaticString).equals(bytes, key.start, key.end) {
            self = .type
        } else if ("exception.stacktrace" as StaticString).equals(bytes, key.start, key.end) {
            self = .stacktrace
        } else {
            return nil
        }
    }
}
