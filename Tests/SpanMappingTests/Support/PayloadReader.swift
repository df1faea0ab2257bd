/// Reads a request of the wire format into fixtures, apart from the program's own walk and as simply as
/// can be. Only for payloads that are well-formed.
struct PayloadReader {
    private enum Field {
        case varint(UInt64)
        case fixed(UInt64)
        case bytes([UInt8])
    }

    private let fields: [(number: UInt64, field: Field)]

    private init(_ bytes: [UInt8]) {
        var fields: [(number: UInt64, field: Field)] = []
        var position = 0
        func varint() -> UInt64 {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while true {
                let byte = bytes[position]
                position += 1
                value |= UInt64(byte & 0x7f) << shift
                shift += 7
                if byte < 0x80 { return value }
            }
        }
        func fixed(_ width: Int) -> UInt64 {
            defer { position += width }
            return (0..<width).reduce(0) { $0 | UInt64(bytes[position + $1]) << (8 * UInt64($1)) }
        }
        while position < bytes.count {
            let tag = varint()
            switch tag & 7 {
            case 0: fields.append((tag >> 3, .varint(varint())))
            case 1: fields.append((tag >> 3, .fixed(fixed(8))))
            case 5: fields.append((tag >> 3, .fixed(fixed(4))))
            case 2:
                let length = Int(varint())
                fields.append((tag >> 3, .bytes(Array(bytes[position..<position + length]))))
                position += length
            default: break
            }
        }
        self.fields = fields
    }

    private func all(_ number: UInt64) -> [[UInt8]] {
        fields.compactMap { entry in
            if entry.number == number, case .bytes(let bytes) = entry.field { bytes } else { nil }
        }
    }

    private func bytes(_ number: UInt64) -> [UInt8] { all(number).last ?? [] }

    private func text(_ number: UInt64) -> String {
        String(decoding: bytes(number), as: UTF8.self)
    }

    private func number(_ number: UInt64) -> UInt64 {
        for entry in fields.reversed() where entry.number == number {
            switch entry.field {
            case .varint(let value), .fixed(let value): return value
            case .bytes: break
            }
        }
        return 0
    }

    /// One request for each scope of each resource, with spans of a valid identity alone.
    static func requests(in payload: [UInt8]) -> [RequestFixture] {
        PayloadReader(payload).all(1).flatMap { group -> [RequestFixture] in
            let group = PayloadReader(group)
            let resource = group.all(1).first.map(PayloadReader.init)
            return group.all(2).map { spans in
                let spans = PayloadReader(spans)
                let scope = spans.all(1).first.map(PayloadReader.init)
                return RequestFixture(
                    spans.all(2).map { PayloadReader($0).span }.filter(\.isValid),
                    resource: resource.map { ResourceFixture(attributes: $0.attributes(1)) },
                    scope: scope.map {
                        ScopeFixture(
                            name: $0.text(1), version: $0.text(2), attributes: $0.attributes(3))
                    },
                    resourceSchemaURL: group.text(3), scopeSchemaURL: spans.text(3))
            }
        }
    }

    private var span: SpanFixture {
        let status = PayloadReader(bytes(15))
        return SpanFixture(
            traceID: bytes(1), spanID: bytes(2), parent: bytes(4), name: text(5),
            kind: Int64(bitPattern: number(6)), start: number(7), end: number(8),
            attributes: attributes(9),
            events: all(11).map(PayloadReader.init).map {
                EventFixture(name: $0.text(2), time: $0.number(1), attributes: $0.attributes(3))
            },
            links: all(13).map(PayloadReader.init).map {
                LinkFixture(
                    traceID: $0.bytes(1), spanID: $0.bytes(2), traceState: $0.text(3),
                    attributes: $0.attributes(4))
            },
            status: StatusFixture(
                code: Int64(bitPattern: status.number(3)), message: status.text(2)),
            traceState: text(3), flags: UInt32(truncatingIfNeeded: number(16)))
    }

    private func attributes(_ number: UInt64) -> [Attribute] {
        all(number).map(PayloadReader.init).map {
            Attribute($0.text(1), PayloadReader($0.bytes(2)).value)
        }
    }

    /// The last member of the oneof.
    private var value: AttributeValue {
        guard let last = fields.last(where: { (1...7).contains($0.number) }) else { return .empty }
        switch (last.number, last.field) {
        case (1, .bytes(let bytes)):
            return String(validating: bytes, as: UTF8.self).map { .string($0) } ?? .text(bytes)
        case (2, .varint(let flag)): return .bool(flag != 0)
        case (3, .varint(let bits)): return .int(Int64(bitPattern: bits))
        case (4, .fixed(let bits)): return .double(Double(bitPattern: bits))
        case (5, .bytes(let list)):
            return .array(PayloadReader(list).all(1).map { PayloadReader($0).value })
        case (6, .bytes(let list)): return .map(PayloadReader(list).attributes(1))
        case (7, .bytes(let bytes)): return .bytes(bytes)
        default: return .empty
        }
    }
}

extension SpanFixture {
    fileprivate var isValid: Bool {
        traceID.count == 16 && traceID != Array(repeating: 0, count: 16) && spanID.count == 8
            && spanID != Array(repeating: 0, count: 8)
    }
}
