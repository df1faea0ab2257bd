import MastraRecords
import OTLP

extension SpanMapper {
    /// `attributes`: typed fields by the table, usage, then what no field took (MAPPING 8).
    mutating func writeAttributes(
        _ bytes: Span<UInt8>, _ isError: Bool, _ writer: inout JSONWriter
    ) {
        writer.literal(",\"attributes\":{")
        var object = ObjectWriter()
        if attributes.roles.contains(.convention) {
            writeTypedFields(bytes, &object, &writer)
        }
        if type.isTool {
            object.name("success", to: &writer)
            writer.literal(isError ? "false" : "true")
        }
        // What later fields take is no left-over.
        selectLaterFields(bytes)
        writeLeftOvers(bytes, &object, &writer)
        writer.byte(UInt8(ascii: "}"))
    }

    private mutating func writeTypedFields(
        _ bytes: Span<UInt8>, _ object: inout ObjectWriter, _ writer: inout JSONWriter
    ) {
        if let position = attributes.position(of: .mastraSpanType),
            let text = text(of: .mastraSpanType, in: bytes),
            type.name.equals(bytes, text.start, text.end)
        {
            attributes.consume(position)
        }
        if dialect == .cloud { writeLegacyEntity(bytes, &object, &writer) }
        writeFields(.attributes, bytes, &object, &writer)
        writeGroup("parameters", .parameters, bytes, &object, &writer)
        if UsageRule.types.contains(type) { writeUsage(bytes, &object, &writer) }
    }

    /// Fields of one place by the rules of the span's type.
    mutating func writeFields(
        _ place: FieldPlace, _ bytes: Span<UInt8>, _ object: inout ObjectWriter,
        _ writer: inout JSONWriter
    ) {
        for rule in FieldRule.byType[Int(type.rawValue)][place.rawValue] {
            for source in rule.sources {
                // What an earlier field has taken whole is not told twice.
                guard let position = attributes.position(of: source.key),
                    attributes.states[position] != .consumed
                else { continue }
                let mark = writer.count
                let wasEmpty = object
                object.name(rule.name, to: &writer)
                if write(position, as: source.decoder, bytes, &writer) { break }
                writer.truncate(to: mark)
                object = wasEmpty
            }
        }
    }

    private mutating func writeGroup(
        _ name: StaticString, _ place: FieldPlace, _ bytes: Span<UInt8>,
        _ object: inout ObjectWriter, _ writer: inout JSONWriter
    ) {
        guard !FieldRule.byType[Int(type.rawValue)][place.rawValue].isEmpty else { return }
        let mark = writer.count
        let before = object
        object.name(name, to: &writer)
        writer.byte(UInt8(ascii: "{"))
        var inner = ObjectWriter()
        writeFields(place, bytes, &inner, &writer)
        writer.byte(UInt8(ascii: "}"))
        if inner.isEmpty {
            writer.truncate(to: mark)
            object = before
        }
    }

