import MastraRecords
import OTLP

/// What makes a span a failure, and the texts that tell of it (MAPPING 5.8).
struct SpanError {
    var message: Slice?
    var name: Slice?
    var stack: Slice?
    var exceptions = 0
    /// Index in `SpanView.events` of the exception whose texts are used.
    var event: Int?
}

extension SpanMapper {
    /// A span has failed where its status says so, or where the status is unset and `error.type` is
    /// there, which conventions set on failure alone. A recorded exception by itself was handled.
    mutating func findError(_ bytes: Span<UInt8>) -> SpanError? {
        let type = text(of: .errorType, in: bytes)
        // A code that the enum does not have is unset (MAPPING 9).
        guard view.statusCode == 2 || view.statusCode != 1 && type != nil else { return nil }
        var error = SpanError()
        readExceptions(into: &error, bytes)
        if !view.statusMessage.isEmpty { error.message = view.statusMessage }
        if error.message == nil, let position = attributes.position(of: .errorMessage),
            let text = text(of: .errorMessage, in: bytes)
        {
            error.message = text
            attributes.consume(position)
        }
        if error.name == nil, let type, let position = attributes.position(of: .errorType) {
            error.name = Self.withoutPythonClass(type, in: bytes)
            if error.name == type { attributes.consume(position) }
        }
        if error.message == nil { error.message = type }
        return error
    }

    /// `ValueError` of `<class 'ValueError'>`, which is how Python prints a class.
    private static func withoutPythonClass(_ name: Slice, in bytes: Span<UInt8>) -> Slice {
        guard name.count > 10,
            ("<class '" as StaticString).equals(bytes, name.start, name.start &+ 8),
            ("'>" as StaticString).equals(bytes, name.end &- 2, name.end)
        else { return name }
        return Slice(name.start &+ 8, name.end &- 2)
    }

    /// The last exception event speaks for the span.
    private func readExceptions(into error: inout SpanError, _ bytes: Span<UInt8>) {
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

    func writeError(_ error: SpanError?, _ bytes: Span<UInt8>, _ writer: inout JSONWriter) {
        guard let error else { return writer.literal("null") }
        writer.literal("{\"message\":")
        if let message = error.message {
            writer.string(message, in: bytes)
        } else {
            writer.literal("\"error\"")
        }
        if let name = error.name {
            writer.literal(",\"name\":")
            writer.string(name, in: bytes)
        }
        if let stack = error.stack {
            writer.literal(",\"stack\":")
            writer.string(stack, in: bytes)
        }
        if error.exceptions > 1 {
            writer.literal(",\"details\":{\"exceptions\":")
            writer.unsigned(UInt64(error.exceptions))
            writer.byte(UInt8(ascii: "}"))
        }
        writer.byte(UInt8(ascii: "}"))
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
