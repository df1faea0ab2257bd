import MastraRecords
import OTLP

/// The parts of a record that all spans of one resource and scope share, written once and copied.
///
/// Compared by bytes, so that the next request of the same service finds them ready.
struct ContextCache: Sendable {
    private var resourceKey: [UInt8] = []
    private var scopeKey: [UInt8] = []
    private var isFilled = false
    /// The groups last looked at, so that spans of one group need no comparison.
    private var resourceGroup = Slice.empty
    private var scopeGroup = Slice.empty
    private var isFresh = false

    /// `"serviceName":"…","resource":{…}`, possibly empty.
    private(set) var resource: [UInt8] = []
    /// The resource's environment as a JSON string, possibly empty.
    private(set) var environment: [UInt8] = []
    /// `"scope":{…}`, possibly empty.
    private(set) var scope: [UInt8] = []
    /// Members of `metadata.otel`: schema URL and dropped counts, possibly empty.
    private(set) var otel: [UInt8] = []
    /// What the scope's name tells of its spans.
    private(set) var convention: Convention = []
    private(set) var serviceName: [UInt8] = []
    /// Some string here was not UTF-8.
    var replacedInvalidUTF8: Bool { resourceIsInvalidUTF8 || scopeIsInvalidUTF8 }
    private var resourceIsInvalidUTF8 = false
    private var scopeIsInvalidUTF8 = false

    /// Another request: its offsets mean something else.
    mutating func beginRequest() {
        isFresh = false
    }

    @inline(__always)
    mutating func prepare(
        for cursor: RequestCursor, in bytes: Span<UInt8>, _ policy: borrowing ContentPolicy
    ) {
        if isFresh, resourceGroup == cursor.resourceSpans, scopeGroup == cursor.scopeSpans {
            return
        }
        update(cursor, bytes, policy)
    }

    private mutating func update(
        _ cursor: RequestCursor, _ bytes: Span<UInt8>, _ policy: borrowing ContentPolicy
    ) {
        // One resource may have very many scopes: it is looked at once, and not with each of them.
        let isSameGroup = isFresh && resourceGroup == cursor.resourceSpans
        resourceGroup = cursor.resourceSpans
        scopeGroup = cursor.scopeSpans
        isFresh = true
        let hasSameResource =
            isSameGroup || Self.refill(&resourceKey, with: resourceGroup, in: bytes)
        if !isFilled || !hasSameResource {
            resourceIsInvalidUTF8 = false
            writeResource(bytes, policy)
            writeOTel(bytes)
        }
        if !Self.refill(&scopeKey, with: scopeGroup, in: bytes) || !isFilled {
            scopeIsInvalidUTF8 = false
            writeScope(bytes, policy)
        }
        isFilled = true
    }

    /// Puts the context messages and the schema URL of a group into `key`, each after its length;
    /// answers whether they were there already.
    private static func refill(
        _ key: inout [UInt8], with group: Slice, in bytes: Span<UInt8>
    ) -> Bool {
        var isSame = true
        var length = 0
        func add(_ slice: Slice, _ key: inout [UInt8]) {
            let size = UInt32(truncatingIfNeeded: slice.count)
            if isSame, key.count >= length + 4 + slice.count, key.span.load32(length) == size,
                key.span.equals(length + 4, bytes, slice.start, slice.count)
            {
                length += 4 + slice.count
                return
            }
            isSame = false
            key.removeSubrange(length...)
            for shift in [0, 8, 16, 24] as [UInt32] {
                key.append(UInt8(truncatingIfNeeded: size >> shift))
            }
            for index in slice.start..<slice.end { key.append(bytes[index]) }
            length += 4 + slice.count
        }
        var messages = ContextView.messages(of: group)
        while let message = messages.next(in: bytes) { add(message, &key) }
        add(ContextView.schemaURL(of: group, in: bytes), &key)
        if key.count != length {
            key.removeSubrange(length...)
            isSame = false
        }
        return isSame
    }
}