    /// Writes one attribute's value; false where it does not decode, with perhaps some bytes written
    /// that the caller takes back. What is represented whole is consumed.
    private mutating func write(
        _ position: Int, as decoder: FieldDecoder, _ bytes: Span<UInt8>,
        _ writer: inout JSONWriter
    ) -> Bool {
        let value = view.attributes[position].value
        switch decoder {
        case .text:
            guard value.kind == .string, !value.slice.isEmpty else { return false }
            writer.string(value.slice, in: bytes)
        case .provider:
            guard value.kind == .string else { return false }
            guard let name = ProviderName(value.slice, in: bytes) else { return false }
            // The raw value stays beside a cleaned one.
            guard name.isVerbatim else {
                writer.string(name.text)
                return true
            }
            writer.string(value.slice, in: bytes)
        case .number:
            guard Numbers.write(value, bytes, &writer) else { return false }
        case .integer(let minimum):
            guard let number = Numbers.integer(value, in: bytes), number >= minimum else {
                return false
            }
            writer.signed(number)
        case .boolean:
            guard let flag = Numbers.boolean(value, in: bytes) else { return false }
            writer.literal(flag ? "true" : "false")
        case .textList:
            guard writeTextList(value, bytes, &writer) else { return false }
        case .finishReason:
            guard let isWhole = writeFinishReason(value, bytes, &writer) else { return false }
            guard isWhole else { return true }
        case .json:
            guard !Self.isAbsent(value, in: bytes) else { return false }
            writeJSON(value, view.attributes[position].key, bytes, &writer)
        case .instructions:
            guard !Self.isAbsent(value, in: bytes) else { return false }
            writeInstructions(value, view.attributes[position].key, bytes, &writer)
        case .toolNames:
            guard let isWhole = writeToolNames(value, bytes, &writer) else { return false }
            guard isWhole else { return true }
        case .host:
            guard value.kind == .string, let host = HostName.find(in: value.slice, bytes) else {
                return false
            }
            writer.string(host, in: bytes)
            guard host == value.slice else { return true }
        case .time:
            guard value.kind == .string,
                let time = ISOTime.milliseconds(value.slice, in: bytes), time >= startedAt,
                time <= endedAt ?? .max
            else { return false }
            writer.string(value.slice, in: bytes)
        case .secondsAfterStart:
            guard let milliseconds = millisecondsAfterStart(value) else { return false }
            writer.time(milliseconds: milliseconds)
            // Seconds keep more digits than the time does.
            return true
        }
        attributes.consume(position)
        return true
    }

    private func millisecondsAfterStart(_ value: ValueView) -> UInt64? {
        let seconds: Double
        switch value.kind {
        case .double: seconds = value.double
        case .int: seconds = Double(value.int)
        default: return nil
        }
        guard let endedAt, seconds.isFinite, seconds >= 0, seconds < 1e9 else { return nil }
        let time = startedAt &+ UInt64(seconds * 1000)
        return time <= endedAt ? time : nil
    }

    private mutating func writeUsage(
        _ bytes: Span<UInt8>, _ object: inout ObjectWriter, _ writer: inout JSONWriter
    ) {
        var usage = Usage()
        for rule in UsageRule.all {
            for key in rule.sources {
                guard let position = attributes.position(of: key),
                    let count = Numbers.integer(view.attributes[position].value, in: bytes),
                    count >= 0
                else { continue }
                // An embedding puts nothing out, and need not say so.
                if count == 0, type == .ragEmbedding, rule.field == \Usage.output { continue }
                // Of two sources that disagree the first is taken and the other left over.
                if usage[keyPath: rule.field] == nil { usage[keyPath: rule.field] = count }
                if usage[keyPath: rule.field] == count { attributes.consume(position) }
            }
        }
        guard !usage.isEmpty else { return }
        usage.repairExclusiveCounting()
        object.name("usage", to: &writer)
        usage.write(to: &writer)
        if usage.wasRepaired {
            object.name("mastra.usage_repaired", to: &writer)
            writer.literal("true")
        }
    }

    private func writeLeftOvers(
        _ bytes: Span<UInt8>, _ object: inout ObjectWriter, _ writer: inout JSONWriter
    ) {
        for position in 0..<view.attributes.count
        where attributes.states[position] == .leftOver {
            let attribute = view.attributes[position]
            object.separate(&writer)
            let key = attribute.key
            if key.count <= 20, ReservedNames.contains(key, in: bytes) {
                writer.literal("\"otel.")
                writer.stringContent(bytes, key.start, key.end)
                writer.literal("\":")
            } else {
                writer.string(key, in: bytes)
                writer.byte(UInt8(ascii: ":"))
            }
            writer.value(attribute.value, in: bytes)
        }
    }
}

extension ReservedNames {
    /// Semantic conventions put a dot into their keys, and no reserved name has one.
    @inline(__always)
    static func contains(_ key: Slice, in bytes: Span<UInt8>) -> Bool {
        for offset in key.start..<key.end where bytes[offset] == UInt8(ascii: ".") {
            return false
        }
        return attributes.contains { $0.equals(bytes, key.start, key.end) }
    }
}