extension ContextCache {
    private mutating func writeResource(
        _ bytes: Span<UInt8>, _ policy: borrowing ContentPolicy
    ) {
        var writer = JSONWriter(capacity: 1024)
        var object = ObjectWriter()
        var serviceName = Slice.empty
        var environment = Slice.empty
        var oldEnvironment = Slice.empty

        var messages = ContextView.messages(of: resourceGroup)
        while let message = messages.next(in: bytes) {
            var attributes = RepeatedCursor(
                field: ContextView.resourceAttributesField, of: message)
            while let item = attributes.next(in: bytes) {
                let attribute = AttributeView(item, in: bytes)
                guard attribute.value.kind == .string, !attribute.value.slice.isEmpty else {
                    continue
                }
                let key = attribute.key
                if ("service.name" as StaticString).equals(bytes, key.start, key.end) {
                    serviceName = attribute.value.slice
                } else if ("deployment.environment.name" as StaticString).equals(
                    bytes, key.start, key.end)
                {
                    environment = attribute.value.slice
                } else if ("deployment.environment" as StaticString).equals(
                    bytes, key.start, key.end)
                {
                    oldEnvironment = attribute.value.slice
                }
            }
        }
        self.serviceName = bytes.copy(serviceName)
        if !serviceName.isEmpty {
            object.name("serviceName", to: &writer)
            writer.string(serviceName, in: bytes)
        }
        Self.writeAttributes(
            "resource", ContextView.resourceAttributesField, of: resourceGroup, bytes, depth: 1,
            policy, &object, &writer)
        resource = writer.bytes(from: 0)

        let start = writer.count
        if environment.isEmpty { environment = oldEnvironment }
        if !environment.isEmpty { writer.string(environment, in: bytes) }
        self.environment = writer.bytes(from: start)
        resourceIsInvalidUTF8 = resourceIsInvalidUTF8 || writer.replacedInvalidUTF8
    }

    private mutating func writeScope(
        _ bytes: Span<UInt8>, _ policy: borrowing ContentPolicy
    ) {
        var writer = JSONWriter(capacity: 256)
        var object = ObjectWriter()
        var name = Slice.empty
        var version = Slice.empty
        var messages = ContextView.messages(of: scopeGroup)
        while let message = messages.next(in: bytes) {
            let newName = ContextView.scopeName(message, in: bytes)
            if !newName.isEmpty { name = newName }
            let newVersion = ContextView.scopeVersion(message, in: bytes)
            if !newVersion.isEmpty { version = newVersion }
        }
        convention = Convention.ofScope(name, in: bytes)
        writer.literal("\"scope\":{")
        let texts: [(StaticString, Slice)] = [
            ("name", name), ("version", version),
            ("schemaUrl", ContextView.schemaURL(of: scopeGroup, in: bytes)),
        ]
        for (key, text) in texts where !text.isEmpty {
            object.name(key, to: &writer)
            writer.string(text, in: bytes)
        }
        Self.writeAttributes(
            "attributes", ContextView.scopeAttributesField, of: scopeGroup, bytes, depth: 2,
            policy, &object, &writer)
        let dropped = Self.droppedCount(4, of: scopeGroup, in: bytes)
        if dropped > 0 {
            object.name("droppedAttributesCount", to: &writer)
            writer.unsigned(UInt64(dropped))
        }
        writer.byte(UInt8(ascii: "}"))
        scope = object.isEmpty ? [] : writer.bytes(from: 0)
        scopeIsInvalidUTF8 = scopeIsInvalidUTF8 || writer.replacedInvalidUTF8
    }

    private mutating func writeOTel(_ bytes: Span<UInt8>) {
        var writer = JSONWriter(capacity: 256)
        var object = ObjectWriter()
        let schemaURL = ContextView.schemaURL(of: resourceGroup, in: bytes)
        if !schemaURL.isEmpty {
            object.name("resourceSchemaUrl", to: &writer)
            writer.string(schemaURL, in: bytes)
        }
        let dropped = Self.droppedCount(2, of: resourceGroup, in: bytes)
        if dropped > 0 {
            object.name("resourceDroppedAttributesCount", to: &writer)
            writer.unsigned(UInt64(dropped))
        }
        otel = writer.bytes(from: 0)
        resourceIsInvalidUTF8 = resourceIsInvalidUTF8 || writer.replacedInvalidUTF8
    }

    /// `"name":{…}` with the attributes of every message of the group, or nothing without any.
    private static func writeAttributes(
        _ name: StaticString, _ field: Int, of group: Slice, _ bytes: Span<UInt8>, depth: Int,
        _ policy: borrowing ContentPolicy, _ object: inout ObjectWriter,
        _ writer: inout JSONWriter
    ) {
        var isFirst = true
        var messages = ContextView.messages(of: group)
        while let message = messages.next(in: bytes) {
            var probe = RepeatedCursor(field: field, of: message)
            guard probe.next(in: bytes) != nil else { continue }
            if isFirst {
                object.name(name, to: &writer)
                writer.byte(UInt8(ascii: "{"))
            } else {
                writer.byte(UInt8(ascii: ","))
            }
            isFirst = false
            writer.pairs(field, of: message, in: bytes, depth: depth, policy)
        }
        if !isFirst { writer.byte(UInt8(ascii: "}")) }
    }

    private static func droppedCount(
        _ field: Int, of group: Slice, in bytes: Span<UInt8>
    ) -> UInt32 {
        var count: UInt32 = 0
        var messages = ContextView.messages(of: group)
        while let message = messages.next(in: bytes) {
            let found = ContextView.droppedAttributesCount(field: field, of: message, in: bytes)
            if found > 0 { count = found }
        }
        return count
    }
}
